// Whose turn it is to call. A caller that may not call yet gives its worker back and waits in the queue of the limit that it
// counts against; when its turn comes it is woken and finds its call set aside. The flows (an issuer in a namespace) take
// turns, so that many requests of one do not delay another's by more than one round, and priorities go before one another.
import type { Clock } from '../../timing/clock.ts';
import type { PcaOutcome } from '../call.ts';
import type { CallEnd } from './circuit-breaker.ts';
import { EndpointPlaces } from './endpoint-places.ts';
import type { Endpoint, EndpointPlacesOptions } from './endpoint-places.ts';
import { LimitQueues } from './limit-queue.ts';
import type { CallPriority, CallTarget, LimitQueue, WaitingCaller } from './limit-queue.ts';
import type { LimitKey, RateLimits } from './rate-limit.ts';

export { callPriorities } from './limit-queue.ts';
export type { CallPriority, CallTarget } from './limit-queue.ts';

/** Who wants to call. Equal UIDs are one caller, which waits in one place at a time. */
export interface Caller {
  readonly uid: string;
  /** Flows take turns. */
  readonly flow: string;
  /** The namespace whose issuer names the endpoint; undefined for an issuer of the cluster. */
  readonly owner?: string | undefined;
  /** Asked only where the caller has to wait. */
  readonly priority: () => Promise<CallPriority>;
  /** Called once when its turn has come: it enters again and is admitted, or leaves. */
  readonly wake: () => void;
}

/** Whether the call may go out now; a queued caller is woken later unless it leaves. */
export type Admission =
  { readonly kind: 'admitted'; readonly permit: Permit } | { readonly kind: 'queued'; readonly endpointHeld: boolean };

/** As much of an outcome as a permit is told. */
export type CallOutcome = { readonly kind: 'ok' } | Extract<PcaOutcome, { readonly kind: 'failed' }>;

/** One call that may go out, once. Disposed of without `ended`: it was not made, and another may go out instead. */
export interface Permit extends Disposable {
  /** The call was made; its outcome teaches the rate limit and the circuit breaker. Only the first time counts. */
  ended(outcome: CallOutcome): void;
  /** Whether this call had no answer and calls to its endpoint are held for that. */
  readonly endpointHeld: boolean;
}

/** What a queue works with. */
export interface CallQueueOptions extends Pick<EndpointPlacesOptions, 'mostInFlight' | 'mostUnproven'> {
  readonly limits: Pick<RateLimits, 'reserve' | 'refund' | 'throttled' | 'ratePerSecond'>;
  readonly clock: Pick<Clock, 'monotonic' | 'random' | 'startTimer'>;
}

/** One limit, for metrics: its rate, who waits, and whether its endpoint is held. */
export interface LimitReading {
  readonly limit: LimitKey;
  readonly ratePerSecond: number;
  readonly waiting: number;
  readonly held: boolean;
}

/** A caller that is being asked for its priority, perhaps by several at once. */
interface Entering {
  readonly queue: LimitQueue;
  asking: number;
}

/** The queues of all limits. */
export class CallQueue {
  readonly #options: CallQueueOptions;
  readonly #endpoints: EndpointPlaces;
  readonly #queues: LimitQueues;
  /** Queues that wait for a place, not for their rate or a pause, in the order in which they were last served. */
  readonly #blocked = new Set<LimitQueue>();
  // Where a caller has its place, by UID: in one queue at most.
  readonly #entering = new Map<string, Entering>();
  readonly #waiting = new Map<string, LimitQueue>();
  /** Calls that are set aside for woken callers. */
  readonly #woken = new Map<string, LimitQueue>();

  constructor(options: CallQueueOptions) {
    this.#options = options;
    this.#endpoints = new EndpointPlaces(options);
    this.#queues = new LimitQueues(this.#endpoints, options.clock);
  }

  /**
   * Admits a call, or queues its caller. A caller that enters again while it waits keeps its place; entering elsewhere gives
   * it up. One that leaves while it is asked for its priority is told that it is queued, and is not woken. Rejects only where
   * `priority` does, and then the caller has no place.
   */
  async enter(target: CallTarget, caller: Caller): Promise<Admission> {
    const queue = this.#queues.of(target);
    const { uid, flow, owner, wake } = caller;
    queue.endpoint.namedBy(owner);
    if (!this.#isIn(queue, uid)) this.leave(uid);
    const admission = this.#admission(queue, uid);
    if (admission !== undefined) return admission;
    const entering = this.#entering.get(uid) ?? { queue, asking: 0 };
    this.#entering.set(uid, entering);
    entering.asking += 1;
    queue.asking += 1;
    try {
      const priority = await caller.priority();
      if (this.#entering.get(uid) !== entering) return queued(queue);
      // Meanwhile the queue may have become free, or the same caller may have come in another way.
      return this.#admission(queue, uid) ?? this.#join(queue, { uid, flow, wake, priority });
    } finally {
      entering.asking -= 1;
      queue.asking -= 1;
      if (entering.asking === 0 && this.#entering.get(uid) === entering) this.#entering.delete(uid);
    }
  }

  /** The caller does not want to call any more: it leaves its queue, and a call set aside for it goes to another. */
  leave(uid: string): void {
    this.#entering.delete(uid);
    const waiting = this.#waiting.get(uid);
    if (waiting !== undefined) this.#forget(waiting, uid);
    const woken = this.#woken.get(uid);
    if (woken === undefined) return;
    this.#woken.delete(uid);
    this.#ended(woken, undefined);
  }

  /** Stops all timers. */
  close(): void {
    for (const queue of this.#queues.all) queue.stopTimer?.();
  }

  /** The endpoint (as targets name it) answered a call that took no place here, such as the check of an issuer. */
  heard(endpoint: string): void {
    this.#endpoints.heard(endpoint);
  }

  /** Every limit that was used in the last day, within the bound of what is kept. */
  get readings(): readonly LimitReading[] {
    return this.#queues.all.map(({ target: { limit }, size, endpoint }) => ({
      limit,
      ratePerSecond: this.#options.limits.ratePerSecond(limit),
      waiting: size,
      held: endpoint.isHeld,
    }));
  }

  #isIn(queue: LimitQueue, uid: string): boolean {
    return this.#woken.get(uid) === queue || queue.has(uid) || this.#entering.get(uid)?.queue === queue;
  }

  /** What is known without a priority: a call set aside, a place that is kept, or a free queue. */
  #admission(queue: LimitQueue, uid: string): Admission | undefined {
    if (this.#woken.get(uid) === queue) {
      this.#woken.delete(uid);
      return { kind: 'admitted', permit: this.#permit(queue) };
    }
    if (queue.has(uid)) {
      this.#serve(queue);
      return queued(queue);
    }
    const { limits } = this.#options;
    if (queue.size > 0 || queue.endpoint.waitMs !== 0) return undefined;
    if (limits.reserve(queue.target.limit).kind === 'wait') return undefined;
    this.#begin(queue);
    return { kind: 'admitted', permit: this.#permit(queue) };
  }

  #join(queue: LimitQueue, caller: WaitingCaller): Admission {
    queue.join(caller, this.#options.clock.monotonic());
    this.#waiting.set(caller.uid, queue);
    this.#serve(queue);
    return queued(queue);
  }

  #begin(queue: LimitQueue): void {
    queue.inFlight += 1;
    queue.endpoint.begin();
  }

  // By closure rather than by UID: a caller may be admitted again while an earlier call of it is still in flight.
  #permit(queue: LimitQueue): Permit {
    let isOut = true;
    let isUnanswered = false;
    const end = (told: CallOutcome | undefined): void => {
      if (!isOut) return;
      isOut = false;
      // Without credentials from STS no call reaches PCA, which has answered or not to other calls alone.
      const outcome = told?.kind === 'failed' && told.failure.service === 'STS' ? undefined : told;
      isUnanswered = outcome !== undefined && endOf(outcome) === 'unanswered';
      this.#ended(queue, outcome);
    };
    return {
      ended: end,
      [Symbol.dispose]: () => end(undefined),
      get endpointHeld() {
        return isUnanswered && queue.endpoint.isHeld;
      },
    };
  }

  /** A call ended; undefined: it was not made after all, and another may go out instead. */
  #ended(queue: LimitQueue, outcome: CallOutcome | undefined): void {
    const { limits } = this.#options;
    const { limit } = queue.target;
    if (outcome === undefined) limits.refund(limit);
    else if (outcome.kind === 'failed' && outcome.failure.class === 'Throttled') limits.throttled(limit);
    const { endpoint } = queue;
    const hadShare = !endpoint.isProven;
    queue.inFlight -= 1;
    endpoint.end(outcome === undefined ? undefined : endOf(outcome));
    this.#serveBlocked(endpoint, hadShare);
    this.#serve(queue);
  }

  /** A place is free at this endpoint, and perhaps in the share of those that have not answered lately: it goes round. */
  #serveBlocked(endpoint: Endpoint, hadShare: boolean): void {
    let mayShare = hadShare && this.#endpoints.hasShare;
    // One that was served comes again behind the others, until none can be.
    for (const queue of this.#blocked) {
      if (queue.endpoint !== endpoint && !mayShare) continue;
      if (this.#serveOne(queue)) mayShare = hadShare && this.#endpoints.hasShare;
    }
  }

  /** Sets calls aside for those whose turn it is, as many as there are, and comes back for the rest. */
  #serve(queue: LimitQueue): void {
    while (this.#serveOne(queue));
  }

  /** Whether a call was set aside. */
  #serveOne(queue: LimitQueue): boolean {
    const { limits } = this.#options;
    queue.stopTimer?.();
    queue.stopTimer = undefined;
    const { waitMs } = queue.endpoint;
    if (queue.size > 0 && waitMs === undefined) {
      // When a call in flight has ended, this is called again.
      this.#blocked.add(queue);
      return false;
    }
    this.#blocked.delete(queue);
    if (queue.size === 0) return false;
    if (waitMs !== undefined && waitMs > 0) return this.#comeBack(queue, waitMs);
    const reserved = limits.reserve(queue.target.limit);
    if (reserved.kind === 'wait') return this.#comeBack(queue, reserved.ms);
    const caller = queue.next();
    if (caller === undefined) {
      limits.refund(queue.target.limit);
      return false;
    }
    this.#begin(queue);
    this.#waiting.delete(caller.uid);
    this.#blocked.add(queue);
    this.#woken.set(caller.uid, queue);
    caller.wake();
    return true;
  }

  #comeBack(queue: LimitQueue, ms: number): false {
    queue.stopTimer = this.#options.clock.startTimer(() => this.#serve(queue), ms);
    return false;
  }

  #forget(queue: LimitQueue, uid: string): void {
    this.#waiting.delete(uid);
    queue.leave(uid);
    if (queue.size === 0) this.#blocked.delete(queue);
  }
}

function queued({ endpoint }: LimitQueue): Admission {
  return { kind: 'queued', endpointHeld: endpoint.isHeld };
}

// Whatever answers with a status is there; 503 alone says that it is overloaded.
function endOf(outcome: CallOutcome): CallEnd {
  if (outcome.kind === 'ok') return 'answered';
  const { class: name, httpStatus } = outcome.failure;
  const isSilent = name !== 'Cancelled' && name !== 'Throttled' && (httpStatus === undefined || httpStatus === 503);
  return isSilent ? 'unanswered' : 'answered';
}
