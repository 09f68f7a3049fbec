// Places that flows share: how many one gets, and that a newcomer finds one.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FlowShares } from '../../../src/timing/flow-shares.ts';

/** How many of `places` each of these flows gets, one after the other, when none gives any back. */
function filled(weight: number, places: number, flows: readonly string[]): readonly number[] {
  const shares = new FlowShares(weight);
  let free = places;
  return flows.map((flow) => {
    const before = free;
    while (shares.admits(flow, free)) {
      shares.take(flow);
      free -= 1;
    }
    return before - free;
  });
}

test.each([
  { weight: 1, places: 48, gets: [24, 12, 6, 3, 2, 1, 0] },
  { weight: 3, places: 64, gets: [48, 12, 3, 1, 0, 0, 0] },
  { weight: 3, places: 1, gets: [1, 0, 0, 0, 0, 0, 0] },
])('of $places places with weight $weight the flows get $gets', ({ weight, places, gets }) => {
  expect(filled(weight, places, ['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toEqual(gets);
});

test('a place that is given back counts no more', () => {
  const shares = new FlowShares(1);
  shares.take('a');
  const before = shares.admits('a', 1);
  shares.giveBack('a');
  expect([before, shares.admits('a', 1)]).toEqual([false, true]);
});

test('who has none gets one whenever one is free', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 50 }), fc.integer({ min: 1 }), (taken, free) => {
      const shares = new FlowShares(1);
      for (const flow of taken) shares.take(flow);
      expect(shares.admits('new', free)).toBe(true);
    }),
  );
});
