// Writes the figures of benchmarks and profiles, and the page that is made from them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../command.ts';
import { describeMachine } from '../circumstances.ts';
import { renderBenchmarks } from './files.ts';
import type { ProfileFigures } from './profile.ts';

/** Writes figures to a file, as JSON. */
export function writeFigures(file: string, figures: object): void {
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

/** Renders the page and its plots from the files of figures in docs/. */
export function writePage(): void {
  const files = renderBenchmarks((path) => readFileSync(join(root, path), 'utf8'));
  for (const [path, content] of Object.entries(files)) writeFileSync(join(root, path), content);
}

/** Writes what profiles of several trees came to, and the page. */
export function writeProfile(measured: Omit<ProfileFigures, 'date' | 'machine'>): void {
  const figures: ProfileFigures = {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    ...measured,
  };
  writeFigures(join(root, 'docs/benchmarks-profile.json'), figures);
  writePage();
}
