/** One request's time limit joined with its caller's signal; both are let go when the request is done. */

/** A running time limit. */
export interface Deadline {
  readonly milliseconds: number;
  /** Aborted by the caller's signal or by the time limit. */
  readonly signal: AbortSignal;
  /** What aborted it, if anything did. */
  state(): 'running' | 'cancelled' | 'expired';
  remainingMilliseconds(): number;
  /** Takes the time limit away; the caller's signal keeps its effect. */
  lift(): void;
  /** Lets timer and caller's signal go. */
  dispose(): void;
}

/** Starts a time limit. */
export function startDeadline(milliseconds: number, caller: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const end = performance.now() + milliseconds;
  let state: 'running' | 'cancelled' | 'expired' = 'running';
  const stop = (why: 'cancelled' | 'expired'): void => {
    if (state === 'running') {
      state = why;
      controller.abort();
    }
  };
  const cancel = (): void => stop('cancelled');
  const timer = setTimeout(() => stop('expired'), milliseconds);
  caller?.addEventListener('abort', cancel, { once: true });
  if (caller?.aborted === true) {
    cancel();
  }
  return {
    milliseconds,
    signal: controller.signal,
    state: () => state,
    remainingMilliseconds: () => end - performance.now(),
    lift: () => clearTimeout(timer),
    dispose: () => {
      clearTimeout(timer);
      caller?.removeEventListener('abort', cancel);
    },
  };
}
