// Whose turn it is to call. A request that may not call yet gives its worker back and stands in line at the limit that it
// counts against; when its turn comes it is woken and finds its call set aside. The flows (an issuer in a namespace) take
// turns, so that many requests of one do not delay another's by more than one round, and ranks go before one another.
import type { BudgetKey, CallBudget } from '../alibaba/limits/rate-limit.ts';
import type { StartTimer } from '../timing/backoff.ts';
import { FairLine } from '../timing/fair-queue.ts';
import { type CallEnd, EndpointBreaker, type EndpointBreakerOptions } from './endpoint-breaker.ts';

/** Which requests go first. `Urgent`: nobody has a certificate for it, or not for long; `Retry`: it was called for before. */
export const callRanks = ['Urgent', 'Renewal', 'Retry'] as const;

/** One rank. */
export type CallRank = (typeof callRanks)[number];

/** Who wants to call; `wake` is called once when its turn has come. */
export interface Caller {
  readonly uid: string;
  readonly flow: string;
  readonly rank: CallRank;
  readonly wake: () => void;
}

/** The limit that a call counts against, and the endpoint that it goes to. */
export interface CallTarget {
  readonly limit: BudgetKey;
  readonly endpoint: string;
}

/** What turns are made of; `endpoint` has the clock and how many calls one endpoint may have in flight. */
export interface CallTurnsOptions {
  readonly budget: CallBudget;
  readonly endpoint: EndpointBreakerOptions;
  readonly setTimer: StartTimer;
}

/** One limit, for metrics: its rate, who waits, and whether its endpoint is held. */
export interface LimitReading {
  readonly limit: BudgetKey;
  readonly ratePerSecond: number;
  readonly waiting: number;
  readonly held: boolean;
}

interface Lane {
  readonly target: CallTarget;
  readonly breaker: EndpointBreaker;
  readonly lines: Readonly<Record<CallRank, FairLine>>;
  readonly callers: Map<string, Caller>;
  turns: number;
  stopTimer: (() => void) | undefined;
}

// One turn in so many goes to the last rank that waits, so that none waits for ever.
const lastRankEvery = 10;

/** The lines at all limits. */
export class CallTurns {
  readonly #options: CallTurnsOptions;
  readonly #breakers = new Map<string, EndpointBreaker>();
  readonly #lanes = new Map<string, Lane>();
  /** Calls that are set aside for a woken request, and calls in flight, by the request's UID. */
  readonly #promised = new Map<string, Lane>();
  readonly #calling = new Map<string, Lane>();
  readonly #waiting = new Map<string, Lane>();

  constructor(options: CallTurnsOptions) {
    this.#options = options;
  }

  /** Whether a call could go out at once, with nobody before it. */
  isFree(target: CallTarget): boolean {
    const lane = this.#lane(target);
    return lane.callers.size === 0 && lane.breaker.wait === 0;
  }

  /** Whether calls to the endpoint are held because nothing answered. */
  isHeld(target: CallTarget): boolean {
    return this.#lane(target).breaker.isOpen;
  }

  /** True: the call may go out now, and {@link ended} must follow. False: the caller stands in line and will be woken. */
  ask(target: CallTarget, caller: Caller): boolean {
    const lane = this.#lane(target);
    if (this.#promised.get(caller.uid) === lane) {
      this.#promised.delete(caller.uid);
      this.#calling.set(caller.uid, lane);
      return true;
    }
    // Who asks again while it waits keeps its place.
    if (this.#waiting.get(caller.uid) === lane) {
      this.#serve(lane);
      return false;
    }
    this.leave(caller.uid);
    if (lane.callers.size === 0 && lane.breaker.wait === 0 && this.#reserve(lane).kind === 'granted') {
      lane.breaker.begin();
      this.#calling.set(caller.uid, lane);
      return true;
    }
    lane.callers.set(caller.uid, caller);
    lane.lines[caller.rank].push(caller.uid, this.#options.endpoint.now());
    this.#waiting.set(caller.uid, lane);
    this.#serve(lane);
    return false;
  }

  /** The call has ended; undefined: it was not made after all, and another may go out instead. */
  ended(uid: string, how: CallEnd | undefined): void {
    const lane = this.#calling.get(uid);
    if (lane === undefined) return;
    this.#calling.delete(uid);
    lane.breaker.end(how);
    if (how === undefined) this.#options.budget.refund(lane.target.limit);
    this.#serveEndpoint(lane.target.endpoint);
  }

  /** The service throttled a call. */
  throttled({ limit }: CallTarget): void {
    this.#options.budget.throttled(limit);
  }

  /** The request does not want to call any more: it leaves the line, and a call set aside for it goes to another. */
  leave(uid: string): void {
    const waiting = this.#waiting.get(uid);
    if (waiting !== undefined) this.#forget(waiting, uid);
    const promised = this.#promised.get(uid);
    if (promised === undefined) return;
    this.#promised.delete(uid);
    this.#options.budget.refund(promised.target.limit);
    promised.breaker.end(undefined);
    this.#serveEndpoint(promised.target.endpoint);
  }

  /** Ends all timers. */
  close(): void {
    for (const lane of this.#lanes.values()) lane.stopTimer?.();
  }

  /** Every limit that was used so far. */
  get readings(): readonly LimitReading[] {
    return [...this.#lanes.values()].map(({ target: { limit }, callers, breaker }) => ({
      limit,
      ratePerSecond: this.#options.budget.ratePerSecond(limit),
      waiting: callers.size,
      held: breaker.isOpen,
    }));
  }

  #reserve(lane: Lane): ReturnType<CallBudget['reserve']> {
    return this.#options.budget.reserve(lane.target.limit);
  }

  #serveEndpoint(endpoint: string): void {
    for (const lane of this.#lanes.values()) if (lane.target.endpoint === endpoint) this.#serve(lane);
  }

  /** Sets calls aside for those whose turn it is, as many as there are, and comes back for the rest. */
  #serve(lane: Lane): void {
    lane.stopTimer?.();
    lane.stopTimer = undefined;
    while (lane.callers.size > 0) {
      const { wait } = lane.breaker;
      // When one in flight ends, this is called again.
      if (wait === undefined) return;
      if (wait > 0) return this.#comeBack(lane, wait);
      const reserved = this.#reserve(lane);
      if (reserved.kind === 'wait') return this.#comeBack(lane, reserved.milliseconds);
      const caller = this.#next(lane);
      if (caller === undefined) return this.#options.budget.refund(lane.target.limit);
      lane.breaker.begin();
      this.#promised.set(caller.uid, lane);
      caller.wake();
    }
  }

  #comeBack(lane: Lane, milliseconds: number): void {
    lane.stopTimer = this.#options.setTimer(() => this.#serve(lane), milliseconds);
  }

  #next(lane: Lane): Caller | undefined {
    lane.turns += 1;
    const order = lane.turns % lastRankEvery === 0 ? callRanks.toReversed() : callRanks;
    for (const rank of order) {
      const place = lane.lines[rank].take();
      const caller = place === undefined ? undefined : lane.callers.get(place.key);
      if (caller === undefined) continue;
      this.#forget(lane, caller.uid);
      return caller;
    }
    return undefined;
  }

  #forget(lane: Lane, uid: string): void {
    const caller = lane.callers.get(uid);
    this.#waiting.delete(uid);
    lane.callers.delete(uid);
    if (caller !== undefined) lane.lines[caller.rank].remove(uid);
  }

  #lane(target: CallTarget): Lane {
    const { account, region, action } = target.limit;
    const name = JSON.stringify([account, region, action, target.endpoint]);
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const breaker = this.#breakers.get(target.endpoint) ?? new EndpointBreaker(this.#options.endpoint);
    this.#breakers.set(target.endpoint, breaker);
    const callers = new Map<string, Caller>();
    const line = (): FairLine => new FairLine((uid) => callers.get(uid)?.flow ?? '');
    const lines = { Urgent: line(), Renewal: line(), Retry: line() };
    const lane: Lane = { target, breaker, lines, callers, turns: 0, stopTimer: undefined };
    this.#lanes.set(name, lane);
    return lane;
  }
}
