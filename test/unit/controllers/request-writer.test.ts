// Writing a result: only to the object that was read, and never over an end that somebody else wrote.
import { expect, it } from 'vitest';
import { RequestWriter } from '../../../src/controllers/request-writer.ts';
import { failedStatus, pendingStatus } from '../../../src/controllers/certificate-request-status.ts';
import type { CertificateRequest } from '../../../src/crds/cert-manager.ts';
import type { KubernetesClient, KubernetesFailure } from '../../../src/kubernetes/client.ts';
import { approved, certificateRequest, ready } from '../../support/certificate-requests.ts';

const signal = new AbortController().signal;
const now = new Date('2026-11-22T10:05:00Z');
const path = '/apis/cert-manager.io/v1/namespaces/shop/certificaterequests/web-1';

function failure(kind: KubernetesFailure['class']): { kind: 'failed'; failure: KubernetesFailure } {
  return {
    kind: 'failed',
    failure: { class: kind, status: undefined, reason: undefined, message: kind, retryAfterMilliseconds: undefined },
  };
}

/** A client that answers applies in the order given and shows `present` to reads. */
function writerWith(
  answers: readonly ('ok' | KubernetesFailure['class'])[],
  present: CertificateRequest | undefined,
): { writer: RequestWriter; bodies: unknown[] } {
  const bodies: unknown[] = [];
  const client = {
    get: async () => (present === undefined ? failure('NotFound') : { kind: 'ok', status: 200, body: present }),
    applyStatus: async (...call: unknown[]) => {
      bodies.push(call);
      const answer = answers[bodies.length - 1] ?? 'ok';
      return answer === 'ok' ? { kind: 'ok', status: 200, body: undefined } : failure(answer);
    },
  };
  return { writer: new RequestWriter(client as unknown as KubernetesClient, 'manager', () => now), bodies };
}

it('applies condition and fields in one write, with the resourceVersion that was read', async () => {
  const { writer, bodies } = writerWith(['ok'], undefined);
  const request = certificateRequest();
  expect(
    await writer.write(request, failedStatus(request.metadata, { message: 'No.', reason: 'InvalidCSR' }, now), signal),
  ).toEqual({ kind: 'written' });
  expect(bodies).toEqual([
    [
      path,
      {
        apiVersion: 'cert-manager.io/v1',
        kind: 'CertificateRequest',
        metadata: { resourceVersion: '100' },
        status: {
          conditions: [
            {
              type: 'Ready',
              status: 'False',
              reason: 'Failed',
              message: 'No.',
              lastTransitionTime: '2026-11-22T10:05:00Z',
            },
          ],
          failureTime: '2026-11-22T10:05:00Z',
        },
      },
      { fieldManager: 'manager', signal },
    ],
  ]);
});

it('keeps the transition time while the status of the condition stays', async () => {
  const { writer, bodies } = writerWith(['ok'], undefined);
  const request = certificateRequest({ conditions: [approved, ready('Pending', 'Before.')] });
  await writer.write(request, pendingStatus('Now.'), signal);
  expect(JSON.stringify(bodies)).toContain('"lastTransitionTime":"2026-11-22T10:00:02Z"');
});

it('applies the same result again after a conflict, when it is still the same request', async () => {
  const present = certificateRequest({ metadata: { resourceVersion: '101' } });
  const { writer, bodies } = writerWith(['Conflict', 'ok'], present);
  const request = certificateRequest();
  expect(await writer.write(request, pendingStatus('Waiting.'), signal)).toEqual({ kind: 'written' });
  expect(JSON.stringify(bodies.map((call) => (call as [string, { metadata: object }])[1].metadata))).toBe(
    '[{"resourceVersion":"100"},{"resourceVersion":"101"}]',
  );
});

it.each([
  ['another request under the same name', certificateRequest({ metadata: { uid: 'other' } })],
  ['a request that came to an end', certificateRequest({ conditions: [approved, ready('Issued')] })],
  ['no request', undefined],
])('writes nothing when a conflict turns out to be %s', async (_name, present) => {
  const { writer, bodies } = writerWith(['Conflict', 'ok'], present);
  expect(await writer.write(certificateRequest(), pendingStatus('Waiting.'), signal)).toEqual({ kind: 'gone' });
  expect(bodies).toHaveLength(1);
});

it('takes a conflict with its own earlier write, whose answer was lost, for written', async () => {
  const ended = certificateRequest({ conditions: [approved, ready('Issued')] });
  const present = { ...ended, status: { ...ended.status, certificate: 'Y2VydA==' } };
  const outcomes = await Promise.all(
    ['Y2VydA==', 'b3RoZXI='].map((certificate) =>
      writerWith(['Conflict'], present).writer.write(
        certificateRequest(),
        { ...pendingStatus('Issued.'), certificate },
        signal,
      ),
    ),
  );
  expect(outcomes).toEqual([{ kind: 'written' }, { kind: 'gone' }]);
});

it('takes a missing object for gone and hands other failures on', async () => {
  const gone = writerWith(['NotFound'], undefined);
  expect(await gone.writer.write(certificateRequest(), pendingStatus('W.'), signal)).toEqual({ kind: 'gone' });
  const refused = writerWith(['Forbidden'], undefined);
  expect(await refused.writer.write(certificateRequest(), pendingStatus('W.'), signal)).toEqual(failure('Forbidden'));
});

it('gives up on endless conflicts', async () => {
  const { writer, bodies } = writerWith(
    Array.from({ length: 20 }, () => 'Conflict' as const),
    certificateRequest(),
  );
  expect(await writer.write(certificateRequest(), pendingStatus('W.'), signal)).toEqual(failure('Conflict'));
  expect(bodies).toHaveLength(6);
});
