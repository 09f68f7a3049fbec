// A plain rate: a burst, then so many a second, and never more.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { TokenBucket } from '../../../src/timing/token-bucket.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function takeAll(bucket: TokenBucket): number {
  let taken = 0;
  while (bucket.take()) taken += 1;
  return taken;
}

it('gives its burst, then what it has earned, up to the burst again', () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ burst: 5, perSecond: 2 }, clock);
  const taken = [takeAll(bucket)];
  clock.advance(1_500);
  taken.push(takeAll(bucket));
  clock.advance(60_000);
  taken.push(takeAll(bucket));
  expect(taken).toEqual([5, 3, 5]);
});

it('tells how long to wait for the next: then it is there, and not a millisecond before', () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ burst: 1, perSecond: 20 }, clock);
  const before = bucket.waitMs();
  takeAll(bucket);
  expect([before, bucket.waitMs()]).toEqual([0, 50]);
  clock.advance(49);
  expect([bucket.waitMs(), bucket.take()]).toEqual([1, false]);
  clock.advance(1);
  expect([bucket.waitMs(), bucket.take()]).toEqual([0, true]);
});

it('ignores the wall clock', () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, clock);
  takeAll(bucket);
  clock.jump(3_600_000);
  expect(bucket.take()).toBe(false);
});

it('never gives more than its rate, however time passes', () => {
  const rate = fc.record({ burst: fc.integer({ min: 1, max: 20 }), perSecond: fc.integer({ min: 1, max: 50 }) });
  fc.assert(
    fc.property(rate, fc.array(fc.nat(2_000), { maxLength: 50 }), ({ burst, perSecond }, passing) => {
      const clock = new FakeClock();
      const bucket = new TokenBucket({ burst, perSecond }, clock);
      let taken = takeAll(bucket);
      for (const ms of passing) {
        clock.advance(ms);
        taken += takeAll(bucket);
      }
      const passed = passing.reduce((sum, ms) => sum + ms, 0);
      expect(taken).toBeGreaterThanOrEqual(burst);
      // A hair for the sums of fractions.
      expect(taken).toBeLessThanOrEqual(burst + (passed * perSecond) / 1_000 + 1e-6);
    }),
  );
});
