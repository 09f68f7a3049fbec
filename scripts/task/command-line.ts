// How the command line of an npm script is declared, and what is read from it. Pure.
import { parseArgs } from 'node:util';

/** One option; `text` is its meaning for `--help`. */
export type Option =
  | { readonly kind: 'flag'; readonly text: string }
  | { readonly kind: 'count'; readonly default: number; readonly text: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly text: string }
  | { readonly kind: 'text'; readonly value: string; readonly default?: string; readonly text: string };

/** What an npm script is for and what can be said to it. */
export interface Task {
  /** Name in package.json. */
  readonly npmScript: string;
  /** One line that says what it does. */
  readonly summary: string;
  /** More about what it does, as lines of at most 120 characters. */
  readonly details?: string;
  /** What must be there, how long it takes, what it costs. */
  readonly needs: string;
  readonly options: Readonly<Record<string, Option>>;
  /** What becomes of all other arguments; without it they are refused. */
  readonly rest?: string;
  /** Command lines behind the npm script's name, with what they do. */
  readonly examples?: Readonly<Record<string, string>>;
  /** Other npm scripts that are this one with options. */
  readonly shortcuts?: Readonly<Record<string, { readonly parameters: string; readonly summary: string }>>;
}

/** The value of an option. */
type ValueOf<O> = O extends { readonly kind: 'flag' }
  ? boolean
  : O extends { readonly kind: 'count' }
    ? number
    : O extends { readonly choices: readonly (infer Choice)[] }
      ? Choice | undefined
      : O extends { readonly default: string }
        ? string
        : string | undefined;

/** The values of all options. */
export type Values<Options> = { readonly [Name in keyof Options]: ValueOf<Options[Name]> };

/** What a command line asks for; `message` names its fault in a sentence. */
export type CommandLine<Options> =
  | { readonly kind: 'run'; readonly values: Values<Options>; readonly rest: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

/** Reads the arguments behind a script's name. */
export function readCommandLine<Options extends Task['options']>(
  { options, rest }: { readonly options: Options; readonly rest?: string },
  parameters: readonly string[],
): CommandLine<Options> {
  const parsed = parse(options, parameters, rest !== undefined);
  if (typeof parsed === 'string') return { kind: 'wrong', message: parsed };
  if (parsed.given['help'] !== undefined) return { kind: 'help' };
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) {
    const read = valueOf(name, option, parsed.given[name]);
    if (read.kind === 'wrong') return read;
    values[name] = read.value;
  }
  return { kind: 'run', values: values as Values<Options>, rest: parsed.rest };
}

interface Parsed {
  readonly given: Readonly<Record<string, unknown>>;
  readonly rest: readonly string[];
}

function parse(options: Task['options'], parameters: readonly string[], takesRest: boolean): Parsed | string {
  const types = Object.entries(options).map(
    ([name, { kind }]) => [name, { type: kind === 'flag' ? 'boolean' : 'string' }] as const,
  );
  try {
    const { values, tokens } = parseArgs({
      args: [...parameters],
      options: { ...Object.fromEntries(types), help: { type: 'boolean', short: 'h' } },
      // What is unknown here may be known to whoever gets the rest.
      strict: !takesRest,
      allowPositionals: takesRest,
      tokens: true,
    });
    const own = new Set<number>();
    for (const token of tokens) {
      if (token.kind !== 'option' || !Object.hasOwn(options, token.name)) continue;
      own.add(token.index);
      if (token.inlineValue === false) own.add(token.index + 1);
    }
    return { given: values, rest: parameters.filter((_, index) => !own.has(index)) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The sentences after the first are about arguments that begin with a dash.
    return error.message.replace(/(?:\. |\.?\n)[^]*$/, '');
  }
}

type Read = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'wrong'; readonly message: string };

function valueOf(name: string, option: Option, given: unknown): Read {
  if (option.kind === 'flag')
    return typeof given === 'string' ? wrong(`--${name} takes no value`) : { kind: 'value', value: given === true };

  if (given === undefined) return { kind: 'value', value: 'default' in option ? option.default : undefined };
  if (typeof given !== 'string') return wrong(`--${name} needs a value`);
  switch (option.kind) {
    case 'count':
      return /^[1-9]\d*$/.test(given)
        ? { kind: 'value', value: Number(given) }
        : wrong(`--${name} is a whole number above 0, not "${given}"`);
    case 'choice':
      return option.choices.includes(given)
        ? { kind: 'value', value: given }
        : wrong(`--${name} is one of ${option.choices.join(', ')}, not "${given}"`);
    case 'text':
      return given === '' ? wrong(`--${name} needs a value`) : { kind: 'value', value: given };
  }
}

function wrong(message: string): { readonly kind: 'wrong'; readonly message: string } {
  return { kind: 'wrong', message };
}
