// What is waited for before requests are worked on: thousands that find their issuer unchecked would hold up its very check.
import type { Clock } from '../../timing/clock.ts';

/** How long issuers are waited for in milliseconds: an endpoint may be silent, and requests of other issuers need not wait for it. */
export const longestFirstLookMs = 3_000;

/** Whether each of the issuers that were there at first was looked at once. */
export class FirstLook {
  readonly #clock: Pick<Clock, 'startTimer'>;
  readonly #open = new Set<string>();
  readonly #over = Promise.withResolvers<void>();

  constructor(clock: Pick<Clock, 'startTimer'>) {
    this.#clock = clock;
  }

  /** This one was looked at, whatever came of it. */
  done(key: string): void {
    this.#open.delete(key);
    if (this.#open.size === 0) this.#over.resolve();
  }

  /** Resolves when all `keys` were looked at, after some seconds at the latest, or when `signal` aborts. */
  async of(keys: readonly string[], signal: AbortSignal): Promise<void> {
    for (const key of keys) this.#open.add(key);
    if (keys.length === 0 || signal.aborted) return;
    const end = (): void => this.#over.resolve();
    const stopTimer = this.#clock.startTimer(end, longestFirstLookMs);
    signal.addEventListener('abort', end, { once: true });
    try {
      await this.#over.promise;
    } finally {
      stopTimer();
      signal.removeEventListener('abort', end);
    }
  }
}
