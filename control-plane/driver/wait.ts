// Waiting for a condition with a deadline, instead of sleeping for a guessed time.
import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait in all, and how long between two looks. */
export interface WaitLimits {
  readonly timeoutMs: number;
  readonly pollMs: number;
}

// Only ends a wait for nothing: on a machine whose processors are all taken a start takes many times the usual.
const defaultLimits: WaitLimits = { timeoutMs: 180_000, pollMs: 50 };

/** Resolves once `check` is true; rejects with `describe()` and the last failure of `check` at the deadline. */
export async function waitUntil(
  check: () => Promise<boolean>,
  describe: () => string,
  limits: WaitLimits = defaultLimits,
): Promise<void> {
  const deadline = performance.now() + limits.timeoutMs;
  let lastFailure = '';
  while (performance.now() < deadline) {
    try {
      if (await check()) return;
      lastFailure = '';
    } catch (error) {
      lastFailure = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    await sleep(limits.pollMs);
  }
  throw new Error(`${describe()} within ${limits.timeoutMs / 1000} s${lastFailure}`);
}
