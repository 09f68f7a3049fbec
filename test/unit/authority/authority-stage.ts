// What tests of the authority share: one authority over a PCA that answers as told, and something to look for.
import { PcaAuthority } from '../../../src/authority/certificate-authority.ts';
import type { OpenedCalls, Trace, Wanted } from '../../../src/authority/certificate-authority.ts';
import { CertificateSearches } from '../../../src/authority/certificate-search.ts';
import type { IssuerSpec } from '../../../src/crds/issuer.ts';
import type { IssuePlan } from '../../../src/issuing/plan.ts';
import { issue, makeCA, makeCsr, makeHierarchy } from '../../support/certificates.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { issuerSpec, issuingCA, plan, signingRequest } from '../../support/issuing.ts';
import { PcaDouble } from './pca-double.ts';
import type { Answer } from './pca-double.ts';

const hierarchy = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));
const csr = await makeCsr('P-256', { subject: [{ CN: ['web'] }], names: [{ kind: 'dns', value: 'web.example' }] });
const request = signingRequest(csr, { usages: ['digital signature', 'key encipherment', 'client auth'] });
const other = await makeCA('P-256', { name: 'Other', from: new Date('2026-01-01'), until: new Date('2036-01-01') });

/** When the request was made. */
export const requestedAt = new Date('2026-11-21T00:59:59.999Z');

/** Limits that let every call go at once. */
export const noLimits: ConstructorParameters<typeof CertificateSearches>[0] = {
  reserve: () => ({ kind: 'granted' }),
  throttled: () => undefined,
};

/** DER of the key of the request. */
export const { spki } = request.csr.publicKey;
/** A certificate for it. */
export const certificate = await certificateFor(spki);
/** A certificate for another key. */
export const strange = other.pem;

async function certificateFor(spki: Buffer): Promise<string> {
  const dates = { notBefore: new Date('2026-11-22'), notAfter: new Date('2027-02-22') };
  return issue(hierarchy.issuing, { spki, subject: [{ CN: ['web'] }], content: {}, ...dates });
}

/** One authority, everything around it, and a plan whose certificate may be looked for. */
export function stage({
  spec: changes = {},
  answers = {},
  account = Promise.resolve('42'),
  pca = new PcaDouble(answers),
}: {
  readonly spec?: Partial<IssuerSpec>;
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly account?: Promise<string>;
  readonly pca?: PcaDouble;
} = {}): {
  readonly authority: PcaAuthority;
  readonly pca: PcaDouble;
  readonly clock: FakeClock;
  readonly plan: IssuePlan;
  readonly wanted: (trace: Trace, changes?: Partial<Wanted>) => Wanted;
} {
  const spec = issuerSpec({ parentIdentifier: 'ca', ...changes });
  const clock = new FakeClock();
  const endpoint = { protocol: 'HTTPS', host: 'pca.test', caBundle: undefined, region: 'cn-hangzhou' } as const;
  const opened: OpenedCalls = { call: pca.call, endpoint, account };
  const authority = new PcaAuthority(opened, spec, new CertificateSearches(noLimits, clock), clock);
  const planned = plan(request, issuingCA(hierarchy), spec, requestedAt);
  return {
    authority,
    pca,
    clock,
    plan: planned,
    wanted: (trace, wantedChanges = {}) => ({
      plan: planned,
      trace,
      requestedAt,
      isWanted: () => true,
      ...wantedChanges,
    }),
  };
}
