import { expect, it, vi } from 'vitest';
import { meteredController } from '../../../src/operator/metered-controller.ts';
import type { ReconcileResult } from '../../../src/kubernetes/controller.ts';
import type { Logger } from '../../../src/runtime/logger.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { until } from '../../support/wait.ts';

const lines = async (metrics: ReturnType<typeof createMetrics>, prefix: RegExp): Promise<readonly string[]> =>
  (await metrics.render()).text.split('\n').filter((line) => prefix.test(line) && !line.startsWith('#'));

it('gives the figures of controller-runtime about loop and queue', async () => {
  const metrics = createMetrics();
  const logger = { error: vi.fn<(fields: object, message: string) => void>() };
  let now = 0;
  const stop = new AbortController();
  const results: (() => Promise<ReconcileResult>)[] = [
    async () => {
      now += 2_000;
      return { kind: 'done' };
    },
    async () => ({ kind: 'retry', reason: 'trouble' }),
    async () => {
      throw new Error('oh');
    },
  ];
  const { controller, queue } = meteredController(
    {
      name: 'test',
      concurrency: 1,
      baseDelayMilliseconds: 60_000,
      maxDelayMilliseconds: 60_000,
      deadlineMilliseconds: 60_000,
      drainMilliseconds: 60_000,
      mayAct: () => true,
      now: () => now,
      random: () => 0,
      reconcile: async () => (await results.shift()?.()) ?? { kind: 'done' },
    },
    { metrics, logger: logger as unknown as Logger },
  );
  for (const key of ['a', 'b', 'c']) queue.add(key);
  const ended = controller.run(stop.signal);
  await until('three reconciles', () => Promise.resolve(results.length === 0 && controller.active === 0));
  expect(await lines(metrics, /^(workqueue|controller_runtime)_(?!.*_bucket)/)).toEqual([
    'controller_runtime_reconcile_total{controller="test",result="success"} 1',
    'controller_runtime_reconcile_total{controller="test",result="requeue"} 1',
    'controller_runtime_reconcile_total{controller="test",result="error"} 1',
    'controller_runtime_reconcile_time_seconds_sum{controller="test"} 2',
    'controller_runtime_reconcile_time_seconds_count{controller="test"} 3',
    'controller_runtime_reconcile_errors_total{controller="test"} 1',
    'controller_runtime_active_workers{controller="test"} 0',
    'controller_runtime_max_concurrent_reconciles{controller="test"} 1',
    'workqueue_depth{name="test"} 0',
    'workqueue_delayed{name="test"} 2',
    'workqueue_adds_total{name="test"} 3',
    'workqueue_retries_total{name="test"} 2',
    'workqueue_queue_duration_seconds_sum{name="test"} 4',
    'workqueue_queue_duration_seconds_count{name="test"} 3',
    'workqueue_work_duration_seconds_sum{name="test"} 2',
    'workqueue_work_duration_seconds_count{name="test"} 3',
    'workqueue_unfinished_work_seconds{name="test"} 0',
    'workqueue_longest_running_processor_seconds{name="test"} 0',
  ]);
  expect(logger.error.mock.calls.map(([, message]) => message)).toEqual([
    'A defect of the operator, tried again with back-off: oh',
  ]);
  stop.abort();
  await ended;
});

it('names a reconcile that does not end', async () => {
  const metrics = createMetrics();
  const logger = { error: vi.fn<(fields: object, message: string) => void>() };
  const stop = new AbortController();
  const { controller, queue } = meteredController(
    {
      name: 'test',
      concurrency: 1,
      baseDelayMilliseconds: 1,
      maxDelayMilliseconds: 1,
      deadlineMilliseconds: 1,
      graceMilliseconds: 1,
      drainMilliseconds: 1,
      mayAct: () => true,
      now: () => performance.now(),
      random: () => 0,
      reconcile: () => new Promise(() => undefined),
    },
    { metrics, logger: logger as unknown as Logger },
  );
  queue.add('stuck');
  const ended = controller.run(stop.signal);
  await until('the report', () => Promise.resolve(logger.error.mock.calls.length === 1));
  expect(logger.error.mock.calls).toEqual([
    [{ controller: 'test', key: 'stuck' }, 'A defect of the operator: a reconcile did not end after its deadline.'],
  ]);
  expect(await lines(metrics, /^pca_issuer_hung/)).toEqual(['pca_issuer_hung_reconciles_total{controller="test"} 1']);
  stop.abort();
  await ended;
});
