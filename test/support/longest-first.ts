// The order in which test files run: those that take longest begin, so that no worker is left with one of them at the end.
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

// Parts of their paths, from the longest on.
const longest = [
  'at-most-once/failover',
  'issuers/ahead-of-time',
  'networks/networks',
  'helm/matrix',
  'integration/burst',
  'kubernetes/reflector',
  'hostile/neighbours',
  'at-most-once/matrix',
  'faults/outages',
  'faults/rolling',
  'hostile/endpoint',
  'integration/operations',
  'helm/install',
  'messages/messages',
  'issuers/failover',
  'tenancy/rules',
  'issuers/trust',
  'hostile/slow-webhook',
  'faults/replicas',
  'conformance/certificate-lifecycle',
  'faults/adoption',
];

/** vitest constructs it. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const index = longest.findIndex((part) => moduleId.includes(part));
  return index === -1 ? longest.length : index;
}
