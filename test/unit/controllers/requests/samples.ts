// What the tests of single parts name: a certificate, a request that records its writes, failures of the API server.
import type { Request, WriteOutcome } from '../../../../src/controllers/requests/kinds/request.ts';
import { RequestMemory } from '../../../../src/controllers/requests/memory.ts';
import type { IssuingCall, RequestTask } from '../../../../src/controllers/requests/memory.ts';
import { issuerKind } from '../../../../src/crds/issuer.ts';
import type { IssuerIdentity } from '../../../../src/crds/issuer-ref.ts';
import type { IssuedCertificate } from '../../../../src/issuing/issued-certificate.ts';
import type { KubernetesFailure } from '../../../../src/kubernetes/failure.ts';
import type { Journal } from './journal.ts';

export const uid = '0a7c7b0e-6d0e-4a51-9a52-000000000001';
export const labels = { issuer_kind: 'AlibabaPCAIssuer', issuer_namespace: 'shop', issuer: 'pca' };
/** The request in the log. */
export const fields = { request: 'shop/web-1', uid };

export const certificate: IssuedCertificate = {
  chain: 'leaf\nintermediate\n',
  ca: 'root\n',
  anchor: undefined,
  identifier: 'pca-1',
  serialNumber: '0a1b',
  notBefore: new Date('2026-11-22T00:00:00Z'),
  notAfter: new Date('2027-02-20T00:00:00Z'),
  names: 2,
  differences: [],
};

const kind = issuerKind('AlibabaPCAIssuer');
if (kind === undefined) throw new Error('The kind of issuers is missing.');
export const identity: IssuerIdentity = { kind, namespace: 'shop', name: 'pca' };

/** A request whose writes are kept and come to `outcomes`, in order; then they work. */
export function request(journal: Journal, outcomes: WriteOutcome[] = [], changes: Partial<Request> = {}): Request {
  return {
    object: {
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      namespace: 'shop',
      name: 'web-1',
      uid,
    },
    creationTimestamp: '2026-11-22T00:15:00Z',
    approvedAt: new Date('2026-11-22T00:15:01Z'),
    step: 'sign',
    issuer: identity,
    unknownIssuer: 'No issuer of ours.',
    fields: { uid, request: '', duration: undefined, isCA: false, usages: undefined },
    message: undefined,
    certificate: { namespace: 'shop', name: 'web' },
    revision: undefined,
    leftCertificate: undefined,
    provenance: undefined,
    holds: () => false,
    write: async (outcome) => {
      journal.add({ write: outcome });
      return outcomes.shift() ?? { kind: 'written' };
    },
    authorize: async () => ({ kind: 'allowed' }),
    ...changes,
  };
}

/** A pass over the request. */
export function passOver(given: Request, memory = new RequestMemory(uid)): RequestTask {
  return { request: given, memory, signal: new AbortController().signal };
}

/** A call to PCA that nothing is asked about. */
export const issuingCall = {} as IssuingCall;

/** A failure of the API server, whose message is its class. */
export function failure(name: KubernetesFailure['class'], retryAfterMs?: number) {
  return {
    kind: 'failed',
    failure: { class: name, status: undefined, reason: undefined, message: name, retryAfterMs },
  } as const;
}

/** What a request says, without what it can do. */
export function factsOf(given: Request): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value !== 'function'));
}
