// The de-duplicating queue between watches and workers, after client-go's rules: a key waits at most once, is never with
// two workers, and is handed out again when it was added while somebody worked on it.
import { backoff } from './backoff.ts';
import { DelayHeap } from './delay-heap.ts';

/** Settings of a queue; `now` is a monotonic clock in milliseconds, `random` gives numbers in [0, 1). */
export interface WorkQueueOptions {
  readonly baseDelayMilliseconds: number;
  readonly maxDelayMilliseconds: number;
  readonly now: () => number;
  readonly random: () => number;
  /** Starts a timer and returns how to stop it; the process's own timers unless a test gives another. */
  readonly setTimer?: (run: () => void, milliseconds: number) => () => void;
}

// setTimeout takes no longer times; a timer that fires early is only started again.
const longestTimerMilliseconds = 2 ** 31 - 1;

/** Keys waiting for workers. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** News of the cluster goes first, what is only tried again waits behind it. */
  readonly #fresh = new Set<string>();
  readonly #again = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #addedMeanwhile = new Set<string>();
  readonly #delayed = new DelayHeap();
  readonly #failures = new Map<string, number>();
  readonly #waiters: ((key: string | undefined) => void)[] = [];
  #stopTimer: (() => void) | undefined;
  #timerDue = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Keys that wait for a worker now. */
  get depth(): number {
    return this.#fresh.size + this.#again.size;
  }

  /** Keys that wait for their time. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Queues the key; one that waits already stays where it is, one being worked on comes again afterwards. */
  add(key: string): void {
    if (this.#closed) return;
    this.#delayed.remove(key);
    if (this.#processing.has(key)) {
      this.#addedMeanwhile.add(key);
      return;
    }
    this.#again.delete(key);
    this.#fresh.add(key);
    this.#serve();
  }

  /** Queues the key after so many milliseconds; of several times the earliest counts. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#closed) return;
    this.#delayed.add(key, this.#options.now() + Math.max(0, milliseconds));
    this.#arm();
  }

  /** Queues the key after its back-off, which grows with each call until `forget`; returns the milliseconds. */
  addRateLimited(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const milliseconds = backoff(failures, {
      baseMilliseconds: this.#options.baseDelayMilliseconds,
      maxMilliseconds: this.#options.maxDelayMilliseconds,
      random: this.#options.random,
    });
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
    if (this.#addedMeanwhile.delete(key)) this.add(key);
  }

  /** Ends the queue: nothing is handed out or taken in any more. */
  shutDown(): void {
    this.#closed = true;
    this.#stopTimer?.();
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
  }

  #take(): string | undefined {
    const from = this.#fresh.size > 0 ? this.#fresh : this.#again;
    const [key] = from;
    if (key === undefined) return undefined;
    from.delete(key);
    this.#processing.add(key);
    return key;
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
    this.#stopTimer = (this.#options.setTimer ?? startTimer)(() => this.#ring(), milliseconds);
  }

  #ring(): void {
    this.#timerDue = Number.POSITIVE_INFINITY;
    if (this.#closed) return;
    for (const key of this.#delayed.takeDue(this.#options.now())) {
      if (this.#processing.has(key)) this.#addedMeanwhile.add(key);
      else if (!this.#fresh.has(key)) this.#again.add(key);
    }
    this.#serve();
    this.#arm();
  }
}

function startTimer(run: () => void, milliseconds: number): () => void {
  const timer = setTimeout(run, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}
