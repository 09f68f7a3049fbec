// CertificateSigningRequests: what is read of them, the one write that they take, and who may use which issuer.
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../../../src/controllers/requests/decision.ts';
import { CertificateSigningRequests } from '../../../../../src/controllers/requests/kinds/certificate-signing-request.ts';
import type { Authorization, Request, WriteOutcome } from '../../../../../src/controllers/requests/kinds/request.ts';
import type { CertificateSigningRequest } from '../../../../../src/crds/certificate-signing-request.ts';
import type { KubernetesClient } from '../../../../../src/kubernetes/client.ts';
import { certificate, factsOf, failure, identity } from '../samples.ts';
import { watching } from './watching.ts';

const { signal } = new AbortController();
const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests/csr-1';
const ours = Buffer.from(certificate.chain).toString('base64');

function object(
  changes: {
    readonly metadata?: object;
    readonly spec?: object;
    readonly types?: readonly string[];
    readonly status?: object;
  } = {},
): CertificateSigningRequest {
  const { types = ['Approved'] } = changes;
  return {
    metadata: {
      name: 'csr-1',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-11-22T00:15:00Z',
      ...changes.metadata,
    },
    spec: {
      request: 'Q1NS',
      signerName: 'alibabapcaissuers.pca.alibabacloud.com/shop.pca',
      usages: ['server auth'],
      username: 'ann',
      uid: 'ann-uid',
      groups: ['dev'],
      extra: { team: ['a'] },
      ...changes.spec,
    },
    status: { conditions: types.map((type) => ({ type, status: 'True' })), ...changes.status },
  };
}

/** A client that gives these answers in order, of which the last stays, and keeps what it was asked. */
function clientWith({ gets = [], writes = [], reviews = [] }: Answers) {
  const calls: unknown[][] = [];
  const watched = watching<CertificateSigningRequest>();
  const next =
    (answers: object[]) =>
    async (...call: unknown[]) => {
      calls.push(call);
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? failure('NotFound');
    };
  const client = { get: next([...gets]), applyStatus: next([...writes]), create: next([...reviews]) };
  const requests = new CertificateSigningRequests(client as unknown as KubernetesClient, 'manager', watched);
  return { requests, calls, watched };
}
interface Answers {
  readonly gets?: readonly object[];
  readonly writes?: readonly object[];
  readonly reviews?: readonly object[];
}

const ok = (body: object = {}): object => ({ kind: 'ok', status: 200, body });

async function readWith(answers: Answers): Promise<{ readonly request: Request; readonly calls: unknown[][] }> {
  const { requests, calls } = clientWith(answers);
  const read = await requests.read({ name: 'csr-1', uid: 'u' }, signal);
  if (read.kind !== 'read') throw new Error(`The request is ${read.kind}.`);
  calls.length = 0;
  return { request: read.request, calls };
}

const unknownSigner = (name: string): string =>
  `spec.signerName is ${name}, but signers of group pca.alibabacloud.com are named alibabapcaissuers.pca.alibabacloud.com/NAMESPACE.NAME and alibabapcaclusterissuers.pca.alibabacloud.com/NAME. It cannot be changed: make a new request.`;

describe('a request is read', () => {
  const facts = {
    object: { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', name: 'csr-1', uid: 'u' },
    creationTimestamp: '2026-11-22T00:15:00Z',
    approvedAt: new Date('2026-11-22T00:15:00Z'),
    step: 'sign',
    issuer: identity,
    unknownIssuer: unknownSigner('alibabapcaissuers.pca.alibabacloud.com/shop.pca'),
    fields: { uid: 'u', request: 'Q1NS', duration: undefined, isCA: false, usages: ['server auth'] },
    message: undefined,
    certificate: undefined,
    revision: undefined,
    leftCertificate: undefined,
  };
  const annotations = {
    'experimental.cert-manager.io/request-duration': '24h',
    'experimental.cert-manager.io/request-is-ca': 'true',
  };
  const deletionTimestamp = '2026-11-22T00:16:00Z';
  const { fields } = facts;

  test.each<[string, CertificateSigningRequest, object]>([
    ['with all that issuing needs', object(), facts],
    [
      'with its own duration',
      object({ spec: { expirationSeconds: 3_600 } }),
      { ...facts, fields: { ...fields, duration: '3600s' } },
    ],
    [
      "with cert-manager's annotations, which win",
      object({ metadata: { annotations }, spec: { expirationSeconds: 3_600 } }),
      { ...facts, fields: { ...fields, duration: '24h', isCA: true } },
    ],
    ['as to be waited for before it is approved', object({ types: [] }), { ...facts, step: 'await' }],
    ['as nothing to do when it is denied', object({ types: ['Approved', 'Denied'] }), { ...facts, step: 'nothing' }],
    ['as nothing to do when it has failed', object({ types: ['Approved', 'Failed'] }), { ...facts, step: 'nothing' }],
    ['as nothing to do while it goes', object({ metadata: { deletionTimestamp } }), { ...facts, step: 'nothing' }],
    [
      'without issuer when its signer is none of ours',
      object({ spec: { signerName: 'example.com/signer' } }),
      { ...facts, issuer: undefined, unknownIssuer: unknownSigner('example.com/signer') },
    ],
  ])('%s', async (_, given, expected) => {
    expect(factsOf((await readWith({ gets: [ok(given)] })).request)).toEqual(expected);
  });

  test('with the moment of its approval', async () => {
    const approval = { type: 'Approved', status: 'True', lastTransitionTime: '2026-11-22T00:15:30Z' };
    const given = { ...object(), status: { conditions: [approval] } };
    const { request } = await readWith({ gets: [ok(given)] });
    expect(request.approvedAt).toEqual(new Date('2026-11-22T00:15:30Z'));
  });

  test.each<[string, object, object]>([
    ['gone when it does not exist', failure('NotFound'), { kind: 'gone' }],
    ['gone when it is another one', ok(object({ metadata: { uid: 'other' } })), { kind: 'gone' }],
    ['failed with the reason', failure('Forbidden'), failure('Forbidden')],
  ])('or is %s', async (_, answer, expected) => {
    expect(await clientWith({ gets: [answer] }).requests.read({ name: 'csr-1', uid: 'u' }, signal)).toEqual(expected);
  });

  test('and knows the certificate that it holds', async () => {
    const { request } = await readWith({ gets: [ok(object({ status: { certificate: ours } }))] });
    expect([certificate, { ...certificate, chain: 'x' }].map((one) => request.holds(one))).toEqual([true, false]);
  });
});

const issued: Outcome = {
  kind: 'issued',
  message: 'Issued.',
  certificate,
  operation: 'CreateCustomCertificate',
  requestId: 'r-1',
  adopted: false,
};
const failed: Outcome = { kind: 'failed', reason: 'NoName', message: 'No name.', at: new Date(0) };

test('it is as the watch brought it, until something was done about it', () => {
  const { requests, watched } = clientWith({});
  expect(requests.watched('u')).toBeUndefined();
  watched.hold(object({ metadata: { resourceVersion: '112' } }));
  expect(requests.watched('u')?.step).toBe('sign');
  requests.spend('u');
  expect(requests.watched('u')).toBeUndefined();
});

describe('a write', () => {
  const body = (status: object) => [
    path,
    {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { uid: 'u' },
      status,
    },
    { fieldManager: 'manager', signal },
  ];
  const condition = { type: 'Failed', status: 'True', reason: 'NoName', message: 'No name.' };

  test.each<[string, Outcome, readonly unknown[]]>([
    ['of a certificate is one apply, to the object of that UID', issued, [body({ certificate: ours })]],
    ['of a failure is one apply with its reason', failed, [body({ conditions: [condition] })]],
    [
      'of a wait is none',
      { kind: 'waiting', reason: 'IssuerNotFound', detail: '', message: 'Waits.', next: { kind: 'done' } },
      [],
    ],
    ['of a denial is none', { kind: 'denied', message: 'Denied.', at: new Date(0) }, []],
  ])('%s', async (_, outcome, expected) => {
    const { request, calls } = await readWith({ gets: [ok(object())], writes: [ok()] });
    expect([await request.write(outcome, signal), calls]).toEqual([{ kind: 'written' }, expected]);
  });

  const invalid = failure('Invalid');
  const ended = (certificateThere: string): object => ok(object({ status: { certificate: certificateThere } }));
  test.each<[string, Outcome, object, object, WriteOutcome]>([
    ['to a missing object is gone', issued, failure('NotFound'), ok(object()), { kind: 'gone' }],
    ['that fails says why', issued, failure('Transient'), ok(object()), failure('Transient')],
    ['that is refused while nothing is written is a fault', issued, invalid, ok(object()), invalid],
    [
      'that is refused by another object is gone',
      issued,
      invalid,
      ok(object({ metadata: { uid: 'x' } })),
      { kind: 'gone' },
    ],
    ['that is refused by nothing is gone', issued, invalid, failure('NotFound'), { kind: 'gone' }],
    ['that is refused for nobody knows what is a fault', issued, invalid, failure('Transient'), invalid],
    ['that is refused after it took place is written', issued, invalid, ended(ours), { kind: 'written' }],
    ["that is refused after somebody else's is not", issued, invalid, ended('b3RoZXI='), { kind: 'ended' }],
    ['of a failure that is refused after an end is not', failed, invalid, ended(ours), { kind: 'ended' }],
  ])('%s', async (_, outcome, answer, present, expected) => {
    const { request } = await readWith({ gets: [ok(object()), present], writes: [answer] });
    expect(await request.write(outcome, signal)).toEqual(expected);
  });
});

describe('whether the requester may use the issuer', () => {
  const review = (name: string) => [
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: 'ann',
        uid: 'ann-uid',
        groups: ['dev'],
        extra: { team: ['a'] },
        resourceAttributes: {
          group: 'cert-manager.io',
          resource: 'signers',
          verb: 'reference',
          version: '*',
          namespace: 'shop',
          name,
        },
      },
    },
    { signal },
  ];
  const [yes, no] = [ok({ status: { allowed: true } }), ok({ status: { allowed: false } })];
  const denial = (user: string): Authorization => ({
    kind: 'denied',
    message: `User "${user}" may not use AlibabaPCAIssuer "shop/pca". Grant a Role in namespace "shop" with apiGroups ["cert-manager.io"], resources ["signers"], verbs ["reference"], resourceNames ["pca"], then create the request again.`,
  });
  const cluster = { signerName: 'alibabapcaclusterissuers.pca.alibabacloud.com/pca' };
  const unknown = { username: undefined };

  test.each<[string, object, readonly object[], Authorization, readonly unknown[] | number]>([
    ['is so by its name', {}, [yes], { kind: 'allowed' }, [review('pca')]],
    ['is so by any name', {}, [no, yes], { kind: 'allowed' }, [review('pca'), review('*')]],
    ['is not', {}, [no, no], denial('ann'), [review('pca'), review('*')]],
    ['is not where the answer says nothing', {}, [ok()], denial('ann'), 2],
    ['is not for a user without name', unknown, [no, no], denial(''), 2],
    [
      'is not known',
      {},
      [failure('Transient')],
      { kind: 'failed', message: 'Whether ann may use the issuer could not be found out: Transient.' },
      1,
    ],
    [
      'is not known of a user without name',
      unknown,
      [failure('Transient')],
      { kind: 'failed', message: 'Whether the requester may use the issuer could not be found out: Transient.' },
      1,
    ],
    ['is not asked for a cluster issuer, which is for everybody', cluster, [], { kind: 'allowed' }, []],
    ['is not asked for a signer that is none of ours', { signerName: 'a/b' }, [], { kind: 'allowed' }, []],
  ])('%s', async (_, spec, reviews, expected, asked) => {
    const { request, calls } = await readWith({ gets: [ok(object({ spec }))], reviews });
    expect(await request.authorize(signal)).toEqual(expected);
    expect(typeof asked === 'number' ? calls.length : calls).toEqual(asked);
  });
});
