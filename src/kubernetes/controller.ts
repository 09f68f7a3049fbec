// The generic loop: workers take keys from a queue and reconcile them, each with a deadline, while this replica may act.
import type { WorkQueue } from './work-queue.ts';

/** What is to happen with the key: nothing, again after a time, or again with back-off. */
export type ReconcileResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'after'; readonly milliseconds: number }
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfterMilliseconds?: number };

/** One finished reconcile, for metrics and log; `error` is set for an exception, which is a bug. */
export interface ReconcileRecord {
  readonly key: string;
  readonly result: ReconcileResult['kind'] | 'error';
  readonly seconds: number;
  readonly error: unknown;
}

/** Settings of a loop. */
export interface ControllerOptions {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly concurrency: number;
  /** After this time the reconcile's signal aborts. */
  readonly deadlineMilliseconds: number;
  /** How long a reconcile whose signal aborted is waited for; 5 s when not given. */
  readonly graceMilliseconds?: number;
  /** How long `run` waits for reconciles in flight after its signal aborted, before it aborts theirs. */
  readonly drainMilliseconds: number;
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult>;
  /** The fence: asked before each reconcile. */
  readonly mayAct: () => boolean;
  readonly now: () => number;
  readonly onReconcile?: (record: ReconcileRecord) => void;
  /** A reconcile ignored its aborted signal: its worker goes on without it, its key waits until it ends. */
  readonly onHung?: (key: string) => void;
}

// A reconcile that ignores its signal after the deadline is waited for this long, then its worker is set free.
const defaultGraceMilliseconds = 5_000;

// A fence that is down may come up again (a renewal that was late), and then the key must not be lost.
const fencedPauseMilliseconds = 1_000;

interface Run {
  ended: Promise<void>;
  readonly abort: () => void;
}

/** Workers over one queue. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #running = new Set<Run>();
  readonly #graceMilliseconds: number;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#graceMilliseconds = options.graceMilliseconds ?? defaultGraceMilliseconds;
  }

  /** Number of reconciles in flight. */
  get active(): number {
    return this.#running.size;
  }

  /** Works until `signal` aborts; then takes no more keys, waits for those in flight, and resolves. */
  async run(signal: AbortSignal): Promise<void> {
    const workers = Promise.all(Array.from({ length: this.#options.concurrency }, () => this.#work(signal)));
    await aborted(signal);
    const ended = Promise.all([...this.#running].map((run) => run.ended));
    await waitAtMost(ended, this.#options.drainMilliseconds);
    for (const run of this.#running) run.abort();
    await waitAtMost(Promise.all([ended, workers]), this.#graceMilliseconds);
    this.#options.queue.shutDown();
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { queue, deadlineMilliseconds, mayAct } = this.#options;
    for (let key = await queue.next(signal); key !== undefined; key = await queue.next(signal)) {
      if (signal.aborted) {
        // It was handed out just before the end; who leads next finds it in the cluster.
        queue.done(key);
      } else if (mayAct()) {
        const ended = await waitAtMost(this.#start(key).ended, deadlineMilliseconds + this.#graceMilliseconds);
        if (!ended) this.#options.onHung?.(key);
      } else {
        queue.addAfter(key, fencedPauseMilliseconds);
        queue.done(key);
      }
    }
  }

  // The key stays with this reconcile until it really ends, also when its worker was set free meanwhile: a second one
  // on the same key could make a second call.
  #start(key: string): Run {
    const abort = new AbortController();
    const deadline = setTimeout(() => abort.abort(), this.#options.deadlineMilliseconds);
    const finish = async (): Promise<void> => {
      const result = await this.#reconcile(key, abort.signal);
      clearTimeout(deadline);
      this.#running.delete(run);
      this.#options.queue.done(key);
      this.#requeue(key, result);
    };
    const run: Run = { abort: () => abort.abort(), ended: Promise.resolve() };
    this.#running.add(run);
    run.ended = finish();
    return run;
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const startedAt = this.#options.now();
    let outcome: { readonly result: ReconcileResult; readonly error: unknown };
    try {
      outcome = { result: await this.#options.reconcile(key, signal), error: undefined };
    } catch (error) {
      outcome = { result: { kind: 'retry', reason: 'an unexpected error' }, error: error ?? new Error('unknown') };
    }
    this.#options.onReconcile?.({
      key,
      result: outcome.error === undefined ? outcome.result.kind : 'error',
      seconds: (this.#options.now() - startedAt) / 1_000,
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
        queue.addAfter(key, result.milliseconds);
        break;
      case 'retry':
        queue.addRateLimited(key, result.retryAfterMilliseconds);
        break;
    }
  }
}

/** Whether it ended in time. */
async function waitAtMost(what: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const ended = await Promise.race([what.then(() => true), limit]);
  clearTimeout(timer);
  return ended;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
