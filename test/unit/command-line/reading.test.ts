// How a command line is read by its table of flags.
import { describe, expect, it } from 'vitest';

import { asksForHelp } from '../../../src/command-line/flags.ts';
import type { Flags } from '../../../src/command-line/flags.ts';
import { readCommandLine, unknownName } from '../../../src/command-line/reading.ts';

const flags = {
  often: { kind: 'count', default: 3, help: 'how often' },
  few: { kind: 'count', least: 0, most: 5, help: 'how many' },
  colour: { kind: 'choice', choices: ['red', 'blue'], help: 'its colour; default none' },
  file: { kind: 'text', short: 'f', value: 'FILE', help: 'where to' },
  label: { kind: 'text', value: 'TEXT', default: 'new', help: 'what it is called' },
  input: { kind: 'texts', short: 'i', value: 'FILE', help: 'what is read' },
  half: {
    kind: 'value',
    value: 'N',
    read: (text: string) => (/^\d+$/.test(text) ? Number(text) / 2 : undefined),
    mustBe: 'a number',
    default: '4',
    help: 'halved',
  },
  secret: {
    kind: 'value',
    value: 'TEXT',
    read: () => undefined,
    mustBe: 'nothing',
    isSecret: true,
    help: 'never right',
  },
  quick: { kind: 'switch', help: 'in a hurry' },
} as const satisfies Flags;
const measure = { command: 'measure', flags };
const defaults = {
  often: 3,
  few: undefined,
  colour: undefined,
  file: undefined,
  label: 'new',
  input: [],
  half: 2,
  secret: undefined,
  quick: false,
};

describe('a command line', () => {
  it.each([
    [[], {}],
    [['--often', '12', '--quick'], { often: 12, quick: true }],
    [['--often=1', '--often=2', '--few=0'], { often: 2, few: 0 }],
    [['--colour=blue', '-f', 'a b', '--label', 'old'], { colour: 'blue', file: 'a b', label: 'old' }],
    [['-i', 'a', '--input=b', '-i', '-', '--half', '7'], { input: ['a', 'b', '-'], half: 3.5 }],
  ])('%j gives its values and the defaults of the others', (given, values) => {
    expect(readCommandLine(measure, given)).toEqual({ kind: 'run', values: { ...defaults, ...values }, rest: [] });
  });

  it.each([[['--help']], [['-h']], [['--quick', '--help']], [['--often=none', '-h']], [['--file', '--help']]])(
    '%j asks for help',
    (given) => {
      expect(readCommandLine(measure, given)).toEqual({ kind: 'help' });
    },
  );

  it('asks for no help behind --', () => {
    expect([asksForHelp(['--', '--help']), asksForHelp(['-h', '--'])]).toEqual([false, true]);
  });

  it.each([
    [['--quik'], "Unknown option '--quik' (did you mean --quick?). See measure --help."],
    [['--toString'], "Unknown option '--toString'. See measure --help."],
    [['-q'], "Unknown option '-q'. See measure --help."],
    [['more'], "Unexpected argument 'more'. See measure --help."],
    [['--quick=yes'], "Option '--quick' takes no value. See measure --help."],
    [['--oftn=3'], "Unknown option '--oftn' (did you mean --often?). See measure --help."],
    [['--often'], "Option '--often <value>' argument missing. See measure --help."],
    [['--often', '-1'], '--often is "-1" but must be a whole number, at least 1.'],
    [['--often=abc'], '--often is "abc" but must be a whole number, at least 1.'],
    [['--often=0'], '--often is "0" but must be a whole number, at least 1.'],
    [['--often=1.5'], '--often is "1.5" but must be a whole number, at least 1.'],
    [['--few=6'], '--few is "6" but must be a whole number from 0 to 5.'],
    [['--colour=green'], '--colour is "green" but must be one of red, blue.'],
    [['--half=x'], '--half is "x" but must be a number.'],
    [['--secret=password'], '--secret must be nothing.'],
    [['--file='], '--file needs a value.'],
  ])('%j is refused in one sentence', (given, message) => {
    expect(readCommandLine(measure, given)).toEqual({ kind: 'wrong', message });
  });

  it('is refused without a flag that is required', () => {
    const needed = { often: { kind: 'count', required: true, help: 'how often' } } as const;
    expect([
      readCommandLine({ command: 'measure', before: '--', flags: needed }, []),
      readCommandLine({ command: 'measure', flags: needed }, ['--often=1']),
    ]).toEqual([
      { kind: 'wrong', message: '--often is missing. See measure -- --help.' },
      { kind: 'run', values: { often: 1 }, rest: [] },
    ]);
  });

  it('hands on what it does not know where somebody takes the rest', () => {
    const given = ['one.ts', '--quik', '--often', '2', '-t', 'a name', '--quick'];

    expect(readCommandLine({ ...measure, rest: 'for others' }, given)).toEqual({
      kind: 'run',
      values: { ...defaults, often: 2, quick: true },
      rest: ['one.ts', '--quik', '-t', 'a name'],
    });
  });
});

it.each([
  ['paln', "Unknown command 'paln' (did you mean plan?)"],
  ['x', "Unknown command 'x'"],
  ['constructor', "Unknown command 'constructor'"],
])('a name that is none is told beside one that was probably meant: %s', (name, message) => {
  expect(unknownName(name, ['plan', 'doctor'])).toBe(message);
});
