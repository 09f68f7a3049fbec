// Which version is older, also beyond what a number can hold.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOlder } from '../../../src/kubernetes/resource-version.ts';

test.each([
  ['9', '10', true],
  ['10', '9', false],
  ['10', '10', false],
  ['18446744073709551615', '18446744073709551616', true],
  ['0', '5', false],
  ['', '5', false],
  ['5', '', false],
  ['05', '7', false],
  ['-1', '7', false],
  ['x1', 'x2', false],
])('whether %j is older than %j: %s', (one, other, older) => {
  expect(isOlder(one, other)).toBe(older);
});

test('is the order of integers', () => {
  const version = fc.bigInt({ min: 1n, max: 2n ** 100n });
  fc.assert(
    fc.property(version, version, (one, other) => {
      expect(isOlder(String(one), String(other))).toBe(one < other);
    }),
  );
});
