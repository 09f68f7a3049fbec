// The generic loop: results become queue operations, defects are tried again, the end waits for what is in flight.
import { expect, it } from 'vitest';
import { Controller } from '../../../src/kubernetes/controller.ts';
import type { ControllerOptions, ReconcileRecord, ReconcileResult } from '../../../src/kubernetes/controller.ts';
import { WorkQueue } from '../../../src/kubernetes/work-queue.ts';
import { systemClock } from '../../../src/timing/clock.ts';
import { until } from '../../support/wait.ts';

function stage(
  reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult>,
  changes: {
    concurrency?: number;
    atFirst?: NonNullable<ControllerOptions['atFirst']>;
    deadlineMs?: number;
    drainMs?: number;
    graceMs?: number;
    onHung?: (key: string) => void;
    mayAct?: () => boolean;
  } = {},
): { queue: WorkQueue; controller: Controller; records: ReconcileRecord[]; stop: AbortController; run: Promise<void> } {
  const queue = new WorkQueue({
    baseDelayMs: 5,
    maxDelayMs: 20,
    clock: systemClock,
  });
  const records: ReconcileRecord[] = [];
  const controller = new Controller({
    name: 'test',
    queue,
    concurrency: 2,
    deadlineMs: 60_000,
    drainMs: 60_000,
    mayAct: () => true,
    clock: systemClock,
    onReconcile: (record) => records.push(record),
    reconcile,
    ...changes,
  });
  const stop = new AbortController();
  return { queue, controller, records, stop, run: controller.run(stop.signal) };
}

it('maps results to the queue: done, again after a time, again with back-off, and a defect again as well', async () => {
  const seen = new Map<string, number>();
  const { queue, records, stop, run } = stage(async (key) => {
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    if (times > 1) return { kind: 'done' };
    if (key === 'after') return { kind: 'after', ms: 1 };
    if (key === 'retry') return { kind: 'retry', reason: 'not yet' };
    if (key === 'defect') throw new TypeError('a bug');
    return { kind: 'done' };
  });
  for (const key of ['done', 'after', 'retry', 'defect']) queue.add(key);
  await until('seven reconciles', () => records.length === 7);
  stop.abort();
  await run;
  expect(Object.fromEntries(seen)).toEqual({ done: 1, after: 2, retry: 2, defect: 2 });
  expect(records.filter(({ result }) => result === 'error').map(({ key, error }) => [key, String(error)])).toEqual([
    ['defect', 'TypeError: a bug'],
  ]);
});

it('works with few workers until it is told that all may', async () => {
  const all = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const begun: string[] = [];
  const { queue, run, stop } = stage(
    async (key) => {
      begun.push(key);
      await release.promise;
      return { kind: 'done' };
    },
    { concurrency: 3, atFirst: { concurrency: 1, until: async () => all.promise } },
  );
  for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
  await until('the first is worked on', () => begun.length === 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual(['a']);
  all.resolve();
  await until('all workers have a key', () => begun.length === 3);
  expect(begun).toEqual(['a', 'b', 'c']);
  release.resolve();
  stop.abort();
  await run;
});

it('runs no more than its concurrency at once, and never two on one key', async () => {
  const running = new Set<string>();
  let most = 0;
  const { queue, records, stop, run } = stage(
    async (key) => {
      expect(running.has(key)).toBe(false);
      running.add(key);
      most = Math.max(most, running.size);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(key);
      return { kind: 'done' };
    },
    { concurrency: 3 },
  );
  for (let round = 0; round < 20; round += 1) for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
  await until('the queue to be empty', () => queue.depth === 0 && running.size === 0);
  stop.abort();
  await run;
  expect(most).toBe(3);
  expect(records.every(({ result }) => result === 'done')).toBe(true);
});

it('waits at the end for what is in flight, then tells it to end', async () => {
  let ended = false;
  const { queue, controller, stop, run } = stage(
    (_key, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          ended = true;
          resolve({ kind: 'retry', reason: 'stopped' });
        });
      }),
    { drainMs: 30 },
  );
  queue.add('a');
  await until('the reconcile to run', () => controller.active === 1);
  stop.abort();
  await run;
  expect([ended, controller.active]).toEqual([true, 0]);
});

it('aborts a reconcile at its deadline', async () => {
  const { queue, records, stop, run } = stage(
    (_key, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ kind: 'done' }));
      }),
    { deadlineMs: 20 },
  );
  queue.add('a');
  await until('the reconcile to end', () => records.length === 1);
  stop.abort();
  await run;
});

it('starts nothing while the fence is down, and does not lose the key', async () => {
  let may = false;
  const { queue, records, stop, run } = stage(async () => ({ kind: 'done' }), { mayAct: () => may });
  queue.add('a');
  await until('the key to be put back', () => queue.depth === 0 && queue.delayed === 1);
  expect(records).toEqual([]);
  may = true;
  await until('the key to be worked on', () => records.length === 1);
  stop.abort();
  await run;
});

it('gives the worker of a reconcile that never ends to other keys, but the key to nobody', async () => {
  const hung: string[] = [];
  const calls: string[] = [];
  const { queue, records, controller, stop, run } = stage(
    (key) => {
      calls.push(key);
      return key === 'hangs' ? new Promise(() => {}) : Promise.resolve({ kind: 'done' });
    },
    {
      concurrency: 1,
      deadlineMs: 10,
      graceMs: 10,
      drainMs: 10,
      onHung: (key) => hung.push(key),
    },
  );
  queue.add('hangs');
  await until('it to be running', () => controller.active === 1);
  queue.add('hangs');
  queue.add('other');
  await until('the other key to be done', () => records.length === 1);
  expect([calls, hung, controller.active, queue.depth]).toEqual([['hangs', 'other'], ['hangs'], 1, 0]);
  stop.abort();
  await run;
});

it('starts nothing after the end, also not a key that was handed out in the same moment', async () => {
  const { queue, records, stop, run } = stage(async () => ({ kind: 'done' }));
  await new Promise((resolve) => setImmediate(resolve));
  queue.add('a');
  stop.abort();
  await run;
  expect([records, queue.readings.processing]).toEqual([[], 0]);
});
