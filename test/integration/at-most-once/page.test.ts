// docs/at-most-once.md says what the matrix beside this file shows.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { certificatesOf } from './cases.ts';
import { endOf } from './circumstances.ts';
import { pageFile, withEnds, withMatrix } from './page.ts';

it('is up to date (else: TEST_FULL=1 UPDATE_AT_MOST_ONCE=1 with the matrix)', () => {
  const page = readFileSync(pageFile, 'utf8');
  expect(page).toBe(withEnds(withMatrix(page, certificatesOf), endOf));
});
