// A request leaves the store while its certificate was not written as far as we know: in use, abandoned, or nobody can tell.
import { expect, it, test, vi } from 'vitest';
import { Abandoned } from '../../../../src/controllers/requests/abandoned.ts';
import type { IssuedDecision } from '../../../../src/controllers/requests/decision.ts';
import { cachedRequest } from '../../../../src/controllers/requests/kinds/cached-request.ts';
import type { CachedRequest } from '../../../../src/controllers/requests/kinds/cached-request.ts';
import type { Request, RequestRead } from '../../../../src/controllers/requests/kinds/request.ts';
import { RequestMemories } from '../../../../src/controllers/requests/memory.ts';
import { parseIssuerKey } from '../../../../src/crds/issuer-ref.ts';
import { certificateRequest } from '../../../support/certificate-requests.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { Journal } from './journal.ts';
import { certificate, fields, issuingCall, labels } from './samples.ts';

const uid = '0a7c7b0e-6d0e-4a51-9a52-000000000001';
const lean = cachedRequest(certificateRequest());
const decision: IssuedDecision = {
  kind: 'issued',
  message: 'Issued.',
  certificate,
  operation: 'CreateCustomCertificate',
  requestId: 'r-1',
  adopted: false,
};

const holding = (holds: boolean): RequestRead => ({
  kind: 'read',
  request: { holds: () => holds } as Partial<Request> as Request,
});
const unreadable: RequestRead = {
  kind: 'failed',
  failure: { class: 'Transient', status: 500, reason: undefined, message: 'No.', retryAfterMs: undefined },
};

/** What is there to be abandoned, for an issuer whose policy is to revoke or to keep. */
function scene({ revokes = true } = {}) {
  const journal = new Journal();
  const memories = new RequestMemories();
  const clock = new FakeClock();
  const abandoned = new Abandoned({
    memories,
    callQueue: { leave: (left) => journal.add({ left }) },
    revocations: {
      offer: (_identity, identifier) => {
        journal.add({ offered: identifier });
        return revokes;
      },
    },
    calls: {
      take: ({ key }, { earlier }) => {
        if (earlier.kind !== 'none') journal.add({ taken: key });
      },
    },
    metrics: journal.metrics,
    logger: journal.logger,
    clock,
  });
  const read = vi.fn<() => Promise<RequestRead>>();
  const release = (request: CachedRequest | undefined = lean): void => {
    if (request === undefined) throw new Error('The request is not open.');
    abandoned.release({ read }, request);
  };
  return { journal, memories, abandoned, clock, read, release };
}

const counted = { count: 'pca_issuer_certificates_without_request_total', labels };
const named = { ...fields, issuer: 'AlibabaPCAIssuer/shop/pca', serialNumber: '0a1b', identifier: 'pca-1' };
const revoked = {
  log: 'warn',
  fields: named,
  message:
    'A certificate was issued but its request is gone; it is revoked, because spec.revocationPolicy of the issuer is RequestGone.',
};
const kept = {
  log: 'warn',
  fields: named,
  message:
    'A certificate was issued but its request is gone; revoke it in the PCA console if it is not wanted (spec.revocationPolicy RequestGone does so automatically).',
};
const inUse = [
  { count: 'pca_issuer_certificate_requests_total', labels: { ...labels, result: 'issued' } },
  {
    log: 'info',
    fields: {
      ...named,
      operation: 'CreateCustomCertificate',
      requestId: 'r-1',
      names: 2,
      notAfter: '2027-02-20T00:00:00Z',
    },
    message: 'Issued.',
  },
];
const otherOperator = { count: 'pca_issuer_other_operator_total', labels };
const inVain = {
  ...revoked,
  message:
    'A certificate was paid for in vain: it is revoked, because spec.revocationPolicy of the issuer is RequestGone. Somebody else ended the request before this operator did. If two releases of the operator run in this cluster, uninstall one of them.',
};
const revokes = [counted, { offered: 'pca-1' }, revoked];

it.each<[string, RequestRead | Error, readonly object[]]>([
  ['is in use when the write came through', holding(true), inUse],
  [
    'is revoked when somebody wrote another end',
    holding(false),
    [counted, otherOperator, { offered: 'pca-1' }, inVain],
  ],
  ['is revoked when the request is gone', { kind: 'gone' }, revokes],
  ['is kept while the API server does not tell', unreadable, [counted, kept]],
  ['is kept and told of when a defect keeps it from being read', new Error('A bug.'), [counted, kept]],
])('a certificate that was not written %s', async (_name, read, expected) => {
  const { journal, memories, release, clock, ...on } = scene();
  on.read.mockImplementation(async () => {
    if (read instanceof Error) throw read;
    return read;
  });
  memories.of(uid).decide(decision);
  release();
  expect(memories.size).toBe(0);
  await vi.waitFor(() => expect(clock.timers).toBe(0));
  expect(journal.read()).toEqual([{ left: uid }, ...expected]);
});

test('the read that decides about it ends after half a minute', () => {
  const { clock, memories, read, release } = scene();
  const given: AbortSignal[] = [];
  read.mockImplementation(async (...[, signal]: unknown[]) => {
    given.push(signal as AbortSignal);
    return new Promise(() => {});
  });
  memories.of(uid).decide(decision);
  release();
  const before = given.map(({ aborted }) => aborted);
  clock.advance(30_000);
  expect([before, given.map(({ aborted }) => aborted)]).toEqual([[false], [true]]);
});

const failedDecision = { kind: 'failed', reason: 'NoName', message: 'No.', at: new Date(0) } as const;
test.each<[string, (on: ReturnType<typeof scene>) => void, readonly object[], number]>([
  ['is unknown is nobody to forget', () => {}, [], 0],
  ['a reconcile works on is left to it', ({ memories }) => void (memories.of(uid).busy = true), [], 1],
  ['has no end is forgotten without a word', ({ memories }) => void memories.of(uid), [{ left: uid }], 0],
  ['failed is so, too', ({ memories }) => memories.of(uid).decide(failedDecision), [{ left: uid }], 0],
  [
    'failed with a certificate that is not used is reported',
    ({ memories }) => memories.of(uid).decide({ ...failedDecision, unused: 'pca-9' }),
    [
      { left: uid },
      counted,
      { offered: 'pca-9' },
      {
        log: 'warn',
        fields: { ...fields, issuer: 'AlibabaPCAIssuer/shop/pca', identifier: 'pca-9' },
        message: 'Its request is gone. No.',
      },
    ],
    0,
  ],
  [
    'called without an answer that was seen leaves its call to be found out about',
    ({ memories }) => memories.of(uid).called(issuingCall, 0),
    [{ left: uid }, { taken: 'shop/web-1' }],
    0,
  ],
])('a request that %s', (_, prepare, expected, remembered) => {
  const on = scene();
  prepare(on);
  on.release();
  expect([on.journal.read(), on.memories.size, on.read.mock.calls]).toEqual([expected, remembered, []]);
});

test('a request whose issuer is none of ours has no certificate to settle', () => {
  const { journal, memories, read, release } = scene();
  memories.of(uid).decide(decision);
  release(cachedRequest(certificateRequest({ spec: { issuerRef: { group: 'pca.alibabacloud.com', name: 'pca' } } })));
  expect([journal.read(), read.mock.calls]).toEqual([[{ left: uid }], []]);
});

const without = { ...decision, certificate: { ...certificate, identifier: undefined } };
const adopted = { ...decision, adopted: true };
const foundAndKept = {
  ...kept,
  message:
    'A certificate of an earlier call was found but its request is gone. It was not revoked, because an earlier call made it, perhaps that of a cluster of which this one is a copy: revoke it in the PCA console if nobody uses it.',
};
test.each([
  ['that another process called for is kept', { revokes: true }, adopted, [counted, foundAndKept]],
  ['is kept where the policy says so', { revokes: false }, decision, [counted, { offered: 'pca-1' }, kept]],
  [
    'without identifier cannot be revoked',
    { revokes: true },
    without,
    [counted, { ...kept, fields: { ...named, identifier: undefined } }],
  ],
  [
    'that is a CA stays, whatever the policy says, and no call to PCA is tried',
    { revokes: true },
    { ...decision, operation: 'CreateExternalCACertificate' },
    [
      counted,
      {
        ...kept,
        message:
          'A CA certificate was issued but its request is gone; revoke it in the PCA console if it is not wanted, since PCA has no call that does so.',
      },
    ],
  ],
])('a certificate without request %s', (_, policy, end, expected) => {
  const { abandoned, journal } = scene(policy);
  const identity = parseIssuerKey('AlibabaPCAIssuer/shop/pca');
  if (identity === undefined) throw new Error('It is no key.');
  abandoned.report({ key: 'shop/web-1', uid }, identity, end, { fate: 'gone' });
  expect(journal.read()).toEqual(expected);
});
