// Pauses between tries: how long.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff } from '../../../src/timing/backoff.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const bounds = fc
  .record({ baseMs: fc.integer({ min: 1, max: 60_000 }), factor: fc.integer({ min: 1, max: 1_000 }) })
  .map(({ baseMs, factor }) => ({ baseMs, maxMs: baseMs * factor }));

describe('backoff', () => {
  it('lies between half and the whole of the doubled base, and never above the maximum', () => {
    fc.assert(
      fc.property(fc.nat(2_000), bounds, chance, (failures, { baseMs, maxMs }, drawn) => {
        const ms = backoff(failures, { baseMs, maxMs }, { random: () => drawn });
        const full = Math.min(maxMs, baseMs * 2 ** failures);
        expect(ms).toBeGreaterThanOrEqual(full / 2);
        expect(ms).toBeLessThanOrEqual(full);
      }),
    );
  });

  it('never shrinks with another failure, for the same chance', () => {
    fc.assert(
      fc.property(fc.nat(100), bounds, chance, (failures, between, drawn) => {
        const after = (count: number): number => backoff(count, between, { random: () => drawn });
        expect(after(failures + 1)).toBeGreaterThanOrEqual(after(failures));
      }),
    );
  });

  it('begins at the base and scatters evenly over the upper half', () => {
    const scattered = [0, 0.5, 1].map((drawn) => backoff(0, { baseMs: 100, maxMs: 10_000 }, { random: () => drawn }));
    expect(scattered).toEqual([50, 75, 100]);
  });
});
