// The text of `--help`.
import { expect, it } from 'vitest';

import { helpText } from '../../../src/command-line/help.ts';

it('explains a command by its table', () => {
  expect(
    helpText({
      command: 'measure',
      before: '--',
      summary: 'Measures something',
      details: 'And writes it down.',
      needs: 'a quiet machine.',
      rest: 'for others',
      flags: {
        often: { kind: 'count', default: 3, help: 'how often' },
        colour: { kind: 'choice', choices: ['red', 'blue'], help: 'Its colour.', default: 'red' },
        file: { kind: 'text', short: 'f', value: 'FILE', help: 'where to' },
        'a-name-that-is-longer-than-others': { kind: 'texts', value: 'TEXT', help: 'it is called' },
        half: {
          kind: 'value',
          value: 'N',
          read: Number,
          mustBe: 'a number',
          required: true,
          help: `${'long '.repeat(25)}text`,
        },
        quick: { kind: 'switch', help: 'in a hurry' },
      },
      examples: { '--quick': 'soon done', 'echo 1 | measure': 'from a pipe' },
      lists: { Shorter: { 'measure:red': 'measure -- --colour red' } },
      exitCodes: { 0: 'measured', 2: 'wrong usage' },
    }),
  ).toBe(`Measures something.
And writes it down.

Usage: measure -- [FLAGS] [ARGUMENTS]

Flags:
  --often N          how often; default 3
  --colour red|blue  Its colour. Default: red.
  -f, --file FILE    where to
  --a-name-that-is-longer-than-others TEXT
                     it is called; may be given several times
  --half N           long long long long long long long long long long long long long long long long long long long long
                     long long long long long text; required
  --quick            in a hurry
  -h, --help         show this text
  ARGUMENTS          for others

Shorter:
  measure:red  measure -- --colour red

Examples:
  measure -- --quick  soon done
  echo 1 | measure    from a pipe

Exit codes:
  0  measured
  2  wrong usage

Needs: a quiet machine.
`);
});
