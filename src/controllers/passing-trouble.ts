// Trouble of a ready issuer that often passes by itself. Who waits for Ready would otherwise see it go and come back whenever
// the API server or PCA restarts.
import type { CheckResult } from './check.ts';
import { passingReasons } from './issuer-reasons.ts';
import type { IssuerProblem } from './issuer-sessions.ts';

// Longer than an API server takes to start and to know who may do what.
const toleratedMilliseconds = 30_000;

/** Since when the checks of each ready issuer meet trouble that may pass; `now` is a wall clock. */
export class PassingTrouble {
  readonly #since = new Map<string, number>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** The problem of the check where a ready issuer need not be called otherwise yet; undefined where the result counts. */
  of(key: string, result: CheckResult, isReady: boolean): IssuerProblem | undefined {
    if (!isReady || result.kind === 'ready' || !passingReasons.has(result.problem.reason)) {
      this.#since.delete(key);
      return undefined;
    }
    const now = this.#now().getTime();
    const since = this.#since.get(key) ?? now;
    this.#since.set(key, since);
    return now - since < toleratedMilliseconds ? result.problem : undefined;
  }

  /** The issuer is gone. */
  forget(key: string): void {
    this.#since.delete(key);
  }
}
