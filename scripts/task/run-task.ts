// What every npm script of the project does first: read its command line, and help or refuse where that is all to do.
import { readCommandLine } from './command-line.ts';
import type { Values } from './command-line.ts';
import { helpText, npmCommand } from './help.ts';
import { tasks } from './tasks.ts';

const usageError = 2;

type TaskName = keyof typeof tasks;

/** What a script is told by its command line. */
export type Told<Name extends TaskName> = Values<(typeof tasks)[Name]['options']>;

/** The work of a script. */
interface Work<Name extends TaskName> {
  /** A sentence without its full stop if the arguments are wrong together. */
  readonly findFault?: (values: Told<Name>, rest: readonly string[]) => Promise<string | undefined>;
  /** Does it and answers the exit code. Imports what it needs itself, so that help needs nothing. */
  readonly run: (values: Told<Name>, rest: readonly string[]) => Promise<number>;
}

/** Runs a script with this process's arguments, unless they only ask for help or are wrong. Sets the exit code. */
export async function runTask<Name extends TaskName>(name: Name, { findFault, run }: Work<Name>): Promise<void> {
  const task = tasks[name];
  const read = readCommandLine<(typeof tasks)[Name]['options']>(task, process.argv.slice(2));
  if (read.kind === 'help') {
    process.stdout.write(helpText(task));
    return;
  }
  const fault = read.kind === 'wrong' ? read.message : await findFault?.(read.values, read.rest);
  if (read.kind === 'wrong' || fault !== undefined) {
    process.stderr.write(`${fault}. See ${npmCommand(task.npmScript)} -- --help.\n`);
    process.exitCode = usageError;
    return;
  }
  process.exitCode = await run(read.values, read.rest);
}
