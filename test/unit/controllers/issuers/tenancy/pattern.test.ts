// Patterns of rules against an oracle, and that stars in ARNs stay where they are.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches, matchesAnyRole } from '../../../../../src/controllers/issuers/tenancy/pattern.ts';

test.each([
  ['team-*', ['team-', 'team-a', 'team-a-b'], ['team', 'ateam-a', 'Team-a']],
  ['*', ['', 'a'], []],
  ['a', ['a'], ['', 'aa']],
  ['*-a', ['-a', 'b-a', '-a-a'], ['a', '-ab']],
  ['a*a', ['aa', 'aba', 'aaa'], ['a', 'ab']],
  ['a*bc*c', ['abcc', 'axbcxc'], ['abc', 'abcx']],
  ['**', ['', 'x'], []],
])('%s matches %j and not %j', (pattern, matched, others) => {
  expect([...matched, ...others].filter((text) => matches(pattern, text))).toEqual(matched);
});

test('a pattern matches what a regular expression of it matches', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '-', '*'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (written, given) => {
      const oracle = new RegExp(`^${written.replaceAll('*', '.*')}$`);
      expect(matches(written, given)).toBe(oracle.test(given));
    }),
    { numRuns: 5_000 },
  );
});

test('a pattern that matches the text of another one matches whatever that matches', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 4 });
  const filling = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 3 }), {
    minLength: 4,
    maxLength: 4,
  });
  fc.assert(
    fc.property(pattern, pattern, filling, (wide, narrow, fillings) => {
      if (!matches(wide, narrow)) return;
      let index = 0;
      expect(
        matches(
          wide,
          narrow.replaceAll('*', () => fillings[index++] ?? ''),
        ),
      ).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  ['acs:ram::1:role/pca-*', ['acs:ram::1:role/pca-a', 'acs:ram::1:role/pca-a/b'], ['acs:ram::2:role/pca-a']],
  ['acs:ram::*:role/pca', ['acs:ram::1:role/pca'], ['acs:ram::1:role/x:role/pca', 'acs:ram::1:role/x']],
  ['acs:ram::1:role/*', ['acs:ram::1:role/a'], ['acs:ram::1:role/', 'acs:ram::1:user/a', 'acs:ram::11:role/a', '']],
])('%s is for the roles %j and not for %j', (pattern, matched, others) => {
  expect([...matched, ...others].filter((arn) => matchesAnyRole([pattern], arn))).toEqual(matched);
});
