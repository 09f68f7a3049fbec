// The cost of what is shipped, in figures that no machine changes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { buildBundle } from '../../../scripts/build.ts';
import { costComplaints } from '../../support/cost/figures.ts';
import { nodeFlags } from '../../support/cost/issuing-allocations.ts';
import type { IssuingCost } from '../../support/cost/issuing-allocations.ts';

const program = fileURLToPath(new URL('../../support/cost/issuing-allocations.ts', import.meta.url));

it('a start loads as many bytes and modules as before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pca-test-'));
  try {
    const { startBytes, startModules } = await buildBundle(folder);
    expect(costComplaints('bundle', { startBytes, startModules })).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('planning and verifying a certificate allocates as much as before, and makes as many objects of OpenSSL', async () => {
  const { stdout } = await execa(process.execPath, [...nodeFlags, program]);
  const { bytes, calls } = JSON.parse(stdout) as IssuingCost;
  expect(costComplaints('issuing', { bytes })).toEqual([]);
  expect(calls).toEqual({ createPublicKey: 0, verify: 2, X509Certificate: 0 });
});

describe('a figure', () => {
  const stored = { bundle: { startBytes: 1_000, startModules: 10 }, issuing: { bytes: 1 }, operator: { bytes: 1 } };
  it.each([
    [1_000, 10, []],
    [1_100, 9, []],
    [1_101, 10, ['startBytes']],
    [899, 12, ['startBytes', 'startModules']],
  ])('of %d beside one of %d', (startBytes, startModules, names) => {
    const complaints = costComplaints('bundle', { startBytes, startModules }, stored);
    expect(complaints.map((text) => text.split(' ')[0])).toEqual(names.map((name) => `bundle.${name}`));
  });
});
