// Reads a command line by a table of flags. The grammar, and what was probably meant by a name that is not known, are
// commander's; the values are read here.
import { Command, CommanderError, Option } from 'commander';
import { asksForHelp } from './flags.ts';
import type { Flag, Flags, Manual, Values } from './flags.ts';
import { written } from './help.ts';

/** What a command line asks for; `message` names its fault in a sentence, with the full stop. */
export type CommandLine<Table> =
  | { readonly kind: 'run'; readonly values: Values<Table>; readonly rest: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

/** The part of a manual that says what may be given. */
export type Grammar<Table extends Flags> = Pick<Manual, 'command' | 'before' | 'rest'> & { readonly flags: Table };

/** Reads the arguments behind a command. */
export function readCommandLine<Table extends Flags>(
  grammar: Grammar<Table>,
  parameters: readonly string[],
): CommandLine<Table> {
  if (asksForHelp(parameters)) return { kind: 'help' };
  const parsed = parse(grammar, parameters);
  if ('message' in parsed) return { kind: 'wrong', message: withHelp(parsed.message, grammar) };
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(grammar.flags)) {
    const read = valueOf(name, flag, parsed.given.get(name));
    if (read.kind === 'wrong') return read;
    if (read.kind === 'missing') return { kind: 'wrong', message: withHelp(`--${name} is missing`, grammar) };
    values[name] = read.value;
  }
  return { kind: 'run', values: values as Values<Table>, rest: parsed.rest };
}

/** A sentence without its full stop, and where the flags of the command are told. */
export function withHelp(fault: string, { command, before }: Pick<Manual, 'command' | 'before'>): string {
  return `${fault}. See ${[command, before, '--help'].filter(Boolean).join(' ')}.`;
}

/** What is wrong with a name that is none of these, as a sentence without its full stop. */
export function unknownName(name: string, names: readonly string[]): string {
  const program = quiet(new Command());
  for (const each of names) program.command(each);
  return faultOf(() => program.parse([name], { from: 'user' })) ?? `There is no command '${name}'`;
}

type Parsed =
  | {
      readonly given: ReadonlyMap<string, boolean | string | readonly string[] | undefined>;
      readonly rest: readonly string[];
    }
  | { readonly message: string };

function parse({ flags, rest }: Grammar<Flags>, parameters: readonly string[]): Parsed {
  const command = quiet(new Command())
    .allowUnknownOption(rest !== undefined)
    .allowExcessArguments();
  const options = Object.entries(flags).map(([name, flag]) => {
    const option = new Option(grammarOf(name, flag));
    // A value that several may follow would take the arguments after it too.
    if (flag.kind === 'texts') option.argParser((text, earlier?: readonly string[]) => [...(earlier ?? []), text]);
    command.addOption(option);
    return [name, option.attributeName()] as const;
  });
  const message =
    switchFault(flags, parameters) ??
    faultOf(() => command.parse(rest === undefined ? spelled(flags, parameters) : parameters, { from: 'user' }));
  if (message !== undefined) return { message };
  const [unexpected] = command.args;
  if (rest === undefined && unexpected !== undefined) return { message: `Unexpected argument '${unexpected}'` };
  const values = command.opts<Record<string, boolean | string | readonly string[]>>();
  return { given: new Map(options.map(([name, attribute]) => [name, values[attribute]])), rest: command.args };
}

function switchFault(flags: Flags, parameters: readonly string[]): string | undefined {
  const name = parameters
    .map((parameter) => /^--([^=]+)=/.exec(parameter)?.[1] ?? '')
    .find((given) => Object.hasOwn(flags, given) && flags[given]?.kind === 'switch');
  return name === undefined ? undefined : `Option '--${name}' takes no value`;
}

/** With a name that is not known apart from its value, so that commander finds what was probably meant. */
function spelled(flags: Flags, parameters: readonly string[]): readonly string[] {
  return parameters.flatMap((parameter) => {
    const [, name, text = ''] = /^--([^=]+)=(.*)$/s.exec(parameter) ?? [];
    return name === undefined || Object.hasOwn(flags, name) ? [parameter] : [`--${name}`, text];
  });
}

/** A flag in commander's own notation. */
function grammarOf(name: string, flag: Flag): string {
  const { help, short } = flag;
  const spelling = { help, ...(short === undefined ? {} : { short }) };
  return written(name, flag.kind === 'switch' ? flag : { ...spelling, kind: 'text', value: '<value>' });
}

/** A command that neither prints nor ends the process. */
function quiet(command: Command): Command {
  return command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
}

/** What commander says against it, as the beginning of a sentence. */
function faultOf(parsing: () => unknown): string | undefined {
  try {
    parsing();
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const [first = '', hint] = error.message.replace(/^error: /, '').split('\n');
    const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1)}`;
    return hint === undefined ? sentence : `${sentence} ${hint.replace('(Did', '(did')}`;
  }
}

type Read =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'missing' }
  | { readonly kind: 'wrong'; readonly message: string };

function valueOf(name: string, flag: Flag, given: boolean | string | readonly string[] | undefined): Read {
  if (flag.kind === 'switch') return value(given === true);
  if (flag.kind === 'texts') return value(given ?? []);
  if (typeof given === 'string') return readText(name, flag, given);
  if ('required' in flag) return { kind: 'missing' };
  if (flag.kind === 'value' && flag.default !== undefined) return readText(name, flag, flag.default);
  return value(flag.default);
}

type ReadableFlag = Exclude<Flag, { readonly kind: 'switch' | 'texts' }>;

function readText(name: string, flag: ReadableFlag, text: string): Read {
  const read = textAs(flag, text);
  if (read !== undefined) return value(read);
  if (flag.kind === 'text') return { kind: 'wrong', message: `--${name} needs a value.` };
  const isSecret = flag.kind === 'value' && flag.isSecret === true;
  const given = isSecret ? '' : ` is ${JSON.stringify(text)} but`;
  return { kind: 'wrong', message: `--${name}${given} must be ${mustBe(flag)}.` };
}

/** What a text stands for; undefined where it does not fit. */
function textAs(flag: ReadableFlag, text: string): unknown {
  switch (flag.kind) {
    case 'text':
      return text === '' ? undefined : text;
    case 'choice':
      return flag.choices.includes(text) ? text : undefined;
    case 'count':
      return countIn(flag, text);
    case 'value':
      return flag.read(text);
  }
}

function countIn({ least = 1, most = Number.MAX_SAFE_INTEGER }: CountFlag, text: string): number | undefined {
  return /^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined;
}

type CountFlag = Extract<Flag, { readonly kind: 'count' }>;

function mustBe(flag: Exclude<ReadableFlag, { readonly kind: 'text' }>): string {
  switch (flag.kind) {
    case 'choice':
      return `one of ${flag.choices.join(', ')}`;
    case 'count':
      return flag.most === undefined
        ? `a whole number, at least ${flag.least ?? 1}`
        : `a whole number from ${flag.least ?? 1} to ${flag.most}`;
    case 'value':
      return flag.mustBe;
  }
}

function value(read: unknown): Read {
  return { kind: 'value', value: read };
}
