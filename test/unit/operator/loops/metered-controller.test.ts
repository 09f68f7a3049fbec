// A loop and its queue, observed: the figures of controller-runtime, and what a defect leaves in the log.
import { beforeEach, expect, it } from 'vitest';
import type { Controller, ControllerOptions, ReconcileResult } from '../../../../src/kubernetes/controller.ts';
import type { WorkQueue } from '../../../../src/kubernetes/work-queue.ts';
import { meteredController, meteredQueue } from '../../../../src/operator/loops/metered-controller.ts';
import { createMetrics } from '../../../../src/runtime/metrics.ts';
import type { Metrics } from '../../../../src/runtime/metrics.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { keptLog, metricLines, turn } from '../log.ts';

let clock: FakeClock;
let metrics: Metrics;
let log: ReturnType<typeof keptLog>;
let queue: WorkQueue;
let stop: AbortController;

beforeEach(() => {
  clock = new FakeClock();
  metrics = createMetrics();
  log = keptLog();
  queue = meteredQueue('test', { baseDelayMs: 60_000, maxDelayMs: 60_000, clock }, { metrics, logger: log.logger });
  stop = new AbortController();
});

function loop(reconcile: ControllerOptions['reconcile']): Controller {
  const times = { deadlineMs: 1_000, graceMs: 500, drainMs: 1_000 };
  const settings = { name: 'test', queue, concurrency: 1, mayAct: () => true, clock, ...times, reconcile };
  return meteredController(settings, { metrics, logger: log.logger });
}

it('gives the figures of controller-runtime about loop and queue', async () => {
  const results: (() => Promise<ReconcileResult>)[] = [
    async () => {
      clock.skip(2_000);
      return { kind: 'done' };
    },
    async () => ({ kind: 'retry', reason: 'trouble' }),
    async () => {
      throw new Error('oh');
    },
    async () => ({ kind: 'after', ms: 1_000 }),
  ];
  const controller = loop(async () => (await results.shift()?.()) ?? { kind: 'done' });
  for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
  const ended = controller.run(stop.signal);
  await turn();
  const expected = [
    'controller_runtime_reconcile_total{controller="test",result="success"} 1',
    'controller_runtime_reconcile_total{controller="test",result="requeue"} 1',
    'controller_runtime_reconcile_total{controller="test",result="error"} 1',
    'controller_runtime_reconcile_total{controller="test",result="requeue_after"} 1',
    'controller_runtime_reconcile_time_seconds_sum{controller="test"} 2',
    'controller_runtime_reconcile_time_seconds_count{controller="test"} 4',
    'controller_runtime_reconcile_errors_total{controller="test"} 1',
    'controller_runtime_active_workers{controller="test"} 0',
    'controller_runtime_max_concurrent_reconciles{controller="test"} 1',
    'workqueue_depth{name="test"} 0',
    'workqueue_delayed{name="test"} 3',
    'workqueue_adds_total{name="test"} 4',
    'workqueue_retries_total{name="test"} 2',
    'workqueue_queue_duration_seconds_sum{name="test"} 6',
    'workqueue_queue_duration_seconds_count{name="test"} 4',
    'workqueue_work_duration_seconds_sum{name="test"} 2',
    'workqueue_work_duration_seconds_count{name="test"} 4',
    'workqueue_unfinished_work_seconds{name="test"} 0',
    'workqueue_longest_running_processor_seconds{name="test"} 0',
  ];
  const figures = /^(workqueue|controller_runtime)_(?!.*_bucket)/;
  expect(await metricLines(metrics, figures)).toEqual(expected);
  // What is counted elsewhere is not counted again by the next reading.
  expect(await metricLines(metrics, figures)).toEqual(expected);
  expect(log.lines.map(([level, , message]) => `${level}: ${message}`)).toEqual([
    'error: A defect of the operator, tried again with back-off: oh',
  ]);
  stop.abort();
  await ended;
});

it('names a defect that is no Error with its place', async () => {
  const controller = loop(async () => {
    // oxlint-disable-next-line typescript/only-throw-error -- what a library may do
    throw 'oh';
  });
  queue.add('a');
  const ended = controller.run(stop.signal);
  await turn();
  expect(log.lines).toEqual([
    [
      'error',
      { controller: 'test', key: 'a', stack: expect.stringContaining('metered-controller') },
      'A defect of the operator, tried again with back-off: something that is no Error was thrown',
    ],
  ]);
  stop.abort();
  await ended;
});

it('tells how long the reconciles that run have taken so far', async () => {
  const hanging = Promise.withResolvers<ReconcileResult>();
  const controller = loop(() => hanging.promise);
  queue.add('a');
  const ended = controller.run(stop.signal);
  await turn();
  clock.advance(900);
  expect(await metricLines(metrics, /^(workqueue_(unfinished|longest)|controller_runtime_active)/)).toEqual([
    'controller_runtime_active_workers{controller="test"} 1',
    'workqueue_unfinished_work_seconds{name="test"} 0.9',
    'workqueue_longest_running_processor_seconds{name="test"} 0.9',
  ]);
  hanging.resolve({ kind: 'done' });
  stop.abort();
  await ended;
});

it('names a reconcile that does not end', async () => {
  const hanging = Promise.withResolvers<ReconcileResult>();
  const controller = loop(() => hanging.promise);
  queue.add('stuck');
  const ended = controller.run(stop.signal);
  await turn();
  clock.advance(1_499);
  await turn();
  expect(log.lines).toEqual([]);
  clock.advance(1);
  await turn();
  expect(log.lines).toEqual([
    [
      'error',
      { controller: 'test', key: 'stuck' },
      'A defect of the operator: a reconcile did not end after its deadline.',
    ],
  ]);
  expect(await metricLines(metrics, /^pca_issuer_hung/)).toEqual([
    'pca_issuer_hung_reconciles_total{controller="test"} 1',
  ]);
  hanging.resolve({ kind: 'done' });
  stop.abort();
  await ended;
});
