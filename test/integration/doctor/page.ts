// The generated parts of docs/doctor.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { markdownTable, replaceSection } from '../../../scripts/generate/generated-section.ts';
import { checks } from '../../../src/doctor-command/finding.ts';
import type { Seen } from './breakage.ts';

/** The page. */
export const pageFile = fileURLToPath(new URL('../../../docs/doctor.md', import.meta.url));

/** Writes what a run showed into the page. */
export function writePage(seen: Seen): void {
  writeFileSync(pageFile, withTables(readFileSync(pageFile, 'utf8'), seen));
}

/** The page with every check, and with every broken set-up and what the doctor said of it. */
export function withTables(page: string, seen: Seen): string {
  const found = Object.entries(seen).map(([name, { by, level, about, found: what, todo }]) => [
    name,
    `\`${by}\``,
    level,
    text(`${about}: ${what}`),
    text(todo),
  ]);
  const meanings = Object.entries(checks).map(([check, meaning]) => [`\`${check}\``, meaning]);
  const table = markdownTable(['Broken', 'Check', 'Level', 'What it says', 'What to do'], found);
  return replaceSection(
    replaceSection(page, 'checks', markdownTable(['Check', 'All is well if'], meanings)),
    'found',
    table,
  );
}

// What Markdown or a browser would take for its own.
function text(words: string): string {
  return words.replaceAll(/[\\*_<>[\]`]/g, '\\$&');
}
