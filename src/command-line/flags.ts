// The flags of a command as a table: from it follow how they are read (reading.ts), what `--help` says (help.ts) and pages.

interface Common {
  /** Its meaning: a sentence, or a part of one that begins in lower case. */
  readonly help: string;
  /** One letter. */
  readonly short?: string;
}

interface Needed {
  /** Whether the command cannot do without it. */
  readonly required?: true;
}

/** One flag, by the kind of its value. `value` is the placeholder in the help; a default is written as in a command line. */
export type Flag =
  | (Common & { readonly kind: 'switch' })
  | (Common & { readonly kind: 'choice'; readonly choices: readonly string[]; readonly default?: string })
  | (Common & { readonly kind: 'text'; readonly value: string; readonly default?: string })
  | (Common & { readonly kind: 'texts'; readonly value: string })
  | (Common &
      Needed & { readonly kind: 'count'; readonly least?: number; readonly most?: number; readonly default?: number })
  | (Common &
      Needed & {
        readonly kind: 'value';
        readonly value: string;
        readonly default?: string;
        /** What the text stands for; undefined where it does not fit. */
        readonly read: (text: string) => unknown;
        /** What it must be, as the end of a sentence. */
        readonly mustBe: string;
        /** Whether it might hold a password, and is not repeated. */
        readonly isSecret?: true;
      });

/** The flags of a command by their names. */
export type Flags = Readonly<Record<string, Flag>>;

type Given<F, Value> = F extends { readonly default: unknown } | { readonly required: true }
  ? Value
  : Value | undefined;

type ValueOf<F> = F extends { readonly kind: 'switch' }
  ? boolean
  : F extends { readonly kind: 'texts' }
    ? readonly string[]
    : F extends { readonly kind: 'count' }
      ? Given<F, number>
      : F extends { readonly choices: readonly (infer Choice)[] }
        ? Given<F, Choice>
        : F extends { readonly read: (text: string) => infer Value }
          ? Given<F, Exclude<Value, undefined>>
          : Given<F, string>;

/** The values of all flags; undefined where one was not given and has no default. */
export type Values<Table> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

/** What a command is for and what can be said to it. */
export interface Manual {
  /** How it is called, such as `npm run demo`. */
  readonly command: string;
  /** What stands between the command and its flags; `npm run` takes them after `--`. */
  readonly before?: string;
  /** One sentence without its full stop. */
  readonly summary: string;
  /** More about it, as lines of at most 120 characters. */
  readonly details?: string;
  readonly flags: Flags;
  /** What becomes of all other arguments; without it they are refused. */
  readonly rest?: string;
  /** Command lines behind the command, or whole ones that begin with another program, with what they do. */
  readonly examples?: Readonly<Record<string, string>>;
  /** What else there is to list, by title. */
  readonly lists?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What must be there, how long it takes, what it costs. */
  readonly needs?: string;
  /** By the code. */
  readonly exitCodes?: Readonly<Record<number, string>>;
}

/** Forms of the output. */
export type OutputForm = 'table' | 'json' | 'yaml';

/** The flag for the form of the output. */
export const outputFlag = {
  kind: 'choice',
  short: 'o',
  choices: ['table', 'json', 'yaml'],
  default: 'table',
  help: 'format of the output',
} as const satisfies Flag;

/** The flags that choose a cluster. */
export const clusterFlags = {
  kubeconfig: {
    kind: 'text',
    value: 'FILE',
    help: 'kubeconfig of the cluster; default PCA_ISSUER_KUBECONFIG of the environment, else the ServiceAccount of the pod',
  },
  context: { kind: 'text', value: 'NAME', help: 'context of the kubeconfig; default its current one' },
} as const satisfies Flags;

/** Whether arguments ask for help, which is then all that is done. */
export function asksForHelp(parameters: readonly string[]): boolean {
  const end = parameters.indexOf('--');
  const before = end === -1 ? parameters : parameters.slice(0, end);
  return before.some((parameter) => parameter === '--help' || parameter === '-h');
}
