// One reconcile from its key on: what is not there is left alone, what is there is read, decided and made known, and what is
// gone at the end is let go.
import { expect, test } from 'vitest';
import { RequestController } from '../../../../src/controllers/requests/controller.ts';
import type { Decision } from '../../../../src/controllers/requests/decision.ts';
import { cachedRequest, requestIndexes } from '../../../../src/controllers/requests/kinds/cached-request.ts';
import type { CachedRequest } from '../../../../src/controllers/requests/kinds/cached-request.ts';
import type { RequestRead } from '../../../../src/controllers/requests/kinds/request.ts';
import { RequestMemories } from '../../../../src/controllers/requests/memory.ts';
import type { RequestMemory } from '../../../../src/controllers/requests/memory.ts';
import { Store } from '../../../../src/kubernetes/store.ts';
import { approved, certificateRequest } from '../../../support/certificate-requests.ts';
import type { RequestChanges } from '../../../support/certificate-requests.ts';
import { Journal } from './journal.ts';
import { failure, request, uid } from './samples.ts';
import { replaceAll } from '../../../support/store-contents.ts';

const key = 'shop/web-1';
const turn: Decision = {
  kind: 'waiting',
  reason: 'WaitingForTurn',
  detail: '',
  message: 'Waits.',
  next: { kind: 'after', ms: 1 },
};
const limited: Decision = { ...turn, reason: 'IssuanceLimitReached' };
const nothing: Decision = { kind: 'nothing', next: { kind: 'done' } };
const published = { kind: 'after', ms: 77 } as const;

interface Scene {
  readonly listed?: RequestChanges;
  readonly read?: RequestRead;
  /** The watch has brought the whole request. */
  readonly isWatched?: boolean;
  /** What is remembered of it. */
  readonly remembered?: (memory: RequestMemory) => void;
  /** What happens while the request is read. */
  readonly whileRead?: (store: Store<CachedRequest>) => void;
  /** What happens while the request is decided about. */
  readonly decide?: (store: Store<CachedRequest>, memories: RequestMemories) => Decision;
  readonly isPublished?: boolean;
  /** Whether another request goes first with its issuer. */
  readonly isBehind?: boolean;
}

/** The parts of the reconcile, each of which only tells that it was called. */
function scene({
  listed = {},
  read,
  isWatched = false,
  remembered,
  whileRead,
  decide = () => nothing,
  isPublished = true,
  isBehind = false,
}: Scene = {}) {
  const journal = new Journal();
  const memories = new RequestMemories();
  const requests = new Store<CachedRequest>(requestIndexes());
  const list = (changes: RequestChanges): void => {
    const object = cachedRequest(certificateRequest(changes));
    replaceAll(requests, new Map(object === undefined ? [] : [[key, { ...object.metadata, object }]]));
  };
  list(listed);
  if (remembered !== undefined) remembered(memories.of(uid));
  const { signal } = new AbortController();
  const controller = new RequestController({
    requests,
    kind: {
      watched: (watched) => {
        if (!isWatched) return undefined;
        journal.add({ watched });
        return request(journal);
      },
      spend: (spent) => journal.add({ spent }),
      read: async (reference) => {
        journal.add({ read: reference.uid });
        whileRead?.(requests);
        return read ?? { kind: 'read', request: request(journal) };
      },
    },
    memories,
    decider: {
      waitsBehind: () => isBehind,
      afterDefect: async () => undefined,
      decide: async ({ memory }) => {
        journal.add({ decides: memory.uid, busy: memory.busy });
        return decide(requests, memories);
      },
    },
    publisher: {
      publish: async (_pass, decision) => {
        journal.add({ published: decision.kind });
        if (!isPublished) throw new Error('It cannot be published.');
        return published;
      },
    },
    reminder: {
      remind: ({ metadata }) => {
        journal.add({ reminded: metadata.name });
        return { kind: 'after', ms: 5 };
      },
    },
    abandoned: { release: (_kind, { metadata }) => journal.add({ released: metadata.uid }) },
    callQueue: { leave: (left) => journal.add({ left }) },
    onStep: async (step) => journal.add({ step }),
  });
  return { journal, memories, list, reconcile: async (of = key) => controller.reconcile(of, signal) };
}

const readFirst = [{ read: uid }, { step: 'RequestRead' }, { decides: uid, busy: true }];

test.each<[string, Scene, string, object, readonly object[]]>([
  ['that is not open is left alone', {}, 'shop/other', { kind: 'done' }, []],
  [
    'that nobody has approved is told of',
    { listed: { conditions: [] } },
    key,
    { kind: 'after', ms: 5 },
    [{ reminded: 'web-1' }],
  ],
  [
    'that names no kind of ours is decided about at once',
    { listed: { conditions: [], spec: { issuerRef: { group: 'pca.alibabacloud.com', name: 'pca' } } } },
    key,
    published,
    [...readFirst, { published: 'nothing' }, { left: uid }],
  ],
  [
    'that waits behind another one is not even read, and has no place in the queue',
    { isBehind: true },
    key,
    { kind: 'after', ms: 60_000 },
    [{ left: uid }],
  ],
  ['that is gone is left alone', { read: { kind: 'gone' } }, key, { kind: 'done' }, [{ read: uid }, { left: uid }]],
  [
    'that cannot be read comes again, not before the API server wants it, and keeps no place meanwhile',
    { read: failure('Throttled', 3_000) },
    key,
    { kind: 'retry', reason: 'reading the request: Throttled', retryAfterMs: 3_000 },
    [{ read: uid }, { left: uid }],
  ],
  [
    'is read, decided about and made known',
    {},
    key,
    published,
    [...readFirst, { published: 'nothing' }, { left: uid }],
  ],
  [
    'that the watch has brought is not read',
    { isWatched: true },
    key,
    published,
    [{ watched: uid }, { step: 'RequestRead' }, { decides: uid, busy: true }, { published: 'nothing' }, { left: uid }],
  ],
  [
    'that another process may have called for is read, although the watch has brought it, and from then on',
    { isWatched: true, remembered: (memory) => memory.inherited(0) },
    key,
    published,
    [...readFirst, { published: 'nothing' }, { spent: uid }, { left: uid }],
  ],
  [
    'that came to its end is read until the watch shows that',
    {
      isWatched: true,
      decide: (_, memories) => {
        memories.forget(uid);
        return nothing;
      },
    },
    key,
    published,
    [
      { watched: uid },
      { step: 'RequestRead' },
      { decides: uid, busy: true },
      { published: 'nothing' },
      { spent: uid },
      { left: uid },
    ],
  ],
  [
    'that waits for its turn keeps its place',
    { decide: () => turn },
    key,
    published,
    [...readFirst, { published: 'waiting' }],
  ],
  [
    'that waits for anything else has no place in the queue',
    { decide: () => limited },
    key,
    published,
    [...readFirst, { published: 'waiting' }, { left: uid }],
  ],
  [
    'that left the store while it was read is not called for, since its calls are looked for already',
    { whileRead: (store) => replaceAll(store, new Map()) },
    key,
    { kind: 'done' },
    [{ read: uid }, { left: uid }],
  ],
  [
    'that left the store meanwhile is let go',
    {
      decide: (store) => {
        replaceAll(store, new Map());
        return nothing;
      },
    },
    key,
    published,
    [...readFirst, { published: 'nothing' }, { released: uid }, { left: uid }],
  ],
])('a request %s', async (_, given, of, result, seen) => {
  const { journal, memories, reconcile } = scene(given);
  expect([await reconcile(of), journal.read(), memories.get(uid)?.busy ?? false]).toEqual([result, seen, false]);
});

test('another request that came under the name meanwhile lets the first one go', async () => {
  const on = scene({
    decide: () => {
      on.list({ metadata: { uid: 'other' }, conditions: [approved] });
      return nothing;
    },
  });
  await on.reconcile();
  expect(on.journal.read().slice(-2)).toEqual([{ released: uid }, { left: uid }]);
});

test('one that throws is busy no more', async () => {
  const { journal, memories, reconcile } = scene({ isPublished: false, decide: () => limited });
  await expect(reconcile()).rejects.toThrow('It cannot be published.');
  expect([journal.read().at(-1), memories.get(uid)?.busy]).toEqual([{ left: uid }, false]);
});
