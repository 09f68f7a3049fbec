// How often a hold may end early: once at once, then after pauses that double, and anew after a long rest.
import { expect, it } from 'vitest';
import { EarlyEnds } from '../../../../src/controllers/issuers/early-ends.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

it('lets a change in a loop end holds no oftener than a fault in a row would', () => {
  const clock = new FakeClock(() => 1);
  const ends = new EarlyEnds(clock);
  const ended: number[] = [];
  for (let second = 0; second < 3_600; second += 1) {
    if (ends.mayBeNow('a')) {
      ends.count('a');
      ended.push(second);
    }
    clock.advance(1_000);
  }
  expect(ended).toEqual([0, 20, 60, 140, 300, 620, 1_220, 1_820, 2_420, 3_020]);
});

it('counts anew after a rest, for each issuer alone, and for one that is gone', () => {
  const clock = new FakeClock(() => 1);
  const ends = new EarlyEnds(clock);
  for (const pauseMs of [20_000, 40_000]) {
    ends.count('a');
    clock.advance(pauseMs);
  }
  const other = ends.mayBeNow('b');
  clock.advance(10 * 60_000 + 1);
  ends.count('a');
  clock.advance(19_999);
  const early = ends.mayBeNow('a');
  clock.advance(1);
  const due = ends.mayBeNow('a');
  ends.count('a');
  ends.forget('a');
  expect([other, early, due, ends.mayBeNow('a')]).toEqual([true, false, true, true]);
});
