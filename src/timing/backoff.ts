// The one formula for pauses between tries.
import type { Clock } from './clock.ts';

/** Bounds of a back-off in milliseconds. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Pause in milliseconds before try number `failures` + 2 (0: after the first failure): doubled each time up to the maximum,
 * then scattered over its upper half, so that many who failed together do not come back together.
 */
export function backoff(failures: number, { baseMs, maxMs }: Backoff, { random }: Pick<Clock, 'random'>): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 40));
  return full / 2 + (full / 2) * random();
}
