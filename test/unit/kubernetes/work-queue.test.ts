// The queue's promises: a key waits once, is with one worker, is never lost, and comes back when it is due.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { backoff } from '../../../src/kubernetes/backoff.ts';
import { DelayHeap } from '../../../src/kubernetes/delay-heap.ts';
import { WorkQueue } from '../../../src/kubernetes/work-queue.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let queue: WorkQueue;
const never = new AbortController().signal;

beforeEach(() => {
  clock = new FakeClock();
  queue = newQueue(clock);
});

function newQueue(from: FakeClock): WorkQueue {
  return new WorkQueue({
    baseDelayMilliseconds: 1_000,
    maxDelayMilliseconds: 300_000,
    now: from.now,
    random: () => 1,
    setTimer: from.setTimer,
  });
}

/** What workers would be given now, without giving anything back. */
async function available(from: WorkQueue = queue): Promise<string[]> {
  const keys: string[] = [];
  while (from.depth > 0) keys.push((await from.next(never)) ?? '');
  return keys;
}

describe('WorkQueue', () => {
  it('hands out each key once however often it was added, in order', async () => {
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(await available()).toEqual(['a', 'b', 'c']);
  });

  it('gives a key that was added during work to a worker only afterwards', async () => {
    queue.add('a');
    await queue.next(never);
    queue.add('a');
    queue.add('a');
    expect(await available()).toEqual([]);
    queue.done('a');
    expect(await available()).toEqual(['a']);
    queue.done('a');
    expect(await available()).toEqual([]);
  });

  it('wakes a waiting worker', async () => {
    const waiting = queue.next(never);
    queue.add('a');
    expect(await waiting).toBe('a');
  });

  it('ends waiting when the worker is told to stop, and loses nothing by that', async () => {
    const stop = new AbortController();
    const waiting = queue.next(stop.signal);
    stop.abort();
    expect(await waiting).toBeUndefined();
    queue.add('a');
    expect(await available()).toEqual(['a']);
  });

  it('hands a delayed key out when it is due, the earliest time counting', async () => {
    queue.addAfter('a', 5_000);
    queue.addAfter('a', 2_000);
    queue.addAfter('a', 9_000);
    clock.advance(1_999);
    expect(await available()).toEqual([]);
    clock.advance(1);
    expect(await available()).toEqual(['a']);
    queue.done('a');
    clock.advance(10_000);
    expect(await available()).toEqual([]);
  });

  it('does not come back later when news made it come now', async () => {
    queue.addAfter('a', 5_000);
    queue.add('a');
    expect(await available()).toEqual(['a']);
    queue.done('a');
    clock.advance(5_000);
    expect(await available()).toEqual([]);
  });

  it('lets news go before what is tried again', async () => {
    queue.addAfter('again', 1);
    clock.advance(1);
    queue.add('fresh');
    expect(await available()).toEqual(['fresh', 'again']);
  });

  it('backs off twice as long each time, up to the maximum, until it is told to forget', () => {
    expect(Array.from({ length: 11 }, () => queue.addRateLimited('a'))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
    ]);
    queue.forget('a');
    expect(queue.addRateLimited('a')).toBe(1_000);
  });

  it('waits as long as a server asked, a little scattered, when that is more than the back-off', () => {
    expect([queue.addRateLimited('a', 30_000), queue.addRateLimited('a', 10)]).toEqual([33_000, 2_000]);
  });

  it('keeps a retry that came due during work behind news', async () => {
    queue.add('a');
    await queue.next(never);
    queue.addAfter('a', 1);
    clock.advance(1);
    queue.done('a');
    queue.add('fresh');
    expect(await available()).toEqual(['fresh', 'a']);
  });

  it('tells what waits, for how long, and what was done', async () => {
    queue.add('a');
    clock.advance(200);
    await queue.next(never);
    queue.add('b');
    queue.addRateLimited('c');
    clock.advance(300);
    expect(queue.readings).toEqual({
      depth: 1,
      delayed: 1,
      processing: 1,
      oldestWaitMilliseconds: 300,
      longestRunningMilliseconds: 300,
      adds: 2,
      retries: 1,
    });
  });

  it('hands out a hundred thousand keys in order and in no time', async () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => `key-${index}`);
    const startedAt = performance.now();
    for (const key of keys) queue.add(key);
    expect(await available()).toEqual(keys);
    // A Set or Map as a line needs over a second for this, and four times that for twice as many.
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('hands out nothing once shut down', async () => {
    queue.add('a');
    const waiting = newQueue(clock);
    const next = waiting.next(never);
    waiting.shutDown();
    queue.shutDown();
    expect([await queue.next(never), await next]).toEqual([undefined, undefined]);
  });

  it('loses no key and gives none to two workers, whatever is done with it', async () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key }),
      fc.record({ do: fc.constant('after' as const), key, milliseconds: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ do: fc.constant('take' as const) }),
      fc.record({ do: fc.constant('done' as const), key }),
      fc.record({ do: fc.constant('advance' as const), milliseconds: fc.integer({ min: 0, max: 60 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const time = new FakeClock();
        const subject = newQueue(time);
        const owed = new Set<string>();
        const working = new Set<string>();
        const delayed = new Set<string>();
        for (const each of steps) {
          if (each.do === 'add' || each.do === 'after') {
            owed.add(each.key);
            if (each.do === 'add') subject.add(each.key);
            else subject.addAfter(each.key, each.milliseconds);
            if (each.do === 'after') delayed.add(each.key);
          } else if (each.do === 'take' && subject.depth > 0) {
            const taken = (await subject.next(never)) ?? '';
            expect(working.has(taken)).toBe(false);
            expect(owed.has(taken) || delayed.has(taken)).toBe(true);
            working.add(taken);
            owed.delete(taken);
          } else if (each.do === 'done' && working.delete(each.key)) {
            subject.done(each.key);
          } else if (each.do === 'advance') {
            time.advance(each.milliseconds);
          }
        }
        // Whatever is owed comes in the end; what was delayed while it waited may come once more.
        for (const held of working) subject.done(held);
        time.advance(100);
        const rest = new Set(await available(subject));
        expect(owed.difference(rest)).toEqual(new Set());
        expect(rest.difference(owed).difference(delayed)).toEqual(new Set());
      }),
      { numRuns: 500 },
    );
  });
});

describe('DelayHeap', () => {
  it('gives keys by their earliest time, whatever the order of adding and removing', () => {
    const entry = fc.record({
      key: fc.constantFrom(...'abcdefgh'),
      due: fc.integer({ min: 0, max: 20 }),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const heap = new DelayHeap();
        const model = new Map<string, number>();
        for (const { key, due, remove } of entries) {
          if (remove) {
            heap.remove(key);
            model.delete(key);
          } else {
            heap.add(key, due);
            model.set(key, Math.min(due, model.get(key) ?? Number.POSITIVE_INFINITY));
          }
          expect([heap.size, heap.earliest]).toEqual([
            model.size,
            model.size === 0 ? undefined : Math.min(...model.values()),
          ]);
        }
        const early = heap.takeDue(10);
        expect(early.map((key) => model.get(key))).toEqual(
          [...model.values()].filter((due) => due <= 10).sort((a, b) => a - b),
        );
        expect(heap.size).toBe(model.size - early.length);
      }),
    );
  });
});

describe('backoff', () => {
  it('lies between half and the whole of the doubled base, and never above the maximum', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
        const pause = backoff(attempt, { baseMilliseconds: 100, maxMilliseconds: 10_000, random: () => random });
        const full = Math.min(10_000, 100 * 2 ** attempt);
        expect(pause).toBeGreaterThanOrEqual(full / 2);
        expect(pause).toBeLessThanOrEqual(full);
      }),
    );
  });
});
