// The de-duplicating queue between watches and workers, after client-go's rules: a key waits at most once, is never with
// two workers, and is handed out again if it was added while a worker had it. No party can have all the workers.
import { backoff } from '../timing/backoff.ts';
import type { Clock } from '../timing/clock.ts';
import { DelayHeap } from '../timing/delay-heap.ts';
import { FairQueue } from '../timing/fair-queue.ts';
import { FlowShares } from '../timing/flow-shares.ts';

/** Settings of a queue; times are milliseconds. */
export interface WorkQueueOptions {
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly clock: Pick<Clock, 'monotonic' | 'random' | 'startTimer'>;
  /** Keys of different flows take turns; all are of one flow unless given. */
  readonly flowOf?: (key: string) => string;
  /** To which party a flow belongs: each party has a share of the workers. Each flow is a party of its own unless given. */
  readonly partyOf?: (flow: string) => string;
  /** A worker took a key that had waited for so many milliseconds. */
  readonly onTaken?: (waitedMs: number) => void;
}

/** What a queue still has to do and has done, for metrics; times are milliseconds, 0 when there is no such key. */
export interface WorkQueueReadings {
  /** Keys that wait for a worker, for their time, and that workers have. */
  readonly depth: number;
  readonly delayed: number;
  readonly processing: number;
  readonly oldestWaitMs: number;
  readonly longestRunningMs: number;
  /** How long the workers have had their keys, added up. */
  readonly unfinishedMs: number;
  /** Since the start: keys queued (without those that waited already), and back-offs. */
  readonly adds: number;
  readonly retries: number;
}

// Of 64 workers one party gets 48 at most, so that reconciles that are slow all alike (a webhook of one namespace, a silent
// endpoint) leave workers to the others, and again to those who come after these.
const workersWeight = 3;
// Clocks have no longer timers; a timer that fires early is only started again.
const longestTimerMs = 2 ** 31 - 1;

const sameFlow = (flow: string): string => flow;

/** Keys waiting for workers. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #clock: WorkQueueOptions['clock'];
  /** News from the cluster goes first; retries wait behind it. */
  readonly #fresh: FairQueue;
  readonly #again: FairQueue;
  /** Keys that workers have, with the time of taking and their party at that time. */
  readonly #processing = new Map<string, { readonly since: number; readonly party: string }>();
  readonly #shares = new FlowShares(workersWeight);
  readonly #addedMeanwhile = new Map<string, 'fresh' | 'again'>();
  readonly #delayed = new DelayHeap();
  readonly #failures = new Map<string, number>();
  readonly #waiters: ((key: string | undefined) => void)[] = [];
  #stopTimer: (() => void) | undefined;
  #timerDue = Number.POSITIVE_INFINITY;
  #closed = false;
  #adds = 0;
  #retries = 0;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#fresh = new FairQueue(options.flowOf);
    this.#again = new FairQueue(options.flowOf);
  }

  /** Keys that wait for a worker now. */
  get depth(): number {
    return this.#fresh.size + this.#again.size;
  }

  /** Keys that wait for their time. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** The state of the queue now. */
  get readings(): WorkQueueReadings {
    const now = this.#clock.monotonic();
    const age = (since: number | undefined): number => (since === undefined ? 0 : now - since);
    return {
      depth: this.depth,
      delayed: this.delayed,
      processing: this.#processing.size,
      oldestWaitMs: Math.max(age(this.#fresh.oldest), age(this.#again.oldest)),
      longestRunningMs: age(this.#processing.values().next().value?.since),
      unfinishedMs: [...this.#processing.values()].reduce((sum, { since }) => sum + age(since), 0),
      adds: this.#adds,
      retries: this.#retries,
    };
  }

  /** Queues the key; one that waits already stays where it is, one being worked on comes again afterwards. */
  add(key: string): void {
    if (this.#closed) return;
    this.#delayed.remove(key);
    this.#queue(key, 'fresh');
    this.#serve();
  }

  /** Queues the key after so many milliseconds; of several times the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    this.#delayed.add(key, this.#clock.monotonic() + Math.max(0, ms));
    this.#arm();
  }

  /**
   * Queues the key after its back-off, which grows with each call until `forget`, and not before `atLeastMs`
   * (a server's Retry-After, scattered a little upwards); returns the milliseconds.
   */
  addRateLimited(key: string, atLeastMs = 0): number {
    const { baseDelayMs, maxDelayMs } = this.#options;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#retries += 1;
    const ms = Math.max(
      backoff(failures, { baseMs: baseDelayMs, maxMs: maxDelayMs }, this.#clock),
      atLeastMs * (1 + this.#clock.random() / 10),
    );
    this.addAfter(key, ms);
    return ms;
  }

  /** Ends the key's back-off: the next one begins at the base again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key for a worker, who must give it back with `done`; undefined when the queue or `signal` ends. */
  async next(signal: AbortSignal): Promise<string | undefined> {
    if (this.#closed || signal.aborted) return undefined;
    const key = this.#take(this.#waiters.length + 1);
    if (key !== undefined) return key;
    return new Promise((resolve) => {
      const wait = (given: string | undefined): void => {
        signal.removeEventListener('abort', abandon);
        resolve(given);
      };
      const abandon = (): void => {
        const index = this.#waiters.indexOf(wait);
        if (index >= 0) this.#waiters.splice(index, 1);
        wait(undefined);
      };
      this.#waiters.push(wait);
      signal.addEventListener('abort', abandon, { once: true });
    });
  }

  /** The worker is done with the key. */
  done(key: string): void {
    const taken = this.#processing.get(key);
    this.#processing.delete(key);
    if (taken !== undefined) this.#shares.giveBack(taken.party);
    if (this.#closed) return;
    const meanwhile = this.#addedMeanwhile.get(key);
    if (this.#addedMeanwhile.delete(key) && meanwhile !== undefined) this.#queue(key, meanwhile);
    // Also a key of the same party, which may have waited for this place.
    this.#serve();
  }

  /** Ends the queue: nothing is handed out or taken in any more. */
  shutDown(): void {
    this.#closed = true;
    this.#stopTimer?.();
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
  }

  /** A key for one of so many workers that wait. */
  #take(idle: number): string | undefined {
    const { flowOf, partyOf = sameFlow } = this.#options;
    const admits =
      flowOf === undefined ? undefined : (flow: string): boolean => this.#shares.admits(partyOf(flow), idle);
    const place = this.#fresh.take(admits) ?? this.#again.take(admits);
    if (place === undefined) return undefined;
    const now = this.#clock.monotonic();
    const party = partyOf(place.flow);
    this.#processing.set(place.key, { since: now, party });
    this.#shares.take(party);
    this.#options.onTaken?.(now - place.since);
    return place.key;
  }

  #queue(key: string, priority: 'fresh' | 'again'): void {
    if (this.#processing.has(key)) {
      if (this.#addedMeanwhile.get(key) !== 'fresh') this.#addedMeanwhile.set(key, priority);
      return;
    }
    if (this.#fresh.has(key) || (priority === 'again' && this.#again.has(key))) return;
    if (!this.#again.remove(key)) this.#adds += 1;
    (priority === 'fresh' ? this.#fresh : this.#again).push(key, this.#clock.monotonic());
  }

  #serve(): void {
    while (this.#waiters.length > 0) {
      const key = this.#take(this.#waiters.length);
      if (key === undefined) return;
      this.#waiters.shift()?.(key);
    }
  }

  #arm(): void {
    const due = this.#delayed.earliest;
    if (due === undefined || due >= this.#timerDue) return;
    this.#stopTimer?.();
    this.#timerDue = due;
    const ms = Math.min(longestTimerMs, Math.max(0, Math.ceil(due - this.#clock.monotonic())));
    this.#stopTimer = this.#clock.startTimer(() => this.#ring(), ms);
  }

  #ring(): void {
    this.#timerDue = Number.POSITIVE_INFINITY;
    if (this.#closed) return;
    for (const key of this.#delayed.takeDue(this.#clock.monotonic())) this.#queue(key, 'again');
    this.#serve();
    this.#arm();
  }
}
