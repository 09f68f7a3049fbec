/** Waiting for a condition with a deadline, instead of sleeping for a guessed time. */
import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait in all, and how long between two looks. */
export interface WaitLimits {
  readonly timeoutMilliseconds: number;
  readonly pollMilliseconds: number;
}

// Only ends a wait in vain: on a machine whose processors are all taken a start takes many times the usual.
const patience: WaitLimits = { timeoutMilliseconds: 180_000, pollMilliseconds: 50 };

/** Resolves once `check` is true; rejects with `describe()` and the last failure of `check` at the deadline. */
export async function waitUntil(
  check: () => Promise<boolean>,
  describe: () => string,
  limits: WaitLimits = patience,
): Promise<void> {
  const deadline = performance.now() + limits.timeoutMilliseconds;
  let lastFailure = '';
  while (performance.now() < deadline) {
    try {
      if (await check()) {
        return;
      }
      lastFailure = '';
    } catch (error) {
      lastFailure = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    await sleep(limits.pollMilliseconds);
  }
  throw new Error(`${describe()} within ${limits.timeoutMilliseconds / 1000} s${lastFailure}`);
}
