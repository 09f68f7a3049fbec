// Trouble of a ready issuer that often passes. Whoever waits for Ready would otherwise see it go and come back whenever the API
// server or PCA restarts.
import type { Clock } from '../../timing/clock.ts';
import type { CheckResult } from './check.ts';
import { outlookOf } from './reasons.ts';
import type { IssuerProblem } from './reasons.ts';

/** Longer than an API server takes to start and to know who may do what. */
export const graceMs = 30_000;

/** Since when the checks of each ready issuer meet trouble that may pass. */
export class GracePeriod {
  readonly #since = new Map<string, number>();
  readonly #clock: Pick<Clock, 'monotonic'>;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** The problem of the check where a ready issuer stays ready for the moment; undefined where the result counts. */
  of(key: string, result: CheckResult, isReady: boolean): IssuerProblem | undefined {
    if (!isReady || result.kind === 'ready' || outlookOf(result.problem.reason) !== 'OftenPasses') {
      this.#since.delete(key);
      return undefined;
    }
    const now = this.#clock.monotonic();
    const since = this.#since.get(key) ?? now;
    this.#since.set(key, since);
    return now - since < graceMs ? result.problem : undefined;
  }

  /** The issuer is gone. */
  forget(key: string): void {
    this.#since.delete(key);
  }
}
