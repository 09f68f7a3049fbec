// How long a reflector waits between two tries: longer each time, until a watch lasted. Refusals before a complete state, as while
// a CRD is made anew, do not lengthen the pauses after it.
import { backoff } from '../timing/backoff.ts';
import type { Clock } from '../timing/clock.ts';

/** The pauses of one reflector. */
export class ReflectorPauses {
  readonly #limits: { readonly firstPauseMs: number; readonly longestPauseMs: number };
  readonly #clock: Pick<Clock, 'random'>;
  #taken = 0;
  #refusals = 0;

  /** Bounds in milliseconds. */
  constructor(
    limits: { readonly firstPauseMs: number; readonly longestPauseMs: number },
    clock: Pick<Clock, 'random'>,
  ) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** A watch lasted: the next pause is a first one. */
  lasted(): void {
    this.#taken = 0;
    this.#refusals = 0;
  }

  /** The state is complete. */
  synced(): void {
    this.#taken -= this.#refusals;
    this.#refusals = 0;
  }

  /** The pause that is due now, in milliseconds, after a refusal or another end. */
  next(isRefused: boolean, retryAfterMs: number | undefined): number {
    const { firstPauseMs: baseMs, longestPauseMs: maxMs } = this.#limits;
    const grown = backoff(this.#taken, { baseMs, maxMs }, this.#clock);
    this.#taken += 1;
    if (isRefused) this.#refusals += 1;
    return Math.max(grown, (retryAfterMs ?? 0) * (1 + this.#clock.random() / 2));
  }
}
