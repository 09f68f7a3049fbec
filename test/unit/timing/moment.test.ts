// Moments as text.
import { expect, it } from 'vitest';
import { formatMicroTime, formatMoment } from '../../../src/timing/moment.ts';

it.each([
  ['2027-01-31T09:30:00.000Z', '2027-01-31T09:30:00Z', '2027-01-31T09:30:00.000000Z'],
  // Whole seconds are cut, not rounded: what is written never lies after what happened.
  ['2027-01-31T09:30:00.999Z', '2027-01-31T09:30:00Z', '2027-01-31T09:30:00.999000Z'],
  ['2027-01-31T09:30:00+08:00', '2027-01-31T01:30:00Z', '2027-01-31T01:30:00.000000Z'],
])('%s is written as %s and as %s', (moment, seconds, micro) => {
  const date = new Date(moment);
  expect([formatMoment(date), formatMicroTime(date)]).toEqual([seconds, micro]);
});
