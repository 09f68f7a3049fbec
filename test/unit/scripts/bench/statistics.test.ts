import { describe, expect, it } from 'vitest';
import { median, percentile, slope } from '../../../../scripts/bench/statistics.ts';

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
    [[], Number.NaN],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  it.each([
    [hundred, 0.5, 50],
    [hundred, 0.95, 95],
    [hundred, 0.99, 99],
    [hundred, 1, 100],
    [[8, 9], 0.5, 8],
    [[8, 9], 0.51, 9],
    [[], 0.5, Number.NaN],
  ])('of a series at %d', (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });
});

describe('slope', () => {
  it('is that of the line through points on a line', () => {
    expect(slope([1, 2, 5].map((x) => ({ x, y: 3 * x - 4 })))).toBeCloseTo(3);
  });

  it('balances what lies beside the line', () => {
    const ys = [0, 2, 1, 3];
    expect(slope(ys.map((y, x) => ({ x, y })))).toBeCloseTo(0.8);
  });

  it('is 0 where there is no line', () => {
    expect([slope([]), slope([{ x: 1, y: 1 }]), slope([1, 2].map((y) => ({ x: 1, y })))]).toEqual([0, 0, 0]);
  });
});
