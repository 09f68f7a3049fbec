// How often news may end the hold of an issuer early. Who changes a Secret in a loop would otherwise have its issuer tried
// without any pause.
import { backoff } from '../../timing/backoff.ts';
import type { Clock } from '../../timing/clock.ts';

const pause = { baseMs: 20_000, maxMs: 10 * 60_000 };

interface Ends {
  readonly count: number;
  /** When the next one may be, on the monotonic clock. */
  readonly nextAt: number;
}

/** The holds of issuers that ended early: the first at once, each further one after a pause that doubles. */
export class EarlyEnds {
  readonly #ends = new Map<string, Ends>();
  readonly #clock: Pick<Clock, 'monotonic' | 'random'>;

  constructor(clock: Pick<Clock, 'monotonic' | 'random'>) {
    this.#clock = clock;
  }

  /** Whether the hold of this issuer may end early now. */
  mayBeNow(key: string): boolean {
    return this.#clock.monotonic() >= (this.#ends.get(key)?.nextAt ?? Number.NEGATIVE_INFINITY);
  }

  /** A hold was ended early. */
  count(key: string): void {
    const now = this.#clock.monotonic();
    const known = this.#ends.get(key);
    const count = known === undefined || now - known.nextAt > pause.maxMs ? 0 : known.count;
    this.#ends.set(key, { count: count + 1, nextAt: now + backoff(count, pause, this.#clock) });
  }

  /** The issuer is gone. */
  forget(key: string): void {
    this.#ends.delete(key);
  }
}
