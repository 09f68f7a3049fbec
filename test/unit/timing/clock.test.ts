// The port to time: the process's own, the pauses by it, and that its two clocks cannot be confused.
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { pause, systemClock } from '../../../src/timing/clock.ts';
import type { Clock } from '../../../src/timing/clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('the wrong clock does not type-check', () => {
  const byWall = ({ now }: Pick<Clock, 'now'>): number => now().getTime();
  const byMonotonic = ({ monotonic }: Pick<Clock, 'monotonic'>): number => monotonic();
  const wallNumbers = (): number => Date.now();

  it('when it is handed over', () => {
    // @ts-expect-error: milliseconds are no wall clock.
    expect(() => byWall({ now: systemClock.monotonic })).toThrow(TypeError);
    // @ts-expect-error: neither are those of the wall clock.
    expect(() => byWall({ now: wallNumbers })).toThrow(TypeError);
    // @ts-expect-error: dates are not monotonic.
    expect(byMonotonic({ monotonic: systemClock.now })).toBeInstanceOf(Date);
    // @ts-expect-error: a clock that is only read off the wall is not monotonic.
    expect(() => byMonotonic({ now: systemClock.now })).toThrow(TypeError);
    // @ts-expect-error: a clock that only measures shows no time of day.
    expect(() => byWall({ monotonic: systemClock.monotonic })).toThrow(TypeError);
  });

  it('when it is read', () => {
    // @ts-expect-error: a measured number is no moment.
    const moment: Date = systemClock.monotonic();
    // @ts-expect-error: a moment is no measured number.
    const measured: number = systemClock.now();
    expect([typeof moment, typeof measured]).toEqual(['number', 'object']);
  });
});

describe('systemClock', () => {
  it('shows the time of day, measures, and draws numbers in [0, 1)', () => {
    const before = Date.now();
    expect(systemClock.now().getTime()).toBeGreaterThanOrEqual(before);
    const first = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(first);
    expect(systemClock.random()).toBeLessThan(1);
  });

  it('rings once after the time, not before, and not when it was stopped', async () => {
    const rung: string[] = [];
    const startedAt = systemClock.monotonic();
    const stop = systemClock.startTimer(() => rung.push('stopped'), 1);
    stop();
    await new Promise<void>((resolve) => {
      systemClock.startTimer(() => {
        rung.push('rung');
        resolve();
      }, 20);
    });
    // Timers of the process count whole milliseconds.
    expect([rung, systemClock.monotonic() - startedAt > 18]).toEqual([['rung'], true]);
  });
});

describe('FakeClock', () => {
  it('advances both clocks together, and lets the wall clock jump alone', () => {
    const clock = new FakeClock();
    const [date, measured] = [clock.now().getTime(), clock.monotonic()];
    expect([date, measured]).toEqual([Date.UTC(2026, 10, 22) + 1_000_000, 1_000_000]);
    clock.advance(5);
    clock.skip(5);
    clock.jump(-3_600_000);
    expect([clock.now().getTime() - date, clock.monotonic() - measured]).toEqual([10 - 3_600_000, 10]);
  });

  it('rings in order at the time of each, skips none, and tells how many are left', () => {
    const clock = new FakeClock();
    const rung: [string, number][] = [];
    const ring = (name: string) => (): void => {
      rung.push([name, clock.monotonic() - 1_000_000]);
    };
    clock.startTimer(ring('late'), 20);
    clock.startTimer(ring('early'), 10);
    clock.startTimer(ring('stopped'), 10)();
    clock.startTimer(ring('later'), 30);
    clock.skip(15);
    expect([rung, clock.timers]).toEqual([[], 3]);
    clock.advance(10);
    expect([rung, clock.timers]).toEqual([
      [
        ['early', 15],
        ['late', 20],
      ],
      1,
    ]);
  });

  it('draws what it is told to', () => {
    const clock = new FakeClock();
    const before = clock.random();
    clock.random = () => 0.25;
    expect([before, clock.random()]).toEqual([0.5, 0.25]);
  });
});

describe('pause', () => {
  it('ends at its time, not before', async () => {
    const clock = new FakeClock();
    let ended = false;
    const { signal } = new AbortController();
    const pausing = pause(100, signal, clock).then(() => (ended = true));
    clock.advance(99);
    await Promise.resolve();
    expect(ended).toBe(false);
    clock.advance(1);
    expect(await pausing).toBe(true);
    expect([getEventListeners(signal, 'abort'), clock.timers]).toEqual([[], 0]);
  });

  it.each([true, false])('ends with the signal and leaves no timer (aborted before: %s)', async (before) => {
    const clock = new FakeClock();
    const stop = new AbortController();
    if (before) stop.abort();
    const pausing = pause(100, stop.signal, clock);
    expect(clock.timers).toBe(before ? 0 : 1);
    stop.abort();
    await pausing;
    expect([getEventListeners(stop.signal, 'abort'), clock.timers]).toEqual([[], 0]);
  });
});
