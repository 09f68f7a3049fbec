// One controller's queue and loop, with the settings that all of them share, and how the workers of each are shared out.
import type { Controller, ControllerOptions } from '../../kubernetes/controller.ts';
import type { Standing } from '../../controllers/issuers/controller.ts';
import { parseIssuerKey } from '../../crds/issuer-ref.ts';
import type { Lane, WorkQueue, WorkQueueOptions } from '../../kubernetes/work-queue.ts';
import type { Options } from '../../runtime/options.ts';
import type { Clock } from '../../timing/clock.ts';
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
  own: Partial<Pick<WorkQueueOptions, 'maxDelayMs' | 'flowOf' | 'lanesOf' | 'partyOf'>> = {},
): WorkQueue {
  const delays = { baseDelayMs: options['retry-base-delay'], maxDelayMs: options['retry-max-delay'] };
  return meteredQueue(name, { clock, ...delays, ...own }, { metrics, logger });
}

/** Builds the loop over a queue. */
export function openLoop(
  queue: WorkQueue,
  { options, clock, mayAct, metrics, logger }: LoopParts,
  own: Pick<ControllerOptions, 'name' | 'concurrency' | 'atFirst' | 'reconcile'>,
): Controller {
  const deadlineMs = options['pca-timeout'] + reconcileMarginMs;
  const drainMs = options['shutdown-timeout'];
  return meteredController({ ...own, queue, deadlineMs, drainMs, mayAct, clock }, { metrics, logger });
}

/** How keys take turns, and how many of a kind workers have at a time. */
export type Sharing = Required<Pick<WorkQueueOptions, 'flowOf' | 'lanesOf'>>;

/**
 * Issuers take turns by namespace. Of the workers, those of one namespace have three eighths at most, and so have all whose
 * endpoint did not answer the last time; those of which no answer is known have three quarters, so that what is known to
 * answer (a mended Secret, a hold that ends) never waits behind silent hosts, however many there are.
 */
export function sharingOfIssuers(workers: number, standingOf: (key: string) => Standing): Sharing {
  const few = part(workers, 3 / 8);
  const lanes = {
    unknown: [{ name: 'unproven', most: part(workers, 3 / 4) }],
    silent: [
      { name: 'unproven', most: part(workers, 3 / 4) },
      { name: 'silent', most: few },
    ],
    answers: [],
  } as const satisfies Record<Standing, readonly Lane[]>;
  return {
    // Those behind one that has to wait must have the same to wait for.
    flowOf: (key) => `${standingOf(key)} ${namespaceOf(key) ?? ''}`,
    lanesOf: (key) => [...namespaceLane(key, few), ...lanes[standingOf(key)]],
  };
}

/**
 * Requests take turns by issuer and namespace. Namespaces share the workers, those that are cluster-scoped by their issuer:
 * an admission webhook may hold up every write of one. Those for issuers of one namespace have seven eighths of the workers
 * at most: whatever its endpoint is asked, it may keep a worker waiting.
 */
export function sharingOfRequests(
  workers: number,
  requestOf: (
    key: string,
  ) => { readonly issuer: string | undefined; readonly metadata: { readonly namespace?: string } } | undefined,
): Sharing & Required<Pick<WorkQueueOptions, 'partyOf'>> {
  return {
    flowOf: (key) => `${requestOf(key)?.issuer ?? ''} ${requestOf(key)?.metadata.namespace ?? ''}`,
    partyOf: (key) => requestOf(key)?.metadata.namespace ?? requestOf(key)?.issuer ?? '',
    lanesOf: (key) => namespaceLane(requestOf(key)?.issuer, part(workers, 7 / 8)),
  };
}

/** Revocations take turns by issuer; those for issuers of one namespace leave a worker to the others. */
export function sharingOfRevocations(workers: number): Sharing {
  const issuerOf = (key: string): string => key.split('#')[0] ?? '';
  return { flowOf: issuerOf, lanesOf: (key) => namespaceLane(issuerOf(key), part(workers - 1, 1)) };
}

function namespaceLane(issuer: string | undefined, most: number): readonly Lane[] {
  const namespace = issuer === undefined ? undefined : namespaceOf(issuer);
  return namespace === undefined ? [] : [{ name: `namespace ${namespace}`, most }];
}

function namespaceOf(issuer: string): string | undefined {
  return parseIssuerKey(issuer)?.namespace;
}

function part(workers: number, share: number): number {
  return Math.max(1, Math.floor(workers * share));
}
