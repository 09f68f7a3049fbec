// Whose turn it is to call. A caller that may not call yet gives its worker back and waits in the queue of the limit that it
// counts against; when its turn comes it is woken and finds its call set aside. The flows (an issuer in a namespace) take
// turns, so that many requests of one do not delay another's by more than one round, and priorities go before one another.
import type { Clock } from '../../timing/clock.ts';
import { FairQueue } from '../../timing/fair-queue.ts';
import type { PcaOutcome } from '../call.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { CallEnd } from './circuit-breaker.ts';
import type { LimitKey, RateLimits } from './rate-limit.ts';

/** Who goes first. `Urgent`: nobody has a certificate for it, or not for long; `Retry`: it was called for before. */
export const callPriorities = ['Urgent', 'Renewal', 'Retry'] as const;

/** One priority. */
export type CallPriority = (typeof callPriorities)[number];

/** The limit that a call counts against, and the endpoint that it goes to. */
export interface CallTarget {
  readonly limit: LimitKey;
  readonly endpoint: string;
}

/** Who wants to call. Equal UIDs are one caller, which waits in one place at a time. */
export interface Caller {
  readonly uid: string;
  /** Flows take turns. */
  readonly flow: string;
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
export interface CallQueueOptions {
  readonly limits: Pick<RateLimits, 'reserve' | 'refund' | 'throttled' | 'ratePerSecond'>;
  readonly clock: Pick<Clock, 'monotonic' | 'random' | 'startTimer'>;
  /** Calls that one endpoint may have in flight at a time, those set aside included. */
  readonly mostInFlight: number;
}

/** One limit, for metrics: its rate, who waits, and whether its endpoint is held. */
export interface LimitReading {
  readonly limit: LimitKey;
  readonly ratePerSecond: number;
  readonly waiting: number;
  readonly held: boolean;
}

interface Waiting extends Pick<Caller, 'uid' | 'flow' | 'wake'> {
  readonly priority: CallPriority;
}

/** The queue of one limit at one endpoint. */
interface LimitQueue {
  readonly target: CallTarget;
  readonly breaker: CircuitBreaker;
  readonly order: Readonly<Record<CallPriority, FairQueue>>;
  readonly waiting: Map<string, Waiting>;
  turns: number;
  stopTimer: (() => void) | undefined;
}

/** A caller that is being asked for its priority, perhaps by several at once. */
interface Entering {
  readonly queue: LimitQueue;
  asking: number;
}

// One turn in so many goes to the last priority that waits, so that none waits for ever.
const lastPriorityEvery = 10;

/** The queues of all limits. */
export class CallQueue {
  readonly #options: CallQueueOptions;
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #queues = new Map<string, LimitQueue>();
  // Where a caller has its place, by UID: in one queue at most.
  readonly #entering = new Map<string, Entering>();
  readonly #waiting = new Map<string, LimitQueue>();
  /** Calls that are set aside for woken callers. */
  readonly #woken = new Map<string, LimitQueue>();

  constructor(options: CallQueueOptions) {
    this.#options = options;
  }

  /**
   * Admits a call, or queues its caller. A caller that enters again while it waits keeps its place; entering elsewhere gives
   * it up. One that leaves while it is asked for its priority is told that it is queued, and is not woken. Rejects only where
   * `priority` does, and then the caller has no place.
   */
  async enter(target: CallTarget, caller: Caller): Promise<Admission> {
    const queue = this.#queueOf(target);
    const { uid, flow, wake } = caller;
    if (!this.#isIn(queue, uid)) this.leave(uid);
    const admission = this.#admission(queue, uid);
    if (admission !== undefined) return admission;
    const entering = this.#entering.get(uid) ?? { queue, asking: 0 };
    this.#entering.set(uid, entering);
    entering.asking += 1;
    try {
      const priority = await caller.priority();
      if (this.#entering.get(uid) !== entering) return queued(queue);
      // Meanwhile the queue may have become free, or the same caller may have come in another way.
      return this.#admission(queue, uid) ?? this.#join(queue, { uid, flow, wake, priority });
    } finally {
      entering.asking -= 1;
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
    for (const queue of this.#queues.values()) queue.stopTimer?.();
  }

  /** Every limit that was used so far. */
  get readings(): readonly LimitReading[] {
    return [...this.#queues.values()].map(({ target: { limit }, waiting, breaker }) => ({
      limit,
      ratePerSecond: this.#options.limits.ratePerSecond(limit),
      waiting: waiting.size,
      held: breaker.isOpen,
    }));
  }

  #isIn(queue: LimitQueue, uid: string): boolean {
    return this.#woken.get(uid) === queue || queue.waiting.has(uid) || this.#entering.get(uid)?.queue === queue;
  }

  /** What is known without a priority: a call set aside, a place that is kept, or a free queue. */
  #admission(queue: LimitQueue, uid: string): Admission | undefined {
    if (this.#woken.get(uid) === queue) {
      this.#woken.delete(uid);
      return { kind: 'admitted', permit: this.#permit(queue) };
    }
    if (queue.waiting.has(uid)) {
      this.#serve(queue);
      return queued(queue);
    }
    const { limits } = this.#options;
    if (queue.waiting.size > 0 || queue.breaker.waitMs !== 0) return undefined;
    if (limits.reserve(queue.target.limit).kind === 'wait') return undefined;
    queue.breaker.begin();
    return { kind: 'admitted', permit: this.#permit(queue) };
  }

  #join(queue: LimitQueue, caller: Waiting): Admission {
    queue.waiting.set(caller.uid, caller);
    queue.order[caller.priority].push(caller.uid, this.#options.clock.monotonic());
    this.#waiting.set(caller.uid, queue);
    this.#serve(queue);
    return queued(queue);
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
        return isUnanswered && queue.breaker.isOpen;
      },
    };
  }

  /** A call ended; undefined: it was not made after all, and another may go out instead. */
  #ended({ target: { limit, endpoint }, breaker }: LimitQueue, outcome: CallOutcome | undefined): void {
    const { limits } = this.#options;
    if (outcome === undefined) limits.refund(limit);
    else if (outcome.kind === 'failed' && outcome.failure.class === 'Throttled') limits.throttled(limit);
    breaker.end(outcome === undefined ? undefined : endOf(outcome));
    for (const queue of this.#queues.values()) if (queue.target.endpoint === endpoint) this.#serve(queue);
  }

  /** Sets calls aside for those whose turn it is, as many as there are, and comes back for the rest. */
  #serve(queue: LimitQueue): void {
    const { limits } = this.#options;
    queue.stopTimer?.();
    queue.stopTimer = undefined;
    while (queue.waiting.size > 0) {
      const { waitMs } = queue.breaker;
      // When one in flight ends, this is called again.
      if (waitMs === undefined) return;
      if (waitMs > 0) return this.#comeBack(queue, waitMs);
      const reserved = limits.reserve(queue.target.limit);
      if (reserved.kind === 'wait') return this.#comeBack(queue, reserved.ms);
      const caller = this.#next(queue);
      if (caller === undefined) return limits.refund(queue.target.limit);
      queue.breaker.begin();
      this.#woken.set(caller.uid, queue);
      caller.wake();
    }
  }

  #comeBack(queue: LimitQueue, ms: number): void {
    // One that was woken may have left at once, and been followed by a timer already.
    queue.stopTimer?.();
    queue.stopTimer = this.#options.clock.startTimer(() => this.#serve(queue), ms);
  }

  #next(queue: LimitQueue): Waiting | undefined {
    queue.turns += 1;
    const priorities = queue.turns % lastPriorityEvery === 0 ? callPriorities.toReversed() : callPriorities;
    for (const priority of priorities) {
      const place = queue.order[priority].take();
      const caller = place === undefined ? undefined : queue.waiting.get(place.key);
      if (caller === undefined) continue;
      this.#forget(queue, caller.uid);
      return caller;
    }
    return undefined;
  }

  #forget(queue: LimitQueue, uid: string): void {
    const caller = queue.waiting.get(uid);
    this.#waiting.delete(uid);
    queue.waiting.delete(uid);
    if (caller !== undefined) queue.order[caller.priority].remove(uid);
  }

  #queueOf(target: CallTarget): LimitQueue {
    const { account, region, action } = target.limit;
    const name = JSON.stringify([account, region, action, target.endpoint]);
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const breaker = this.#breakers.get(target.endpoint) ?? new CircuitBreaker(this.#options);
    this.#breakers.set(target.endpoint, breaker);
    const waiting = new Map<string, Waiting>();
    const fair = (): FairQueue => new FairQueue((uid) => waiting.get(uid)?.flow ?? '');
    const order = { Urgent: fair(), Renewal: fair(), Retry: fair() };
    const queue: LimitQueue = { target, breaker, order, waiting, turns: 0, stopTimer: undefined };
    this.#queues.set(name, queue);
    return queue;
  }
}

function queued({ breaker }: LimitQueue): Admission {
  return { kind: 'queued', endpointHeld: breaker.isOpen };
}

// Whatever answers with a status is there; 503 alone says that it is overloaded.
function endOf(outcome: CallOutcome): CallEnd {
  if (outcome.kind === 'ok') return 'answered';
  const { class: name, httpStatus } = outcome.failure;
  const isSilent = name !== 'Cancelled' && name !== 'Throttled' && (httpStatus === undefined || httpStatus === 503);
  return isSilent ? 'unanswered' : 'answered';
}
