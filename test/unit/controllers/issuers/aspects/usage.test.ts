// How many certificates were used in the last week, by samples that survive a restart.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextSamples, usedLastWeek } from '../../../../../src/controllers/issuers/aspects/usage.ts';
import type { Sample } from '../../../../../src/controllers/issuers/aspects/usage.ts';

const start = Date.parse('2026-11-22T10:00:00Z');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const at = (days: number): Date => new Date(start + days * dayMs);
const sample = (days: number, certificatesRemaining: number): Sample => ({
  time: at(days).toISOString().replace('.000Z', 'Z'),
  certificatesRemaining,
});

describe('a sample', () => {
  it.each([
    ['is taken where there is none', [], 0, [sample(0, 7)]],
    ['is not taken within a day', [sample(0, 9)], 0.99, [sample(0, 9)]],
    ['is taken after a day', [sample(0, 9)], 1, [sample(0, 9), sample(1, 7)]],
    ['is dropped when it is older than the week', [sample(0, 9), sample(1, 8)], 8, [sample(1, 8), sample(8, 7)]],
    ['of a time to come, as of a clock that was ahead, is dropped', [sample(40, 9)], 0, [sample(0, 7)]],
    ['with a time that is none is dropped', [{ time: 'soon', certificatesRemaining: 9 }], 0, [sample(0, 7)]],
  ])('%s', (_, samples, days, expected) => {
    expect(nextSamples(samples, 7, at(days))).toEqual(expected);
  });
});

describe('what was used', () => {
  it.each([
    ['is nothing where nothing is known', [], 100, 0],
    ['counts from the first sample', [sample(0, 100)], 93, 7],
    ['leaves out what was bought meanwhile', [sample(-2, 100), sample(-1, 90), sample(0, 500)], 480, 30],
    ['leaves out what is older than the week', [sample(-8, 900), sample(-6, 100)], 90, 10],
  ])('%s', (_, samples, remaining, expected) => {
    expect(usedLastWeek(samples, remaining, at(0))).toBe(expected);
  });

  it('at a constant rate, sampled at each check, is that of seven or eight days, and never more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 20 }), (perHour, days) => {
        let samples: readonly Sample[] = [];
        const hours = days * 24;
        for (let hour = 0; hour <= hours; hour += 1)
          samples = nextSamples(samples, 1e6 - hour * perHour, new Date(start + hour * hourMs));
        const used = usedLastWeek(samples, 1e6 - hours * perHour, at(days));
        expect(used).toBeGreaterThanOrEqual(Math.min(days, 7) * 24 * perHour);
        expect(used).toBeLessThanOrEqual(Math.min(days, 8) * 24 * perHour);
        expect(samples.length).toBeLessThanOrEqual(9);
      }),
    );
  });
});
