// The order in which test files run: those that take longest begin, so that no worker is left with one of them at the end; last of
// all comes what waits for builds.
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

// Parts of their paths, from the longest on.
const longest = [
  'integration/soak',
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

// What waits for programs that may have to be built first.
const last = ['integration/mesh/', 'at-most-once/silences'];

/** vitest constructs it. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  if (last.some((part) => moduleId.includes(part))) return longest.length + 1;
  const index = longest.findIndex((part) => moduleId.includes(part));
  return index === -1 ? longest.length : index;
}
