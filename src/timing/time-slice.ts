// Shares the event loop while a large amount is worked through, so that other requests and timers are not held up.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from './clock.ts';

const sliceMs = 2;

/** One stretch of work. */
export class TimeSlice {
  readonly #monotonic: Clock['monotonic'];
  #startedAt: number;

  constructor({ monotonic }: Pick<Clock, 'monotonic'>) {
    this.#monotonic = monotonic;
    this.#startedAt = monotonic();
  }

  /** Whether the work has had the event loop for its 2 ms. */
  isUsedUp(): boolean {
    return this.#monotonic() - this.#startedAt > sliceMs;
  }

  /** Lets everything else run once; the next slice begins then. */
  async pass(): Promise<void> {
    await nextTurn();
    this.#startedAt = this.#monotonic();
  }
}
