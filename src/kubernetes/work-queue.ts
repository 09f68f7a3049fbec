// The de-duplicating queue between watches and workers, after client-go's rules: a key waits at most once, is never with
// two workers, and is handed out again when it was added while somebody worked on it.
import { backoff, startBackgroundTimer, type StartTimer } from '../timing/backoff.ts';
import { DelayHeap } from '../timing/delay-heap.ts';
import { FairLine } from '../timing/fair-queue.ts';

/** Settings of a queue; `now` is a monotonic clock in milliseconds, `random` gives numbers in [0, 1). */
export interface WorkQueueOptions {
  readonly baseDelayMilliseconds: number;
  readonly maxDelayMilliseconds: number;
  readonly now: () => number;
  readonly random: () => number;
  /** The process's own timers, which do not keep it alive, unless a test gives others. */
  readonly setTimer?: StartTimer;
  /** Keys of different flows take turns; all are of one flow unless given. */
  readonly flowOf?: (key: string) => string;
  /** A worker took a key that had waited so long. */
  readonly onTaken?: (waitedMilliseconds: number) => void;
}

/** What a queue has to do and has done, for metrics; times in milliseconds, 0 when there is no such key. */
export interface WorkQueueReadings {
  /** Keys that wait for a worker, for their time, and that workers have. */
  readonly depth: number;
  readonly delayed: number;
  readonly processing: number;
  readonly oldestWaitMilliseconds: number;
  readonly longestRunningMilliseconds: number;
  /** Time that the keys which workers have took so far, added up. */
  readonly unfinishedMilliseconds: number;
  /** Since the start: keys queued (without those that waited already), and back-offs. */
  readonly adds: number;
  readonly retries: number;
}

// setTimeout takes no longer times; a timer that fires early is only started again.
const longestTimerMilliseconds = 2 ** 31 - 1;

/** Keys waiting for workers. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** News of the cluster goes first, what is only tried again waits behind it. */
  readonly #fresh: FairLine;
  readonly #again: FairLine;
  /** Keys that workers have, with the time of taking. */
  readonly #processing = new Map<string, number>();
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
    this.#fresh = new FairLine(options.flowOf);
    this.#again = new FairLine(options.flowOf);
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
    const now = this.#options.now();
    const age = (since: number | undefined): number => (since === undefined ? 0 : now - since);
    return {
      depth: this.depth,
      delayed: this.delayed,
      processing: this.#processing.size,
      oldestWaitMilliseconds: Math.max(age(this.#fresh.oldest), age(this.#again.oldest)),
      longestRunningMilliseconds: age(this.#processing.values().next().value),
      unfinishedMilliseconds: [...this.#processing.values()].reduce((sum, since) => sum + age(since), 0),
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
  addAfter(key: string, milliseconds: number): void {
    if (this.#closed) return;
    this.#delayed.add(key, this.#options.now() + Math.max(0, milliseconds));
    this.#arm();
  }

  /**
   * Queues the key after its back-off, which grows with each call until `forget`, and not before `atLeastMilliseconds`
   * (a server's Retry-After, scattered a little upwards); returns the milliseconds.
   */
  addRateLimited(key: string, atLeastMilliseconds = 0): number {
    const { baseDelayMilliseconds, maxDelayMilliseconds, random } = this.#options;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#retries += 1;
    const milliseconds = Math.max(
      backoff(failures, { baseMilliseconds: baseDelayMilliseconds, maxMilliseconds: maxDelayMilliseconds, random }),
      atLeastMilliseconds * (1 + random() / 10),
    );
    this.addAfter(key, milliseconds);
    return milliseconds;
  }

  /** Ends the key's back-off: the next one begins at the base again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key for a worker, who must give it back with `done`; undefined when the queue or `signal` ends. */
  async next(signal: AbortSignal): Promise<string | undefined> {
    if (this.#closed || signal.aborted) return undefined;
    const key = this.#take();
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
    this.#processing.delete(key);
    const meanwhile = this.#addedMeanwhile.get(key);
    if (meanwhile === undefined || this.#closed) return;
    this.#addedMeanwhile.delete(key);
    this.#queue(key, meanwhile);
    this.#serve();
  }

  /** Ends the queue: nothing is handed out or taken in any more. */
  shutDown(): void {
    this.#closed = true;
    this.#stopTimer?.();
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
  }

  #take(): string | undefined {
    const place = this.#fresh.take() ?? this.#again.take();
    if (place === undefined) return undefined;
    const now = this.#options.now();
    this.#processing.set(place.key, now);
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
    (priority === 'fresh' ? this.#fresh : this.#again).push(key, this.#options.now());
  }

  #serve(): void {
    while (this.#waiters.length > 0) {
      const key = this.#take();
      if (key === undefined) return;
      this.#waiters.shift()?.(key);
    }
  }

  #arm(): void {
    const due = this.#delayed.earliest;
    if (due === undefined || due >= this.#timerDue) return;
    this.#stopTimer?.();
    this.#timerDue = due;
    const milliseconds = Math.min(longestTimerMilliseconds, Math.max(0, Math.ceil(due - this.#options.now())));
    this.#stopTimer = (this.#options.setTimer ?? startBackgroundTimer)(() => this.#ring(), milliseconds);
  }

  #ring(): void {
    this.#timerDue = Number.POSITIVE_INFINITY;
    if (this.#closed) return;
    for (const key of this.#delayed.takeDue(this.#options.now())) this.#queue(key, 'again');
    this.#serve();
    this.#arm();
  }
}
