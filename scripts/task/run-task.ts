// What every npm script of the project does first: read its command line, and help or refuse where that is all to do.
import { asksForHelp } from '../../src/command-line/flags.ts';
import type { Values } from '../../src/command-line/flags.ts';
import { helpText } from '../../src/command-line/help.ts';
import { manualOf } from './help.ts';
import { tasks } from './tasks.ts';

const usageError = 2;

type TaskName = keyof typeof tasks;

/** What a script is told by its command line. */
export type Told<Name extends TaskName> = Values<(typeof tasks)[Name]['flags']>;

/** The work of a script. */
interface Work<Name extends TaskName> {
  /** A sentence without its full stop if the arguments are wrong together. */
  readonly findFault?: (values: Told<Name>, rest: readonly string[]) => Promise<string | undefined>;
  /** Does it and answers the exit code. Imports what it needs itself, so that help needs nothing. */
  readonly run: (values: Told<Name>, rest: readonly string[]) => Promise<number>;
}

/** Runs a script with this process's arguments, unless they only ask for help or are wrong. Sets the exit code. */
export async function runTask<Name extends TaskName>(name: Name, { findFault, run }: Work<Name>): Promise<void> {
  const manual = manualOf<(typeof tasks)[Name]>(tasks[name]);
  const parameters = process.argv.slice(2);
  if (asksForHelp(parameters)) {
    process.stdout.write(helpText(manual));
    return;
  }
  const { readCommandLine, withHelp } = await import('../../src/command-line/reading.ts');
  const read = readCommandLine<(typeof tasks)[Name]['flags']>(manual, parameters);
  if (read.kind === 'help') return;
  const refuse = (message: string): void => {
    process.stderr.write(`${message}\n`);
    process.exitCode = usageError;
  };
  if (read.kind === 'wrong') return refuse(read.message);
  const fault = await findFault?.(read.values, read.rest);
  if (fault !== undefined) return refuse(withHelp(fault, manual));
  process.exitCode = await run(read.values, read.rest);
}
