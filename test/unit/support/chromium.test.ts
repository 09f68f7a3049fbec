// Where the browser of a machine is looked for.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { findChromium } from '../../support/chromium.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chromium-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function program(directory: string, name: string, mode = 0o755): string {
  mkdirSync(join(folder, directory), { recursive: true });
  const path = join(folder, directory, name);
  writeFileSync(path, '');
  chmodSync(path, mode);
  return path;
}

it('the first on PATH that can be run, by any of its names', () => {
  const PATH = ['none', 'one', 'two'].map((name) => join(folder, name)).join(delimiter);
  program('one', 'chromium', 0o644);
  const other = program('two', 'google-chrome');
  const first = findChromium({ PATH });
  const own = program('one', 'chromium-browser');
  expect([first, findChromium({ PATH })]).toEqual([other, own]);
});

it('what CHROMIUM names goes before, and nothing else is taken in its place', () => {
  const PATH = join(folder, 'one');
  program('one', 'chromium');
  const named = program('elsewhere', 'thorium');
  const missing = join(folder, 'nosuch');
  expect([findChromium({ PATH, CHROMIUM: named }), findChromium({ PATH, CHROMIUM: missing })]).toEqual([
    named,
    undefined,
  ]);
});
