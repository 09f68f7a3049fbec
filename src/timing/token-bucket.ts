// A plain rate: so many at once, and so many a second after that.
import type { Clock } from './clock.ts';

/** A rate; `burst` is what may happen at once after a rest. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Full at first. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #tokens: number;
  #filledAt: number;

  constructor(rate: Rate, clock: Pick<Clock, 'monotonic'>) {
    this.#rate = rate;
    this.#clock = clock;
    this.#tokens = rate.burst;
    this.#filledAt = clock.monotonic();
  }

  /** Takes one token; false when there is none. */
  take(): boolean {
    const tokens = this.#available();
    if (tokens < 1) return false;
    this.#tokens = tokens - 1;
    this.#filledAt = this.#clock.monotonic();
    return true;
  }

  /** Whole milliseconds until there is a token; 0 when there is one. */
  waitMs(): number {
    if (this.#available() >= 1) return 0;
    const earningMs = ((1 - this.#tokens) * 1_000) / this.#rate.perSecond;
    return Math.max(1, Math.ceil(earningMs - this.#restedMs()));
  }

  #available(): number {
    return Math.min(this.#rate.burst, this.#tokens + (this.#restedMs() * this.#rate.perSecond) / 1_000);
  }

  #restedMs(): number {
    return this.#clock.monotonic() - this.#filledAt;
  }
}
