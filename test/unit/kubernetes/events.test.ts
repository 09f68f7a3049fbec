// Events: their form, what is not repeated, and what a burst may cost.
import { beforeEach, expect, it } from 'vitest';
import { EventRecorder } from '../../../src/kubernetes/events.ts';
import type { EventToRecord } from '../../../src/kubernetes/events.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let sent: { path: string; body: Record<string, unknown> }[];
let dropped: string[];
let answer: 'ok' | 'failed' | 'hangs';
/** What comes before `answer`, each once. */
let failures: { readonly class: string; readonly reason?: string }[];
let recorder: EventRecorder;
let startedAt: number;

beforeEach(() => {
  clock = new FakeClock();
  startedAt = clock.monotonic();
  sent = [];
  dropped = [];
  answer = 'ok';
  failures = [];
  recorder = new EventRecorder({
    client: {
      create: async (path: string, body: object, { signal }: { signal: AbortSignal }) => {
        sent.push({ path, body: body as Record<string, unknown> });
        const failure = failures.shift();
        if (failure !== undefined) return { kind: 'failed', failure } as never;
        if (answer === 'hangs') await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return (answer === 'ok' ? { kind: 'ok', status: 201, body: {} } : { kind: 'failed', failure: {} }) as never;
      },
    } as never,
    component: 'alibaba-pca-issuer',
    instance: 'pod-1',
    clock,
    onDropped: (why) => dropped.push(why),
  });
});

/** Lets promises run that wait for nothing but each other. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function thing(uid: string): EventToRecord['regarding'] {
  return { apiVersion: 'v1', kind: 'Thing', name: 'thing', namespace: 'shop', uid };
}

function event(changes: Partial<EventToRecord> = {}): EventToRecord {
  return {
    regarding: thing('u1'),
    type: 'Warning',
    reason: 'Broken',
    action: 'Check',
    note: 'It is broken.',
    ...changes,
  };
}

it('sends the form that the API server takes, with six digits of time', async () => {
  recorder.record(event());
  await recorder.flush();
  expect(sent).toEqual([
    {
      path: '/apis/events.k8s.io/v1/namespaces/shop/events',
      body: {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: expect.stringMatching(/^thing\.[0-9a-f]+$/), namespace: 'shop' },
        eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
        reportingController: 'alibaba-pca-issuer',
        reportingInstance: 'pod-1',
        type: 'Warning',
        reason: 'Broken',
        action: 'Check',
        note: 'It is broken.',
        regarding: { apiVersion: 'v1', kind: 'Thing', name: 'thing', namespace: 'shop', uid: 'u1' },
      },
    },
  ]);
});

it('puts events of cluster-scoped objects into the namespace default', async () => {
  recorder.record(event({ regarding: { apiVersion: 'v1', kind: 'Thing', name: 'thing', uid: 'u1' } }));
  await recorder.flush();
  expect(sent[0]?.path).toBe('/apis/events.k8s.io/v1/namespaces/default/events');
});

it('does not repeat the same words about the same object within ten minutes', async () => {
  recorder.record(event());
  recorder.record(event());
  recorder.record(event({ note: 'It is still broken.' }));
  clock.advance(10 * 60_000);
  recorder.record(event());
  await recorder.flush();
  expect([sent.length, dropped]).toEqual([3, ['repeated']]);
});

it('cuts a long note between characters', async () => {
  recorder.record(event({ note: '公'.repeat(1_000) }));
  await recorder.flush();
  const note = String(sent[0]?.body['note']);
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024);
  expect(note).toMatch(/^公+…$/);
});

it('sends the successes of a burst at a rate, with the times at which they happened, and warnings beside them', async () => {
  const happened = clock.now().toISOString();
  for (let index = 0; index < 200; index += 1)
    recorder.record(event({ type: 'Normal', reason: 'Issued', regarding: thing(`u${index}`) }));

  recorder.record(event());
  await settle();
  while (sent.length < 201) {
    clock.advance(1);
    await settle();
  }
  // 50 at once, then 20 a second.
  expect([clock.monotonic() - startedAt, dropped]).toEqual([7_500, []]);
  expect(sent.findIndex(({ body }) => body['reason'] === 'Broken')).toBeLessThan(60);
  expect(new Set(sent.map(({ body }) => body['eventTime']))).toEqual(new Set([happened.replace('Z', '000Z')]));
});

it('sends of a burst of those that the objects say by themselves only some, and warnings beside them', async () => {
  for (let index = 0; index < 100; index += 1)
    recorder.record(event({ type: 'Normal', reason: 'Issued', regarding: thing(`u${index}`), isSpare: true }));
  recorder.record(event());
  await settle();
  const sentAfter = sent.filter(({ body }) => body['reason'] === 'Issued').map(() => 0);
  expect(sent.filter(({ body }) => body['reason'] === 'Broken')).toHaveLength(1);
  for (let ms = 100; ms <= 20_000; ms += 100) {
    clock.advance(100);
    await settle();
    while (sentAfter.length < sent.length - 1) sentAfter.push(ms);
  }
  const issued = sent.filter(({ body }) => body['reason'] === 'Issued');
  // Four are taken from the twenty that wait, and sent or wait for their turn.
  expect([issued.map(({ body }) => (body['regarding'] as { readonly uid: string }).uid), dropped]).toEqual([
    Array.from({ length: 24 }, (_, index) => `u${index}`),
    Array.from({ length: 76 }, () => 'limit'),
  ]);
  expect(sentAfter).toEqual([
    ...Array.from({ length: 10 }, () => 0),
    ...Array.from({ length: 14 }, (_, index) => 1_000 * (index + 1)),
  ]);
});

it('has a slow answer hold up no other event', async () => {
  answer = 'hangs';
  recorder.record(event());
  await settle();
  answer = 'ok';
  recorder.record(event({ note: 'Another.' }));
  recorder.record(event({ note: 'A third.' }));
  await settle();
  expect(sent.map(({ body }) => body['note'])).toEqual(['It is broken.', 'Another.', 'A third.']);
  const flushed = recorder.flush(20);
  await settle();
  clock.advance(20);
  await flushed;
});

it('sends what waits without pauses when it is flushed', async () => {
  for (let index = 0; index < 200; index += 1)
    recorder.record(event({ type: 'Normal', reason: 'Issued', regarding: thing(`u${index}`) }));

  await recorder.flush();
  expect([sent.length, clock.monotonic() - startedAt, clock.timers]).toEqual([200, 0, 0]);
});

it('drops what comes on top of ten minutes of them', () => {
  answer = 'hangs';
  for (let index = 0; index < 12_010; index += 1)
    recorder.record(event({ type: 'Normal', reason: 'Issued', regarding: thing(`u${index}`) }));

  expect(dropped).toEqual(Array.from({ length: 6 }, () => 'limit'));
});

it('goes on after one that was refused', async () => {
  answer = 'failed';
  recorder.record(event());
  await recorder.flush();
  answer = 'ok';
  recorder.record(event({ note: 'Another.' }));
  await recorder.flush();
  expect([sent.length, dropped]).toEqual([2, ['failed']]);
});

it.each<[string, readonly { class: string; reason?: string }[], tries: number, dropped: readonly string[]]>([
  ['is slow once', [{ class: 'Transient' }], 2, []],
  [
    'has it already, since an answer was lost',
    [{ class: 'Transient' }, { class: 'Conflict', reason: 'AlreadyExists' }],
    2,
    [],
  ],
  ['is slow again and again', Array.from({ length: 9 }, () => ({ class: 'Throttled' })), 4, ['failed']],
  ['has no place for it', [{ class: 'NotFound' }], 1, ['failed']],
])('sends one again, by the same name, while the API server %s', async (_, first, tries, lost) => {
  failures = [...first];
  recorder.record(event());
  for (let n = 0; n < 6; n += 1) {
    await settle();
    clock.advance(8_000);
  }
  await settle();
  const names = sent.map(({ body }) => (body['metadata'] as { readonly name: string }).name);
  expect([names.length, new Set(names).size, dropped]).toEqual([tries, 1, lost]);
});

it('tries nothing again once it is flushed', async () => {
  failures = [{ class: 'Transient' }, { class: 'Transient' }];
  recorder.record(event());
  await settle();
  await recorder.flush();
  expect([sent.length, dropped]).toEqual([2, ['failed']]);
});

it('lets one object have 25 at once and one more every five minutes', async () => {
  for (let index = 0; index < 30; index += 1) recorder.record(event({ note: `try ${index}` }));
  recorder.record(event({ regarding: thing('u2') }));
  await recorder.flush();
  expect(sent.length).toBe(26);
  clock.advance(5 * 60_000);
  for (let index = 30; index < 33; index += 1) recorder.record(event({ note: `try ${index}` }));
  await recorder.flush();
  expect(sent.length).toBe(27);
});

it('ends flushing at its deadline, cancelling what hangs and dropping what waits', async () => {
  answer = 'hangs';
  for (let index = 0; index < 5; index += 1) recorder.record(event({ note: `try ${index}` }));
  const flushed = recorder.flush(20);
  clock.advance(19);
  await settle();
  expect(dropped).toEqual([]);
  clock.advance(1);
  await flushed;
  expect([sent.length, dropped]).toEqual([4, Array.from({ length: 5 }, () => 'failed')]);
});

it('makes a valid name of an object whose long name is cut at a dot', async () => {
  recorder.record(event({ regarding: { ...thing('u1'), name: `${'a'.repeat(199)}.b` } }));
  await recorder.flush();
  expect(sent[0]?.body['metadata']).toEqual({
    name: expect.stringMatching(/^a{199}\.[0-9a-f]+$/),
    namespace: 'shop',
  });
});
