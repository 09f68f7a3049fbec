// docs/cases.md shows the cases of test/cases, with what the last recorded run saw.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pageFile, withCases } from '../../support/cases/page.ts';
import { cases, resultsFile } from '../../support/cases/read.ts';
import type { Results } from '../../support/cases/read.ts';

const results = JSON.parse(readFileSync(resultsFile, 'utf8')) as Results;

describe('the page about cases', () => {
  it('is up to date (else: UPDATE_CASES=1 with test/integration/cases.test.ts)', () => {
    const page = readFileSync(pageFile, 'utf8');
    expect(page).toBe(withCases(page, results));
  });

  it('shows a run in which everything was as expected', () => {
    const seen = Object.entries(results).map(([name, inputs]) => [
      name,
      Object.fromEntries(Object.entries(inputs).map(([key, result]) => [key, result.seen])),
    ]);
    const expected = cases.map((each) => [each.name, each.expected]);
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(expected));
  });

  it.each(cases.flatMap(({ tests = [] }) => tests.map(({ file, test }) => [file, test] as const)))(
    'names a test that %s has: %s',
    (file, test) => {
      expect(existsSync(file)).toBe(true);
      expect(readFileSync(file, 'utf8')).toContain(test);
    },
  );
});
