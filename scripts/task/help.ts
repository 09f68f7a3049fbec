// The texts about npm scripts: the manual of each, the list of all, and how one is named. Pure, and without any package.
import { columns } from '../../src/command-line/help.ts';
import type { Manual } from '../../src/command-line/flags.ts';
import { exitCodes } from './task.ts';
import type { Task } from './task.ts';

const npmOwn = ['test', 'start'];

/** How a script is run: npm knows `test` and `start` without `run`. */
export function npmCommand(npmScript: string): string {
  return npmOwn.includes(npmScript) ? `npm ${npmScript}` : `npm run ${npmScript}`;
}

/** The manual of a script. */
export function manualOf<Declared extends Task>(declared: Declared): Manual & Pick<Declared, 'flags'> {
  const { npmScript, shortcuts = {}, ...task } = declared as Task & Pick<Declared, 'flags'>;
  const command = npmCommand(npmScript);
  const rows = Object.entries(shortcuts).map(
    ([name, { parameters }]) => [npmCommand(name), `${command} -- ${parameters}`] as const,
  );
  return { ...task, command, before: '--', lists: { Shorter: Object.fromEntries(rows) }, exitCodes };
}

/** What the list of scripts says about one. */
type Listed = Pick<Task, 'npmScript' | 'summary' | 'shortcuts'>;

/** Every npm script with its summary, shortcuts included. */
export function scriptSummaries(tasks: readonly Listed[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tasks.flatMap(({ npmScript, summary, shortcuts = {} }) => [
      [npmScript, summary],
      ...Object.entries(shortcuts).map(([name, shortcut]) => [name, shortcut.summary]),
    ]),
  );
}

/** The list of all scripts, for whoever names none. */
export function taskList(tasks: readonly Listed[]): string {
  const rows = Object.entries(scriptSummaries(tasks)).map(([name, summary]) => [npmCommand(name), summary] as const);
  return ['The npm scripts; each says more with -- --help:', '', ...columns(rows), ''].join('\n');
}
