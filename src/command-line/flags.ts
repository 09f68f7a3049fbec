// Flags of a subcommand as one table: how they are read, and how its help lists them.
import { parseArgs } from 'node:util';

/** One flag; `value` is the placeholder of its value in the help, `a|b` where it is one of several words. */
export interface Flag {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: true;
  readonly value?: string;
  readonly help: string;
}

/** The values that were given, by the names of the flags. */
export type Given<Flags extends Readonly<Record<string, Flag>>> = ReturnType<
  typeof parseArgs<{ readonly options: Flags }>
>['values'];

/** Reads the arguments behind the word `command`, or says in a sentence which of them is at fault. */
export function readFlags<Flags extends Readonly<Record<string, Flag>>>(
  command: string,
  flags: Flags,
  argv: readonly string[],
): Given<Flags> | string {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: false, strict: true }).values;
  } catch (error) {
    // The sentences after the first are about arguments that begin with a dash.
    const said = error instanceof Error ? (error.message.split(/\. |\.?\n/)[0] ?? '') : String(error);
    return `${said}. Run "alibaba-pca-issuer ${command} --help" for the list of flags.`;
  }
}

/** What is wrong with a value that must be one of the words of its placeholder; undefined when it was not given. */
export function choiceFault(name: string, flag: Flag, value: string | undefined): string | undefined {
  const choices = flag.value?.split('|') ?? [];
  return value === undefined || choices.includes(value)
    ? undefined
    : `--${name} is ${JSON.stringify(value)} but must be one of ${choices.join(', ')}.`;
}

/** The flags with their meanings, two lines each. */
export function listFlags(flags: Readonly<Record<string, Flag>>): string {
  const rows = Object.entries(flags).map(([name, { short, value, help }]) => {
    const written = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
    return `  ${written}\n        ${help}`;
  });
  return rows.join('\n');
}
