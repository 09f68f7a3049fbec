// Which of the neighbours that take long to build a run of the tests builds.
import { expect, it } from 'vitest';
import { drawnBy } from '../../support/neighbours/turn.ts';

it.each([
  ['both', ['istio', 'spire'], ['istio', undefined, 'spire', undefined, 'istio']],
  ['one', ['spire'], ['spire', undefined, 'spire', undefined, 'spire']],
  ['none', [], [undefined, undefined, undefined, undefined, undefined]],
] as const)('every second run builds one of those that are missing: %s', (_, missing, drawn) => {
  expect([0, 1, 2, 3, 4].map((seed) => drawnBy(seed, missing))).toEqual(drawn);
});
