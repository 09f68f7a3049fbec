// The generic loop: workers take keys from a queue and reconcile them, each with a deadline, while this replica may act.
import type { Clock } from '../timing/clock.ts';
import { startDeadline } from '../timing/deadline.ts';
import type { WorkQueue } from './work-queue.ts';

/** What is to happen with the key: nothing, again after so many milliseconds, or again with back-off. */
export type ReconcileResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'after'; readonly ms: number }
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfterMs?: number };

/** One finished reconcile, for metrics and log; `error` is set for an exception, which is a bug. */
export interface ReconcileRecord {
  readonly key: string;
  readonly result: ReconcileResult['kind'] | 'error';
  readonly seconds: number;
  readonly error: unknown;
}

/** Settings of a loop; times are milliseconds. */
export interface ControllerOptions {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly concurrency: number;
  /** So many workers alone until `until` resolves; all from the beginning unless given. */
  readonly atFirst?: { readonly concurrency: number; readonly until: (signal: AbortSignal) => Promise<unknown> };
  /** After this time the reconcile's signal aborts. */
  readonly deadlineMs: number;
  /** How long a reconcile whose signal aborted is waited for; 5 s when not given. */
  readonly graceMs?: number;
  /** How long `run` waits for reconciles in flight after its signal aborted, before it aborts theirs. */
  readonly drainMs: number;
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult>;
  /** The fence: asked before each reconcile. */
  readonly mayAct: () => boolean;
  readonly clock: Pick<Clock, 'monotonic' | 'startTimer'>;
  readonly onReconcile?: (record: ReconcileRecord) => void;
  /** A reconcile ignored its aborted signal: its worker continues without it, and its key waits until it ends. */
  readonly onHung?: (key: string) => void;
}

// A reconcile that ignores its aborted signal is waited for this long; then its worker is set free.
const defaultGraceMs = 5_000;

// A fence that is down may come up again (a renewal that was late), and then the key must not be lost.
const fencedPauseMs = 1_000;

/** Workers over one queue; they run once, since the queue is shut down at the end. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #running = new Set<Promise<void>>();
  /** Aborts what is in flight when the drain is over. */
  readonly #stopping = new AbortController();
  readonly #graceMs: number;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#graceMs = options.graceMs ?? defaultGraceMs;
  }

  /** Number of reconciles in flight. */
  get active(): number {
    return this.#running.size;
  }

  /** Works until `signal` aborts; then takes no more keys, waits for those in flight, and resolves. */
  async run(signal: AbortSignal): Promise<void> {
    const { concurrency, atFirst } = this.#options;
    const work = async (worker: number): Promise<void> => {
      if (atFirst !== undefined && worker >= atFirst.concurrency) await atFirst.until(signal);
      await this.#work(signal);
    };
    const workers = Promise.all(Array.from({ length: concurrency }, async (_, worker) => work(worker)));
    await aborted(signal);
    const ended = Promise.all(this.#running);
    await this.#endsWithin(this.#options.drainMs, ended);
    this.#stopping.abort();
    await this.#endsWithin(this.#graceMs, Promise.all([ended, workers]));
    this.#options.queue.shutDown();
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { queue, deadlineMs, mayAct } = this.#options;
    for (let key = await queue.next(signal); key !== undefined; key = await queue.next(signal)) {
      if (signal.aborted) {
        // It was handed out just before the end; who leads next finds it in the cluster.
        queue.done(key);
      } else if (mayAct()) {
        const ended = await this.#endsWithin(deadlineMs + this.#graceMs, this.#start(key));
        if (!ended) this.#options.onHung?.(key);
      } else {
        queue.addAfter(key, fencedPauseMs);
        queue.done(key);
      }
    }
  }

  // The key stays with this reconcile until it really ends, also when its worker was set free meanwhile: a second one
  // on the same key could make a second call.
  #start(key: string): Promise<void> {
    const run = async (): Promise<void> => {
      using deadline = startDeadline(this.#options.deadlineMs, this.#stopping.signal, this.#options.clock);
      const result = await this.#reconcile(key, deadline.signal);
      this.#running.delete(running);
      this.#options.queue.done(key);
      this.#requeue(key, result);
    };
    const running = run();
    this.#running.add(running);
    return running;
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const startedAt = this.#options.clock.monotonic();
    let outcome: { readonly result: ReconcileResult; readonly error: unknown };
    try {
      outcome = { result: await this.#options.reconcile(key, signal), error: undefined };
    } catch (error) {
      outcome = { result: { kind: 'retry', reason: 'an unexpected error' }, error: error ?? new Error('unknown') };
    }
    this.#options.onReconcile?.({
      key,
      result: outcome.error === undefined ? outcome.result.kind : 'error',
      seconds: (this.#options.clock.monotonic() - startedAt) / 1_000,
      error: outcome.error,
    });
    return outcome.result;
  }

  #requeue(key: string, result: ReconcileResult): void {
    const { queue } = this.#options;
    switch (result.kind) {
      case 'done':
        queue.forget(key);
        break;
      case 'after':
        queue.forget(key);
        queue.addAfter(key, result.ms);
        break;
      case 'retry':
        queue.addRateLimited(key, result.retryAfterMs);
        break;
    }
  }

  /** Whether it ended in time; what it throws is thrown. */
  async #endsWithin(ms: number, what: Promise<unknown>): Promise<boolean> {
    using limit = startDeadline(ms, undefined, this.#options.clock);
    const waited = await limit.wait(what);
    if (waited.kind === 'thrown') throw waited.thrown;
    return waited.kind === 'value';
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
