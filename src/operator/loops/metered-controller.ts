// A controller with its queue, observed: the figures that controller-runtime gives, under the same names.
import { Controller } from '../../kubernetes/controller.ts';
import type { ControllerOptions, ReconcileRecord } from '../../kubernetes/controller.ts';
import { WorkQueue } from '../../kubernetes/work-queue.ts';
import type { WorkQueueOptions } from '../../kubernetes/work-queue.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Metrics } from '../../runtime/metrics.ts';

/** What is measured, and where defects go. */
export interface Meters {
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Names of the results as controller-runtime's metrics have them. */
const results = { done: 'success', after: 'requeue_after', retry: 'requeue', error: 'error' } as const;

/** Builds the queue of the controller of this name, measured. */
export function meteredQueue(name: string, options: Omit<WorkQueueOptions, 'onTaken'>, { metrics }: Meters): WorkQueue {
  return new WorkQueue({
    ...options,
    onTaken: (waitedMs) => metrics.observe('workqueue_queue_duration_seconds', { name }, waitedMs / 1_000),
  });
}

/** Builds the loop over a queue, measured; defects go to the log. */
export function meteredController(
  options: Omit<ControllerOptions, 'onReconcile' | 'onHung'>,
  { metrics, logger }: Meters,
): Controller {
  const { name, queue } = options;
  const controller = new Controller({
    ...options,
    onReconcile: (record) => {
      observe(metrics, name, record);
      if (record.error !== undefined) logDefect(logger, name, record);
    },
    onHung: (key) => {
      metrics.count('pca_issuer_hung_reconciles_total', { controller: name });
      logger.error({ controller: name, key }, 'A defect of the operator: a reconcile did not end after its deadline.');
    },
  });
  metrics.set('controller_runtime_max_concurrent_reconciles', { controller: name }, options.concurrency);
  metrics.beforeRender(queueReader(metrics, { name, queue, controller }));
  return controller;
}

function observe(metrics: Metrics, controller: string, { result, seconds }: ReconcileRecord): void {
  metrics.count('controller_runtime_reconcile_total', { controller, result: results[result] });
  metrics.observe('controller_runtime_reconcile_time_seconds', { controller }, seconds);
  metrics.observe('workqueue_work_duration_seconds', { name: controller }, seconds);
  if (result === 'error') metrics.count('controller_runtime_reconcile_errors_total', { controller });
}

function logDefect(logger: Logger, controller: string, { key, error }: ReconcileRecord): void {
  const { message, stack } = error instanceof Error ? error : new Error('something that is no Error was thrown');
  logger.error({ controller, key, stack }, `A defect of the operator, tried again with back-off: ${message}`);
}

function queueReader(
  metrics: Metrics,
  { name, queue, controller }: { readonly name: string; readonly queue: WorkQueue; readonly controller: Controller },
): () => void {
  let counted = { adds: 0, retries: 0 };
  return () => {
    const now = queue.readings;
    metrics.set('workqueue_depth', { name }, now.depth);
    metrics.set('workqueue_delayed', { name }, now.delayed);
    metrics.set('workqueue_unfinished_work_seconds', { name }, now.unfinishedMs / 1_000);
    metrics.set('workqueue_longest_running_processor_seconds', { name }, now.longestRunningMs / 1_000);
    metrics.set('controller_runtime_active_workers', { controller: name }, controller.active);
    metrics.count('workqueue_adds_total', { name }, now.adds - counted.adds);
    metrics.count('workqueue_retries_total', { name }, now.retries - counted.retries);
    counted = now;
  };
}
