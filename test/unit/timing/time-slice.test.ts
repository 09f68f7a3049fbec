// Stretches of work by a clock that the test moves.
import { expect, it } from 'vitest';
import { TimeSlice } from '../../../src/timing/time-slice.ts';
import { FakeClock } from '../../support/fake-clock.ts';

it('is used up after two milliseconds, and begins again after everything else ran once', async () => {
  const clock = new FakeClock();
  const slice = new TimeSlice(clock);
  clock.advance(2);
  const used = [slice.isUsedUp()];
  clock.advance(1);
  used.push(slice.isUsedUp());
  let others = 0;
  setImmediate(() => (others += 1));
  await slice.pass();
  expect([used, others, slice.isUsedUp()]).toEqual([[false, true], 1, false]);
});
