// One controller's queue and loop, with the settings that all of them share.
import type { Controller, ControllerOptions } from '../kubernetes/controller.ts';
import type { WorkQueue, WorkQueueOptions } from '../kubernetes/work-queue.ts';
import type { Options } from '../runtime/options.ts';
import type { Clock } from '../timing/clock.ts';
import { meteredController, meteredQueue } from './metered-controller.ts';
import type { Meters } from './metered-controller.ts';

/** What every queue and loop works with. */
export interface LoopParts extends Meters {
  readonly options: Options;
  readonly clock: Clock;
  /** The fence: false as soon as another replica may hold the Lease. */
  readonly mayAct: () => boolean;
}

/** Time that a reconcile may take beyond its one call to PCA: reads and writes at the API server. */
const reconcileMarginMs = 60_000;

/** Builds the queue of the controller of this name. */
export function openQueue(
  name: string,
  { options, clock, metrics, logger }: LoopParts,
  own: Partial<Pick<WorkQueueOptions, 'maxDelayMs' | 'flowOf' | 'partyOf'>> = {},
): WorkQueue {
  const delays = { baseDelayMs: options['retry-base-delay'], maxDelayMs: options['retry-max-delay'] };
  return meteredQueue(name, { clock, ...delays, ...own }, { metrics, logger });
}

/** Builds the loop over a queue. */
export function openLoop(
  queue: WorkQueue,
  { options, clock, mayAct, metrics, logger }: LoopParts,
  own: Pick<ControllerOptions, 'name' | 'concurrency' | 'reconcile'>,
): Controller {
  const deadlineMs = options['pca-timeout'] + reconcileMarginMs;
  const drainMs = options['shutdown-timeout'];
  return meteredController({ ...own, queue, deadlineMs, drainMs, mayAct, clock }, { metrics, logger });
}
