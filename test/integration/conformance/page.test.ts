// docs/conformance.md says what the tests beside this file show.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allCertificateCases, withTables } from './page.ts';
import { signingRequestCases } from './signing-request-cases.ts';

const page = fileURLToPath(new URL('../../../docs/conformance.md', import.meta.url));
const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

describe('the page about conformance', () => {
  it('has every case of both suites once', () => {
    expect(allCertificateCases.map(({ number }) => number)).toEqual(upTo(31));
    expect(signingRequestCases.map(({ number }) => number)).toEqual(upTo(23));
  });

  it('is up to date (else: UPDATE_CONFORMANCE=1 with this test)', () => {
    const text = readFileSync(page, 'utf8');
    const fresh = withTables(text);
    if (process.env['UPDATE_CONFORMANCE'] === '1') writeFileSync(page, fresh);
    expect(readFileSync(page, 'utf8')).toBe(fresh);
  });
});
