// The text of `--help`, from the table of a command's flags. Pure, and without any package: help is there before they are.
import type { Flag, Manual } from './flags.ts';

const lineWidth = 120;
const widestName = 32;

/** The text of `--help`. */
export function helpText(manual: Manual): string {
  const { command, before, summary, details, flags, rest, examples = {}, lists = {}, needs, exitCodes = {} } = manual;
  const usage = ['[FLAGS]', ...(rest === undefined ? [] : ['[ARGUMENTS]'])];
  const flagRows: readonly Row[] = [
    ...Object.entries(flags).map(([name, flag]): Row => [written(name, flag), meaning(flag)]),
    ['-h, --help', 'show this text'],
    ...(rest === undefined ? [] : [['ARGUMENTS', rest] as const]),
  ];
  const exampleRows = Object.entries(examples).map(([text, what]): Row => [
    /^[a-z]/.test(text) ? text : [command, before, text].filter(Boolean).join(' '),
    what,
  ]);
  return [
    `${summary}.`,
    ...(details === undefined ? [] : [details]),
    '',
    `Usage: ${[command, before, ...usage].filter(Boolean).join(' ')}`,
    ...section('Flags', flagRows),
    ...Object.entries(lists).flatMap(([title, rows]) => section(title, Object.entries(rows))),
    ...section('Examples', exampleRows),
    ...section('Exit codes', Object.entries(exitCodes)),
    ...(needs === undefined ? [] : ['', `Needs: ${needs}`]),
    '',
  ].join('\n');
}

type Row = readonly [name: string, meaning: string];

function section(title: string, rows: readonly Row[]): readonly string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, ...columns(rows)];
}

/** Two columns; a name that is too long for its own has a line of its own. */
export function columns(rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length).filter((length) => length <= widestName), 0);
  const indent = ' '.repeat(width + 4);
  return rows.flatMap(([name, text]) => {
    const lines = text.split('\n').flatMap((line) => wrapped(line, lineWidth - indent.length));
    const [first = '', ...further] = lines;
    const rest = further.map((line) => `${indent}${line}`);
    return name.length > width
      ? [`  ${name}`, `${indent}${first}`, ...rest]
      : [`  ${name.padEnd(width)}  ${first}`.trimEnd(), ...rest];
  });
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** How a flag is written, such as `-o, --output table|json`. */
export function written(name: string, flag: Flag): string {
  const value = placeholder(flag);
  return `${flag.short === undefined ? '' : `-${flag.short}, `}--${name}${value === '' ? '' : ` ${value}`}`;
}

/** What stands for the value of a flag; empty where it takes none. */
export function placeholder(flag: Flag): string {
  switch (flag.kind) {
    case 'switch':
      return '';
    case 'count':
      return 'N';
    case 'choice':
      return flag.choices.join('|');
    case 'text':
    case 'texts':
    case 'value':
      return flag.value;
  }
}

function meaning(flag: Flag): string {
  const isSentence = flag.help.endsWith('.');
  const facts = [
    ...('default' in flag && flag.default !== undefined && flag.default !== '' ? [`default ${flag.default}`] : []),
    ...('required' in flag ? ['required'] : []),
    ...(flag.kind === 'texts' ? ['may be given several times'] : []),
  ];
  return facts.reduce((text, fact) => {
    if (!isSentence) return `${text}; ${fact}`;
    return `${text} ${fact.charAt(0).toUpperCase()}${fact.slice(1).replace(/^efault /, 'efault: ')}.`;
  }, flag.help);
}
