// The settings that every queue and loop shares: pauses, deadlines, the fence, and the wait at the end.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ControllerOptions, ReconcileResult } from '../../../src/kubernetes/controller.ts';
import { openLoop, openQueue } from '../../../src/operator/loops.ts';
import type { LoopParts } from '../../../src/operator/loops.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog, metricLines, optionsFor, turn } from './log.ts';

const flags = ['--retry-base-delay=2s', '--retry-max-delay=10s', '--pca-timeout=5s', '--shutdown-timeout=7s'];
let clock: FakeClock;
let mayAct: boolean;
let parts: LoopParts;

beforeEach(() => {
  clock = new FakeClock(() => 1);
  mayAct = true;
  parts = {
    options: optionsFor(...flags),
    clock,
    mayAct: () => mayAct,
    metrics: createMetrics(),
    logger: keptLog().logger,
  };
});

describe('a queue', () => {
  it('pauses as the options say', () => {
    const queue = openQueue('test', parts);
    expect(Array.from({ length: 4 }, () => queue.addRateLimited('a'))).toEqual([2_000, 4_000, 8_000, 10_000]);
  });

  it('may have a longest pause of its own', () => {
    const queue = openQueue('test', parts, { maxDelayMs: 3_000 });
    expect(Array.from({ length: 3 }, () => queue.addRateLimited('a'))).toEqual([2_000, 3_000, 3_000]);
  });

  it('may have flows that take turns', async () => {
    const queue = openQueue('test', parts, { flowOf: (key) => key.slice(0, 1) });
    for (const key of ['a1', 'a2', 'b1']) queue.add(key);
    const { signal } = new AbortController();
    expect([await queue.next(signal), await queue.next(signal), await queue.next(signal)]).toEqual(['a1', 'b1', 'a2']);
  });

  it('is measured under its name', async () => {
    const queue = openQueue('test', parts);
    queue.add('a');
    clock.advance(3_000);
    await queue.next(new AbortController().signal);
    expect(await metricLines(parts.metrics, /^workqueue_queue_duration_seconds_sum/)).toEqual([
      'workqueue_queue_duration_seconds_sum{name="test"} 3',
    ]);
  });
});

describe('a loop', () => {
  /** A loop with one key, after its reconcile has begun. */
  async function started(reconcile: ControllerOptions['reconcile']) {
    const queue = openQueue('test', parts);
    const loop = openLoop(queue, parts, { name: 'test', concurrency: 1, reconcile });
    const stop = new AbortController();
    queue.add('a');
    const ended = loop.run(stop.signal);
    await turn();
    return { queue, loop, stop, ended };
  }

  it('gives a reconcile the time of a call to PCA and a minute', async () => {
    const signals: AbortSignal[] = [];
    const hanging = Promise.withResolvers<ReconcileResult>();
    const { stop, ended } = await started((_key, signal) => {
      signals.push(signal);
      return hanging.promise;
    });
    clock.advance(64_999);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    clock.advance(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    hanging.resolve({ kind: 'done' });
    stop.abort();
    await ended;
  });

  it('waits for the calls in flight at its end as long as the options say', async () => {
    const signals: AbortSignal[] = [];
    const hanging = Promise.withResolvers<ReconcileResult>();
    const { stop, ended } = await started((_key, signal) => {
      signals.push(signal);
      signal.addEventListener('abort', () => hanging.resolve({ kind: 'done' }));
      return hanging.promise;
    });
    stop.abort();
    await turn();
    clock.advance(6_999);
    await turn();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    clock.advance(1);
    await ended;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('does nothing while another replica may act, and loses no key', async () => {
    mayAct = false;
    const keys: string[] = [];
    const { stop, ended } = await started(async (key) => {
      keys.push(key);
      return { kind: 'done' };
    });
    expect(keys).toEqual([]);
    mayAct = true;
    clock.advance(1_000);
    await turn();
    expect(keys).toEqual(['a']);
    stop.abort();
    await ended;
  });
});
