// The one port to time: a wall clock, a clock that never jumps, chance, and timers. Nothing outside this folder reads them
// from the process, so that a test can replace all four, and the wrong one of the two clocks does not type-check.

/** Runs something once after so many milliseconds, at most 2^31 - 1; the returned function stops it. */
export type StartTimer = (run: () => void, ms: number) => () => void;

/** Time as the product sees it. */
export interface Clock {
  /** The wall clock: for what people and other machines read. It may jump. */
  readonly now: () => Date;
  /** Milliseconds from an arbitrary start that only grow: for everything that is measured or waited for. */
  readonly monotonic: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly startTimer: StartTimer;
}

/** The clock of this process. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  startTimer: (run, ms) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Waits so many milliseconds, or until `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal, { startTimer }: Pick<Clock, 'startTimer'>): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      stop();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const stop = startTimer(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
