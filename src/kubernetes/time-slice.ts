/** Shares the event loop while a large amount is worked through, so that other requests and timers are not held up. */
import { setImmediate as nextTurn } from 'node:timers/promises';

const sliceMilliseconds = 2;

/** One stretch of work. */
export class TimeSlice {
  #started = performance.now();

  /** Whether the work has had the event loop for its 2 ms. */
  isUsedUp(): boolean {
    return performance.now() - this.#started > sliceMilliseconds;
  }

  /** Lets everything else run once; the next slice begins then. */
  async pass(): Promise<void> {
    await nextTurn();
    this.#started = performance.now();
  }
}
