// The generated parts of docs/command-line.md.
import type { Manual } from '../../src/command-line/flags.ts';
import { helpText } from '../../src/command-line/help.ts';
import { operatorManual, subcommands } from '../../src/program/manuals.ts';
import { markdownTable } from './generated-section.ts';

const manuals: Readonly<Record<string, Manual>> = { run: operatorManual, ...subcommands };

/** How each subcommand ends. */
export function exitCodesTable(): string {
  const codes = [0, 1, 2, 3];
  const rows = Object.entries(manuals).map(([name, { exitCodes = {} }]) => [
    `\`${name}\``,
    ...codes.map((code) => exitCodes[code] ?? ''),
  ]);
  return markdownTable(['Subcommand', ...codes.map(String)], rows);
}

/** The help of each subcommand. */
export function subcommandHelps(): string {
  return Object.entries<Manual>(subcommands)
    .map(([name, manual]) => `## ${name}\n\n\`\`\`\n${helpText(manual).trimEnd()}\n\`\`\``)
    .join('\n\n');
}
