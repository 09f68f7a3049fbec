// The one formula for pauses between tries.

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
