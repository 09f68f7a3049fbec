// CertificateRequests as they are read, and the writing of a result: only to the object that was read, never over an end.
import { expect, it, test } from 'vitest';
import type { Outcome } from '../../../../../src/controllers/requests/decision.ts';
import { CertificateRequests } from '../../../../../src/controllers/requests/kinds/certificate-request.ts';
import type { WriteOutcome } from '../../../../../src/controllers/requests/kinds/request.ts';
import type { CertificateRequest } from '../../../../../src/crds/cert-manager.ts';
import type { KubernetesClient } from '../../../../../src/kubernetes/client.ts';
import type { KubernetesFailure } from '../../../../../src/kubernetes/failure.ts';
import { approved, certificateRequest, ready } from '../../../../support/certificate-requests.ts';
import { watching } from './watching.ts';
import { certificate, factsOf, failure, identity } from '../samples.ts';

const { signal } = new AbortController();
const now = new Date('2026-11-22T10:05:00Z');
const path = '/apis/cert-manager.io/v1/namespaces/shop/certificaterequests/web-1';
const failed: Outcome = { kind: 'failed', reason: 'InvalidCSR', message: 'No.', at: now };
const issued: Outcome = {
  kind: 'issued',
  message: 'Issued.',
  certificate,
  operation: 'CreateCustomCertificate',
  requestId: 'r-1',
  adopted: false,
};

function pending(message: string): Outcome {
  return { kind: 'waiting', reason: 'IssuerNotFound', detail: '', message, next: { kind: 'done' } };
}

/** A client that shows the objects in order, of which the last stays, and answers applies in the order given. */
function clientWith(shown: readonly Shown[], answers: readonly ('ok' | KubernetesFailure['class'])[] = []) {
  const objects = [...shown];
  const applies: unknown[][] = [];
  const watched = watching<CertificateRequest>();
  const client = {
    get: async () => {
      const object = objects.length > 1 ? objects.shift() : objects[0];
      if (object === undefined) return failure('NotFound');
      return 'kind' in object && object.kind === 'failed' ? object : { kind: 'ok', status: 200, body: object };
    },
    applyStatus: async (...call: unknown[]) => {
      applies.push(call);
      const answer = answers[applies.length - 1] ?? 'ok';
      return answer === 'ok' ? { kind: 'ok', status: 200, body: undefined } : failure(answer);
    },
  };
  const requests = new CertificateRequests(client as unknown as KubernetesClient, 'manager', {
    clock: { now: () => now },
    watched,
  });
  return { requests, applies, watched };
}
type Shown = CertificateRequest | ReturnType<typeof failure> | undefined;

/** What became of a write to `request`, while reads show `present`. */
async function write(
  outcome: Outcome,
  {
    request = certificateRequest(),
    present,
    answers = ['ok'],
  }: {
    readonly request?: CertificateRequest;
    readonly present?: Shown;
    readonly answers?: readonly ('ok' | KubernetesFailure['class'])[];
  },
): Promise<{ readonly written: WriteOutcome; readonly applies: readonly unknown[][] }> {
  const { requests, applies } = clientWith([request, present], answers);
  const { namespace, name, uid } = request.metadata;
  const read = await requests.read({ namespace, name, uid }, signal);
  if (read.kind !== 'read') throw new Error(`The request is ${read.kind}.`);
  return { written: await read.request.write(outcome, signal), applies };
}

const owner = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'web', uid: 'c', controller: true };

test('a request is read with all that issuing needs', async () => {
  const object = certificateRequest({
    metadata: {
      annotations: { 'cert-manager.io/certificate-revision': '3', 'cert-manager.io/certificate-name': 'web' },
      ownerReferences: [owner],
    },
    spec: { request: 'Q1NS', duration: '24h', isCA: true, usages: ['server auth'] },
    conditions: [approved, ready('Pending', 'Waiting.')],
  });
  const { uid } = object.metadata;
  const read = await clientWith([object]).requests.read({ namespace: 'shop', name: 'web-1', uid }, signal);
  if (read.kind !== 'read') throw new Error(`The request is ${read.kind}.`);
  expect(factsOf(read.request)).toEqual({
    object: { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace: 'shop', name: 'web-1', uid },
    creationTimestamp: '2026-11-22T10:00:00Z',
    approvedAt: new Date('2026-11-22T10:00:01Z'),
    step: 'sign',
    issuer: identity,
    unknownIssuer:
      'issuerRef.kind is AlibabaPCAIssuer, but group pca.alibabacloud.com has only the kinds AlibabaPCAIssuer and AlibabaPCAClusterIssuer. Correct issuerRef of the Certificate.',
    fields: { uid, request: 'Q1NS', duration: '24h', isCA: true, usages: ['server auth'] },
    message: 'Waiting.',
    certificate: { namespace: 'shop', name: 'web' },
    revision: 3,
    leftCertificate: undefined,
    provenance: { certificateName: 'web', controller: owner, isFirstHand: false },
  });
  expect([read.request.holds(certificate), await read.request.authorize(signal)]).toEqual([false, { kind: 'allowed' }]);
});

test('a request knows the certificate that its status holds', async () => {
  const object = certificateRequest();
  const written = Buffer.from(certificate.chain).toString('base64');
  const { requests } = clientWith([{ ...object, status: { ...object.status, certificate: written } }]);
  const read = await requests.read(object.metadata, signal);
  if (read.kind !== 'read') throw new Error(`The request is ${read.kind}.`);
  const { request } = read;
  const held = [certificate, { ...certificate, chain: 'x' }].map((one) => request.holds(one));
  expect([held, request.leftCertificate]).toEqual([[true, false], certificate.chain]);
});

test.each([
  ['none', undefined],
  ['no number', 'first'],
  ['none that cert-manager gives', '0'],
])('without revision is a request that names %s', async (_, revision) => {
  const annotations = revision === undefined ? {} : { 'cert-manager.io/certificate-revision': revision };
  const object = certificateRequest({ metadata: { annotations }, spec: { issuerRef: { group: 'g', name: 'pca' } } });
  const read = await clientWith([object]).requests.read(object.metadata, signal);
  expect(read.kind === 'read' && [read.request.revision, read.request.unknownIssuer]).toEqual([
    undefined,
    'issuerRef.kind is (none), but group pca.alibabacloud.com has only the kinds AlibabaPCAIssuer and AlibabaPCAClusterIssuer. Correct issuerRef of the Certificate.',
  ]);
});

test.each<[string, Shown, unknown]>([
  ['is deleted is gone', undefined, { kind: 'gone' }],
  ['came anew under its name is gone', certificateRequest({ metadata: { uid: 'other' } }), { kind: 'gone' }],
  ['cannot be read says why', failure('Forbidden'), failure('Forbidden')],
])('a request that %s', async (_, shown, expected) => {
  expect(await clientWith([shown]).requests.read(certificateRequest().metadata, signal)).toEqual(expected);
});

it('applies condition and fields in one write, with the resourceVersion that was read', async () => {
  const { written, applies } = await write(failed, {});
  const condition = { type: 'Ready', status: 'False', reason: 'Failed', message: 'No.' };
  const lastTransitionTime = '2026-11-22T10:05:00Z';
  expect({ written, applies }).toEqual({
    written: { kind: 'written' },
    applies: [
      [
        path,
        {
          apiVersion: 'cert-manager.io/v1',
          kind: 'CertificateRequest',
          metadata: { resourceVersion: '100' },
          status: { conditions: [{ ...condition, lastTransitionTime }], failureTime: '2026-11-22T10:05:00Z' },
        },
        { fieldManager: 'manager', signal },
      ],
    ],
  });
});

it('keeps the transition time while the status of the condition stays', async () => {
  const request = certificateRequest({ conditions: [approved, ready('Pending', 'Before.')] });
  const { applies } = await write(pending('Now.'), { request });
  expect(JSON.stringify(applies)).toContain('"lastTransitionTime":"2026-11-22T10:00:02Z"');
});

it('applies the same result again after a conflict, when it is still the same request', async () => {
  const present = certificateRequest({ metadata: { resourceVersion: '101' } });
  const { written, applies } = await write(pending('Waiting.'), { present, answers: ['Conflict', 'ok'] });
  expect(written).toEqual({ kind: 'written' });
  expect(JSON.stringify(applies.map((call) => (call as [string, { metadata: object }])[1].metadata))).toBe(
    '[{"resourceVersion":"100"},{"resourceVersion":"101"}]',
  );
});

it.each<[string, Shown, WriteOutcome]>([
  ['another request under the same name', certificateRequest({ metadata: { uid: 'other' } }), { kind: 'gone' }],
  ['a request with an end', certificateRequest({ conditions: [approved, ready('Issued')] }), { kind: 'ended' }],
  ['no request', undefined, { kind: 'gone' }],
])('writes nothing when a conflict turns out to be %s', async (_name, present, expected) => {
  const { written, applies } = await write(pending('Waiting.'), { present, answers: ['Conflict', 'ok'] });
  expect([written, applies.length]).toEqual([expected, 1]);
});

it.each([
  ['for written', certificate.chain, { kind: 'written' }],
  ["of somebody else's for ended", 'another\n', { kind: 'ended' }],
])('takes a conflict with an earlier write of a certificate, whose answer was lost, %s', async (_, chain, expected) => {
  const ended = certificateRequest({ conditions: [approved, ready('Issued')] });
  const written = Buffer.from(chain).toString('base64');
  const present = { ...ended, status: { ...ended.status, certificate: written } };
  expect((await write(issued, { present, answers: ['Conflict'] })).written).toEqual(expected);
});

it.each<[string, KubernetesFailure['class'], WriteOutcome]>([
  ['takes a missing object for gone', 'NotFound', { kind: 'gone' }],
  ['hands other failures on', 'Forbidden', failure('Forbidden')],
])('%s', async (_, answer, expected) => {
  expect((await write(pending('W.'), { answers: [answer] })).written).toEqual(expected);
});

it('hands on why it cannot read after a conflict', async () => {
  const { written } = await write(pending('W.'), { present: failure('Transient'), answers: ['Conflict'] });
  expect(written).toEqual(failure('Transient'));
});

it('gives up on endless conflicts', async () => {
  const answers = Array.from({ length: 20 }, () => 'Conflict' as const);
  const { written, applies } = await write(pending('W.'), { present: certificateRequest(), answers });
  expect([written, applies.length]).toEqual([failure('Conflict'), 6]);
});

it('is as the watch brought it, and is written over the version that was watched', async () => {
  const { requests, applies, watched } = clientWith([]);
  expect(requests.watched(certificateRequest().metadata.uid)).toBeUndefined();
  watched.hold(certificateRequest({ metadata: { resourceVersion: '112' } }));
  const request = requests.watched(certificateRequest().metadata.uid);
  expect([request?.step, await request?.write(failed, signal)]).toEqual(['sign', { kind: 'written' }]);
  expect(applies[0]?.[1]).toMatchObject({ metadata: { resourceVersion: '112' } });
  requests.spend(certificateRequest().metadata.uid);
  expect(requests.watched(certificateRequest().metadata.uid)).toBeUndefined();
});
