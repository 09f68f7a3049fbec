// When garbage is collected. Keys, certificates and buffers of sockets are small objects to V8, and hold memory of OpenSSL's until
// a full collection frees them; left to V8 that comes after thousands of certificates, and never after the last of a burst.
import type { Clock } from '../timing/clock.ts';

/** What collecting works with. */
export interface CollectorOptions {
  /** A full collection; undefined where the process was started without `--expose-gc`, and V8 alone decides. */
  readonly collect: (() => void) | undefined;
  readonly clock: Pick<Clock, 'monotonic' | 'startTimer'>;
}

/** So much work between two collections while there is more of it; a collection takes some 20 ms. */
export const mostWork = 1_000;
/** Less is not worth a collection. */
export const leastWork = 20;
/** Without work for so long, in milliseconds, the process rests. */
export const restMs = 1_000;

/** Collects garbage now and then while there is work, and once afterwards. */
export class Collector {
  readonly #on: CollectorOptions;
  #work = 0;
  #workedAt = 0;
  #isWaiting = false;

  constructor(options: CollectorOptions) {
    this.#on = options;
  }

  /** A request was worked on. */
  worked(): void {
    if (this.#on.collect === undefined) return;
    this.#work += 1;
    this.#workedAt = this.#on.clock.monotonic();
    if (this.#work >= mostWork) this.#collect();
    else if (!this.#isWaiting) this.#wait(restMs);
  }

  #wait(ms: number): void {
    this.#isWaiting = true;
    this.#on.clock.startTimer(() => this.#look(), ms);
  }

  #look(): void {
    this.#isWaiting = false;
    const leftMs = this.#workedAt + restMs - this.#on.clock.monotonic();
    if (leftMs > 0) this.#wait(leftMs);
    else if (this.#work >= leastWork) this.#collect();
  }

  #collect(): void {
    this.#work = 0;
    this.#on.collect?.();
  }
}

/** The full collection of this process, where it was started with `--expose-gc`. */
export function collectionOfProcess(): (() => void) | undefined {
  const { gc } = globalThis;
  return gc === undefined ? undefined : () => gc();
}
