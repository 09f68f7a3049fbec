// The texts about npm scripts: `--help`, the list of all, and how one is named. Pure.
import type { Option, Task } from './command-line.ts';

const npmOwn = ['test', 'start'];

/** How a script is run: npm knows `test` and `start` without `run`. */
export function npmCommand(npmScript: string): string {
  return npmOwn.includes(npmScript) ? `npm ${npmScript}` : `npm run ${npmScript}`;
}

/** The text of `--help`. */
export function helpText(task: Task): string {
  const command = npmCommand(task.npmScript);
  const { rest, details, examples = {}, shortcuts = {} } = task;
  const options = Object.entries(task.options);
  const usage = [options.length > 0 ? 'OPTIONS' : '', rest === undefined ? '' : 'ARGUMENTS'].filter(
    (part) => part !== '',
  );
  const listed: readonly Row[] = [
    ...options.map(([name, option]): Row => [`--${name}${placeholder(option)}`, option.text + defaultOf(option)]),
    ['--help, -h', 'this text'],
    ...(rest === undefined ? [] : [['ARGUMENTS', rest] as const]),
  ];
  return [
    `${task.summary}.`,
    details,
    '',
    `Usage: ${command}${usage.length === 0 ? '' : ` [-- ${usage.join(' ')}]`}`,
    '',
    ...columns(listed),
    ...section(
      'Shorter:',
      Object.entries(shortcuts).map(([name, { parameters }]) => [npmCommand(name), `${command} -- ${parameters}`]),
    ),
    ...section(
      'Examples:',
      Object.entries(examples).map(([parameters, meaning]) => [`${command} -- ${parameters}`, meaning]),
    ),
    '',
    `Needs: ${task.needs}`,
    '',
  ]
    .filter((line) => line !== undefined)
    .join('\n');
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
  const rows = Object.entries(scriptSummaries(tasks)).map(([name, summary]): Row => [npmCommand(name), summary]);
  return ['The npm scripts; each says more with -- --help:', '', ...columns(rows), ''].join('\n');
}

type Row = readonly [left: string, right: string];

function section(title: string, rows: readonly Row[]): readonly string[] {
  return rows.length === 0 ? [] : ['', title, ...columns(rows)];
}

function columns(rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(
    ([left, right]) => `  ${left.padEnd(width)}  ${right.replaceAll('\n', `\n${' '.repeat(width + 4)}`)}`,
  );
}

function placeholder(option: Option): string {
  switch (option.kind) {
    case 'flag':
      return '';
    case 'count':
      return ' N';
    case 'choice':
      return ` ${option.choices.join('|')}`;
    case 'text':
      return ` ${option.value}`;
  }
}

function defaultOf(option: Option): string {
  return 'default' in option ? `; default ${option.default}` : '';
}
