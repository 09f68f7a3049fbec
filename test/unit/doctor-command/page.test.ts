// docs/doctor.md shows every check, and what the last recorded run said of each broken set-up.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seenFile } from '../../integration/doctor/breakage.ts';
import type { Seen } from '../../integration/doctor/breakage.ts';
import { pageFile, withTables } from '../../integration/doctor/page.ts';

const seen = JSON.parse(readFileSync(seenFile, 'utf8')) as Seen;

describe('the page about the doctor', () => {
  it('is up to date (else: UPDATE_DOCTOR=1 with test/integration/doctor/doctor.test.ts)', () => {
    const page = readFileSync(pageFile, 'utf8');
    expect(page).toBe(withTables(page, seen));
  });

  it('shows at least 20 kinds of broken set-up, each with what to do', () => {
    const silent = Object.entries(seen).filter(([, { found, todo }]) => found === '' || todo === '');
    expect({ silent, enough: Object.keys(seen).length >= 20 }).toEqual({ silent: [], enough: true });
  });
});
