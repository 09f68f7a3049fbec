// How the command lines of the npm scripts are read and explained.
import { describe, expect, it } from 'vitest';

import { readCommandLine } from '../../../scripts/task/command-line.ts';
import type { Task } from '../../../scripts/task/command-line.ts';
import { helpText } from '../../../scripts/task/help.ts';

const task = {
  npmScript: 'measure',
  summary: 'Measures something',
  details: 'And writes it down.',
  needs: 'a quiet machine.',
  options: {
    often: { kind: 'count', default: 3, text: 'how often' },
    colour: { kind: 'choice', choices: ['red', 'blue'], text: 'its colour; default none' },
    file: { kind: 'text', value: 'FILE', text: 'where to' },
    label: { kind: 'text', value: 'TEXT', default: 'new', text: 'what it is called' },
    quick: { kind: 'flag', text: 'in a hurry' },
  },
  examples: { '--quick': 'soon done' },
  shortcuts: { 'measure:red': { parameters: '--colour red', summary: 'Measures what is red' } },
} as const satisfies Task;

const defaults = { often: 3, colour: undefined, file: undefined, label: 'new', quick: false };

describe('a command line', () => {
  it.each([
    [[], {}],
    [['--often', '12', '--quick'], { often: 12, quick: true }],
    [['--often=1', '--often=2'], { often: 2 }],
    [['--colour=blue', '--file', 'a b', '--label', 'old'], { colour: 'blue', file: 'a b', label: 'old' }],
  ])('%j gives its values and the defaults of the others', (given, values) => {
    expect(readCommandLine(task, given)).toEqual({ kind: 'run', values: { ...defaults, ...values }, rest: [] });
  });

  it.each([[['--help']], [['-h']], [['--quick', '--help']], [['--often=none', '-h']]])('%j asks for help', (given) => {
    expect(readCommandLine(task, given)).toEqual({ kind: 'help' });
  });

  it.each([
    [['--quik'], "Unknown option '--quik'"],
    [['--toString'], "Unknown option '--toString'"],
    [['-q'], "Unknown option '-q'"],
    [['more'], "Unexpected argument 'more'"],
    [['--quick=yes'], "Option '--quick' does not take an argument"],
    [['--often'], "Option '--often <value>' argument missing"],
    [['--often', '-1'], "Option '--often' argument is ambiguous"],
    [['--often=abc'], '--often is a whole number above 0, not "abc"'],
    [['--often=0'], '--often is a whole number above 0, not "0"'],
    [['--often=1.5'], '--often is a whole number above 0, not "1.5"'],
    [['--colour=green'], '--colour is one of red, blue, not "green"'],
    [['--file='], '--file needs a value'],
  ])('%j is refused in one sentence', (given, message) => {
    expect(readCommandLine(task, given)).toEqual({ kind: 'wrong', message });
  });

  it('hands on what it does not know where somebody takes the rest', () => {
    const given = ['one.ts', '--quik', '--often', '2', '-t', 'a name', '--quick'];

    expect(readCommandLine({ ...task, rest: 'for others' }, given)).toEqual({
      kind: 'run',
      values: { ...defaults, often: 2, quick: true },
      rest: ['one.ts', '--quik', '-t', 'a name'],
    });
  });
});

it('is explained by its declaration', () => {
  expect(helpText({ ...task, rest: 'for others' })).toBe(`Measures something.
And writes it down.

Usage: npm run measure [-- OPTIONS ARGUMENTS]

  --often N          how often; default 3
  --colour red|blue  its colour; default none
  --file FILE        where to
  --label TEXT       what it is called; default new
  --quick            in a hurry
  --help, -h         this text
  ARGUMENTS          for others

Shorter:
  npm run measure:red  npm run measure -- --colour red

Examples:
  npm run measure -- --quick  soon done

Needs: a quiet machine.
`);
});
