// The table of the npm scripts in CONTRIBUTING.md.
import { npmCommand, scriptSummaries } from '../task/help.ts';
import { allScripts } from '../task/tasks.ts';
import { markdownTable } from './generated-section.ts';

/** Every npm script with what it does. */
export function scriptsTable(): string {
  const rows = Object.entries(scriptSummaries(allScripts)).map(([name, summary]) => [
    `\`${npmCommand(name)}\``,
    summary,
  ]);
  return markdownTable(['Command', 'What it does'], rows);
}
