// The de-duplicating queue between watches and workers, after client-go's rules: a key waits at most once, is never with
// two workers, and is handed out again if it was added while a worker had it.
import { backoff } from '../timing/backoff.ts';
import type { Clock } from '../timing/clock.ts';
import { DelayHeap } from '../timing/delay-heap.ts';
import { FairQueue } from '../timing/fair-queue.ts';
import { FlowShares } from '../timing/flow-shares.ts';

/** Something that keys have in common, such as a namespace: workers have at most so many keys of it at a time. */
export interface Lane {
  readonly name: string;
  readonly most: number;
}

/** Settings of a queue; times are milliseconds. */
export interface WorkQueueOptions {
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly clock: Pick<Clock, 'monotonic' | 'random' | 'startTimer'>;
  /** Keys of different flows take turns; all are of one flow unless given. */
  readonly flowOf?: (key: string) => string;
  /** A key waits while one of its lanes is full, and then so do the keys behind it in its flow. */
  readonly lanesOf?: (key: string) => readonly Lane[];
  /** Whose a key is: workers are left to parties that have none, however many others are stuck. Nobody's unless given. */
  readonly partyOf?: (key: string) => string;
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

// Clocks have no longer timers; a timer that fires early is only started again.
const longestTimerMs = 2 ** 31 - 1;

// A single party gets three quarters of the workers, two get three sevenths each.
const workersWeight = 3;

// One key in so many is one that is tried again, or who makes news without an end would keep all others waiting.
const spareTurnEvery = 10;

/** Keys waiting for workers. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #clock: WorkQueueOptions['clock'];
  /** News from the cluster goes first; retries wait behind it. */
  readonly #fresh: FairQueue;
  readonly #again: FairQueue;
  /** Keys that workers have, with the time of taking and their party then. */
  readonly #processing = new Map<string, { readonly since: number; readonly party: string | undefined }>();
  readonly #shares = new FlowShares(workersWeight);
  readonly #lanes = new Lanes();
  readonly #addedMeanwhile = new Map<string, 'fresh' | 'again'>();
  readonly #delayed = new DelayHeap();
  readonly #failures = new Map<string, number>();
  readonly #waiters: ((key: string | undefined) => void)[] = [];
  #stopTimer: (() => void) | undefined;
  #timerDue = Number.POSITIVE_INFINITY;
  #closed = false;
  #adds = 0;
  #retries = 0;
  #taken = 0;

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
    const party = this.#processing.get(key)?.party;
    this.#processing.delete(key);
    if (party !== undefined) this.#shares.giveBack(party);
    this.#lanes.leave(key);
    if (this.#closed) return;
    const meanwhile = this.#addedMeanwhile.get(key);
    this.#addedMeanwhile.delete(key);
    if (meanwhile !== undefined) this.#queue(key, meanwhile);
    // Also a key that waited for this place.
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
    const { lanesOf = noLanes, partyOf = nobody } = this.#options;
    const mayTake = (key: string): boolean => {
      const party = partyOf(key);
      return (party === undefined || this.#shares.admits(party, idle)) && this.#lanes.haveRoom(lanesOf(key));
    };
    const isSpareTurn = (this.#taken + 1) % spareTurnEvery === 0;
    const [first, second] = isSpareTurn ? [this.#again, this.#fresh] : [this.#fresh, this.#again];
    const place = first.take(mayTake) ?? second.take(mayTake);
    if (place === undefined) return undefined;
    const now = this.#clock.monotonic();
    this.#taken += 1;
    const party = partyOf(place.key);
    this.#processing.set(place.key, { since: now, party });
    if (party !== undefined) this.#shares.take(party);
    this.#lanes.enter(place.key, lanesOf(place.key));
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

const noLanes = (): readonly Lane[] => [];
const nobody = (): string | undefined => undefined;

/** How many keys of each lane workers have. */
class Lanes {
  readonly #keys = new Map<string, readonly Lane[]>();
  readonly #counts = new Map<string, number>();

  haveRoom(lanes: readonly Lane[]): boolean {
    return lanes.every(({ name, most }) => (this.#counts.get(name) ?? 0) < most);
  }

  enter(key: string, lanes: readonly Lane[]): void {
    if (lanes.length === 0) return;
    this.#keys.set(key, lanes);
    for (const { name } of lanes) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  leave(key: string): void {
    // Those that it entered: what it belongs to may have changed meanwhile.
    for (const { name } of this.#keys.get(key) ?? []) {
      const left = (this.#counts.get(name) ?? 0) - 1;
      if (left > 0) this.#counts.set(name, left);
      else this.#counts.delete(name);
    }
    this.#keys.delete(key);
  }
}
