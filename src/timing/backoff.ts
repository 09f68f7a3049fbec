// The one formula for pauses between tries, and the timers that wait for them.

/** Bounds of a back-off; `random` gives numbers in [0, 1). */
export interface BackoffSettings {
  readonly baseMilliseconds: number;
  readonly maxMilliseconds: number;
  readonly random: () => number;
}

/**
 * Pause before try number `attempt` + 1 (0 is the first failure), in milliseconds: doubled each time up to the maximum,
 * then scattered over its upper half, so that many who failed together do not come back together.
 */
export function backoff(attempt: number, { baseMilliseconds, maxMilliseconds, random }: BackoffSettings): number {
  const full = Math.min(maxMilliseconds, baseMilliseconds * 2 ** Math.min(attempt, 40));
  return full / 2 + (full / 2) * random();
}

/** Runs something once after so many milliseconds; the returned function stops it. */
export type StartTimer = (run: () => void, milliseconds: number) => () => void;

/** A timer of this process that keeps it alive. */
export const startTimer: StartTimer = (run, milliseconds) => {
  const timer = setTimeout(run, milliseconds);
  return () => clearTimeout(timer);
};

/** A timer of this process that does not keep it alive. */
export const startBackgroundTimer: StartTimer = (run, milliseconds) => {
  const timer = setTimeout(run, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Waits so many milliseconds, or until `signal` aborts. */
export async function pause(milliseconds: number, signal: AbortSignal, start: StartTimer): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      stop();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const stop = start(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}
