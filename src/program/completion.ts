// The completion of the program's command line as a script for a shell, from the tables that --help shows. It asks no
// process, which would be slow at each key.
import type { Flag, Manual } from '../command-line/flags.ts';
import { completionShells, operatorManual, runWord, subcommands } from './manuals.ts';

/** A shell that can be told. */
export type Shell = (typeof completionShells)[number];

interface CompletedFlag {
  readonly name: string;
  readonly short: string | undefined;
  readonly help: string;
  /** What may stand behind it: one of these, or any text, which may be a file. */
  readonly value: readonly string[] | 'text' | 'none';
}

const program = operatorManual.command;
const manuals: Readonly<Record<string, Manual>> = { [runWord]: operatorManual, ...subcommands };

/** The script for a shell. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bashScript();
    case 'zsh':
      return `autoload -U +X bashcompinit && bashcompinit\n${bashScript()}`;
    case 'fish':
      return fishScript();
  }
}

function flagsOf({ flags }: Manual): readonly CompletedFlag[] {
  const own = Object.entries<Flag>(flags).map(([name, flag]) => {
    return { name, short: flag.short, help: flag.help, value: valueOf(flag) };
  });
  return [...own, { name: 'help', short: 'h', help: 'show the help', value: 'none' }];
}

function valueOf(flag: Flag): CompletedFlag['value'] {
  if (flag.kind === 'choice') return flag.choices;
  // The operator's switches may have a value, and need none.
  return flag.kind === 'switch' || (flag.kind === 'text' && flag.value === 'switch') ? 'none' : 'text';
}

/** What a subcommand takes beside flags. */
function wordsOf(command: string): readonly string[] {
  return command === 'completion' ? completionShells : [];
}

function bashScript(): string {
  const values = Object.entries(manuals).flatMap(([command, manual]) =>
    flagsOf(manual).flatMap(({ name, short, value }) => {
      if (value === 'none') return [];
      const spelled = [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
      const pattern = spelled.map((flag) => `${command},${flag}`).join('|');
      return [`    ${pattern}) ${value === 'text' ? 'return' : `words='${value.join(' ')}'`} ;;`];
    }),
  );
  const words = Object.entries(manuals).map(([command, manual]) => {
    const flags = flagsOf(manual).map(({ name }) => `--${name}`);
    return `    ${command},*) words='${[...wordsOf(command), ...flags].join(' ')}' ;;`;
  });
  return `_alibaba_pca_issuer() {
  local word="\${COMP_WORDS[COMP_CWORD]}" flag="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" prefix='' words=''
  COMPREPLY=()
  if [[ $word == --*=* ]]; then
    flag="\${word%%=*}" prefix="\${word%%=*}=" word="\${word#*=}"
  elif [[ $word == '=' ]]; then
    word=''
  elif [[ $flag == '=' ]]; then
    flag="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  if [[ $COMP_CWORD == 1 || $command == -* ]]; then command=${runWord}; fi
  case "$command,$flag" in
${[...values, ...words].join('\n')}
  esac
  if [[ $COMP_CWORD == 1 && -z $prefix ]]; then words="${Object.keys(manuals).join(' ')} $words"; fi
  COMPREPLY=($(compgen -P "$prefix" -W "$words" -- "$word"))
}
complete -o default -F _alibaba_pca_issuer ${program}
`;
}

function fishScript(): string {
  const others = Object.keys(subcommands).join(' ');
  const lines = Object.entries(manuals).flatMap(([command, manual]) => {
    const seen = `__fish_seen_subcommand_from ${command}`;
    const condition = command === runWord ? `not __fish_seen_subcommand_from ${others}` : seen;
    return [
      `-n __fish_use_subcommand -f -a ${command} -d ${quoted(manual.summary)}`,
      ...wordsOf(command).map((word) => `-n ${quoted(seen)} -f -a ${word}`),
      ...flagsOf(manual).map(({ name, short, help, value }) => {
        const spelled = short === undefined ? `-l ${name}` : `-l ${name} -s ${short}`;
        const takes = { none: '', text: ' -r' };
        const behind = typeof value === 'string' ? takes[value] : ` -x -a ${quoted(value.join(' '))}`;
        return `-n ${quoted(condition)} ${spelled}${behind} -d ${quoted(help)}`;
      }),
    ];
  });
  return lines.map((line) => `complete -c ${program} ${line}\n`).join('');
}

/** In single quotes, as fish reads them. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
