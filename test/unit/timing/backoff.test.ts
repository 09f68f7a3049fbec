// Pauses between tries: how long, and how they end.
import { getEventListeners } from 'node:events';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff, pause } from '../../../src/timing/backoff.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('backoff', () => {
  it('lies between half and the whole of the doubled base, and never above the maximum', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
        const pause = backoff(attempt, { baseMilliseconds: 100, maxMilliseconds: 10_000, random: () => random });
        const full = Math.min(10_000, 100 * 2 ** attempt);
        expect(pause).toBeGreaterThanOrEqual(full / 2);
        expect(pause).toBeLessThanOrEqual(full);
      }),
    );
  });
});

describe('pause', () => {
  it('ends at its time, not before', async () => {
    const clock = new FakeClock();
    let ended = false;
    const { signal } = new AbortController();
    const pausing = pause(100, signal, clock.setTimer).then(() => (ended = true));
    clock.advance(99);
    await Promise.resolve();
    expect(ended).toBe(false);
    clock.advance(1);
    expect(await pausing).toBe(true);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([true, false])('ends with the signal and leaves no timer (aborted before: %s)', async (before) => {
    const stop = new AbortController();
    if (before) stop.abort();
    const timers = new Set<string>();
    const pausing = pause(100, stop.signal, () => {
      timers.add('timer');
      return () => timers.delete('timer');
    });
    stop.abort();
    await pausing;
    expect([...timers]).toEqual([]);
  });
});
