// A time limit joined with its caller's signal: for a request that takes a signal, and for promises that take none.
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';

/** What waiting for a promise came to. */
export type Waited<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'thrown'; readonly thrown: unknown }
  | { readonly kind: 'Cancelled' | 'DeadlineExceeded' };

/** A running time limit. It must be disposed of, or a timer and a listener stay behind. */
export interface Deadline extends Disposable {
  /** The whole time limit in milliseconds. */
  readonly ms: number;
  /** Aborted by the caller's signal or by the time limit. */
  readonly signal: AbortSignal;
  /** What aborted it, if anything did. */
  state(): 'running' | 'cancelled' | 'expired';
  /** Milliseconds that are left; negative afterwards. */
  remainingMs(): number;
  /** Takes the time limit away; the caller's signal keeps its effect. */
  lift(): void;
  /** Waits for a promise as long as the limit allows, and at most until it is disposed of; never rejects. */
  wait<T>(promise: Promise<T>): Promise<Waited<T>>;
}

/** Starts a time limit of so many milliseconds, which ends earlier when `caller` aborts. */
export function startDeadline(
  ms: number,
  caller: AbortSignal | undefined,
  clock: Pick<Clock, 'monotonic' | 'startTimer'> = systemClock,
): Deadline {
  return new RunningDeadline(ms, caller, clock);
}

class RunningDeadline implements Deadline {
  readonly ms: number;
  readonly #caller: AbortSignal | undefined;
  readonly #monotonic: Clock['monotonic'];
  readonly #end: number;
  readonly #stopTimer: () => void;
  readonly #cancel = (): void => this.#stop('cancelled');
  #state: 'running' | 'cancelled' | 'expired' = 'running';
  #disposed = false;
  /** Made when it is asked for: those who only wait for promises need none. */
  #controller: AbortController | undefined;
  #over: PromiseWithResolvers<{ readonly kind: 'Cancelled' | 'DeadlineExceeded' }> | undefined;

  constructor(ms: number, caller: AbortSignal | undefined, clock: Pick<Clock, 'monotonic' | 'startTimer'>) {
    this.ms = ms;
    this.#caller = caller;
    this.#monotonic = clock.monotonic;
    this.#end = clock.monotonic() + ms;
    this.#stopTimer = clock.startTimer(() => this.#stop('expired'), ms);
    caller?.addEventListener('abort', this.#cancel, { once: true });
    if (caller?.aborted === true) this.#cancel();
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#state !== 'running') this.#controller.abort();
    }
    return this.#controller.signal;
  }

  state(): 'running' | 'cancelled' | 'expired' {
    return this.#state;
  }

  remainingMs(): number {
    return this.#end - this.#monotonic();
  }

  lift(): void {
    this.#stopTimer();
  }

  async wait<T>(promise: Promise<T>): Promise<Waited<T>> {
    this.#over ??= Promise.withResolvers();
    this.#tell();
    // What is already over is not overtaken by a promise that is settled as well, so it comes first.
    return Promise.race([this.#over.promise, settled(promise)]);
  }

  [Symbol.dispose](): void {
    this.#stopTimer();
    this.#caller?.removeEventListener('abort', this.#cancel);
    this.#disposed = true;
    this.#tell();
  }

  #stop(why: 'cancelled' | 'expired'): void {
    if (this.#state !== 'running') return;
    this.#state = why;
    this.#controller?.abort();
    this.#tell();
  }

  #tell(): void {
    if (this.#state === 'running' && !this.#disposed) return;
    this.#over?.resolve({ kind: this.#state === 'expired' ? 'DeadlineExceeded' : 'Cancelled' });
  }
}

async function settled<T>(promise: Promise<T>): Promise<Waited<T>> {
  try {
    return { kind: 'value', value: await promise };
  } catch (thrown) {
    return { kind: 'thrown', thrown };
  }
}
