// Who waits at one limit, and whose turn it is: flows take turns, and priorities go before one another.
import type { Clock } from '../../timing/clock.ts';
import { FairQueue } from '../../timing/fair-queue.ts';
import type { Endpoint, EndpointPlaces } from './endpoint-places.ts';
import type { LimitKey } from './rate-limit.ts';

/** Who goes first. `Urgent`: nobody has a certificate for it, or not for long; `Retry`: it was called for before. */
export const callPriorities = ['Urgent', 'Renewal', 'Retry'] as const;

/** One priority. */
export type CallPriority = (typeof callPriorities)[number];

/** The limit that a call counts against, and the endpoint that it goes to. */
export interface CallTarget {
  readonly limit: LimitKey;
  readonly endpoint: string;
}

/** A caller that waits. */
export interface WaitingCaller {
  readonly uid: string;
  /** Flows take turns. */
  readonly flow: string;
  readonly priority: CallPriority;
  readonly wake: () => void;
}

// One turn in so many goes to those behind the first priority that waits, in turn, so that none of them waits for ever.
const spareTurnEvery = 10;

/** The queue of one limit at one endpoint. */
export class LimitQueue {
  readonly target: CallTarget;
  readonly endpoint: Endpoint;
  /** Calls of this queue that are in flight or set aside, and callers that are asked for their priority. */
  inFlight = 0;
  asking = 0;
  /** When somebody entered last, on the monotonic clock. */
  usedAt = Number.NEGATIVE_INFINITY;
  stopTimer: (() => void) | undefined;
  readonly #waiting = new Map<string, WaitingCaller>();
  readonly #order: Readonly<Record<CallPriority, FairQueue>>;
  #turns = 0;
  /** The place among the priorities that the last spare turn went to. */
  #spare = 0;

  constructor(target: CallTarget, endpoint: Endpoint) {
    this.target = target;
    this.endpoint = endpoint;
    const fair = (): FairQueue => new FairQueue((uid) => this.#waiting.get(uid)?.flow ?? '');
    this.#order = { Urgent: fair(), Renewal: fair(), Retry: fair() };
  }

  /** Callers that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Whether nobody waits, calls or is about to. */
  get isIdle(): boolean {
    return this.size === 0 && this.inFlight === 0 && this.asking === 0;
  }

  has(uid: string): boolean {
    return this.#waiting.has(uid);
  }

  join(caller: WaitingCaller, since: number): void {
    this.#waiting.set(caller.uid, caller);
    this.#order[caller.priority].push(caller.uid, since);
  }

  leave(uid: string): void {
    const caller = this.#waiting.get(uid);
    if (caller === undefined) return;
    this.#waiting.delete(uid);
    this.#order[caller.priority].remove(uid);
  }

  /** The caller whose turn it is; it does not wait any more. */
  next(): WaitingCaller | undefined {
    const priority = this.#nextPriority();
    const place = priority === undefined ? undefined : this.#order[priority].take();
    const caller = place === undefined ? undefined : this.#waiting.get(place.key);
    if (caller !== undefined) this.#waiting.delete(caller.uid);
    return caller;
  }

  #nextPriority(): CallPriority | undefined {
    this.#turns += 1;
    const [first, ...behind] = callPriorities.filter((priority) => this.#order[priority].size > 0);
    if (behind.length === 0 || this.#turns % spareTurnEvery !== 0) return first;
    const spare = behind.find((priority) => callPriorities.indexOf(priority) > this.#spare) ?? behind[0];
    if (spare !== undefined) this.#spare = callPriorities.indexOf(spare);
    return spare;
  }
}

// What nobody used for a day is forgotten; of what nobody uses now, no more than this is kept, since names are free.
const idleMs = 24 * 3_600_000;
const mostQueues = 1_000;

/** The queues of all limits that are in use or were lately. */
export class LimitQueues {
  readonly #endpoints: EndpointPlaces;
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** In the order in which they were last used. */
  readonly #queues = new Map<string, LimitQueue>();

  constructor(endpoints: EndpointPlaces, clock: Pick<Clock, 'monotonic'>) {
    this.#endpoints = endpoints;
    this.#clock = clock;
  }

  get all(): readonly LimitQueue[] {
    this.#forgetIdle();
    return [...this.#queues.values()];
  }

  /** The queue of this target, made when it is asked for the first time. */
  of(target: CallTarget): LimitQueue {
    const { account, region, action } = target.limit;
    const name = JSON.stringify([account, region, action, target.endpoint]);
    const known = this.#queues.get(name);
    if (known === undefined) this.#forgetIdle();
    const queue = known ?? new LimitQueue(target, this.#endpoints.of(target.endpoint));
    queue.usedAt = this.#clock.monotonic();
    this.#queues.delete(name);
    this.#queues.set(name, queue);
    return queue;
  }

  #forgetIdle(): void {
    const since = this.#clock.monotonic() - idleMs;
    for (const [name, queue] of this.#queues) {
      if (queue.usedAt > since && this.#queues.size < mostQueues) return;
      if (!queue.isIdle) continue;
      this.#queues.delete(name);
      const { endpoint } = queue;
      if (![...this.#queues.values()].some((other) => other.endpoint === endpoint))
        this.#endpoints.forget(queue.target.endpoint);
    }
  }
}
