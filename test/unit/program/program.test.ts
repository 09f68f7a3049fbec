// The command line of the product as a whole: what there is to say, and that nothing else is done.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { helpText } from '../../../src/command-line/help.ts';
import { completionScript } from '../../../src/program/completion.ts';
import { operatorManual, subcommands } from '../../../src/program/manuals.ts';
import { environmentName, settings } from '../../../src/runtime/options.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

interface End {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...argv: readonly string[]): Promise<End> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...argv], { env: {} }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

describe('help', () => {
  it('of the operator names every setting with its variable, and every subcommand', () => {
    const help = helpText(operatorManual);
    for (const name of Object.keys(settings)) {
      expect(help).toContain(`--${name} `);
      expect(help.replaceAll(/\s+/g, ' ')).toContain(`Environment: ${environmentName(name)}.`);
    }
    for (const name of ['run', ...Object.keys(subcommands)]) expect(help).toContain(`\n  ${name} `);
  });

  it.each<[readonly string[], string]>([
    [['--help'], helpText(operatorManual)],
    [['run', '-h'], helpText(operatorManual)],
    ...Object.entries(subcommands).map(([name, manual]) => [[name, '--help'], helpText(manual)] as [string[], string]),
  ])('%j says it and ends', async (argv, out) => {
    expect(await run(...argv)).toEqual({ code: 0, out, err: '' });
  });
});

it('completion writes the script of a shell', async () => {
  expect(await run('completion', 'fish')).toEqual({ code: 0, out: completionScript('fish'), err: '' });
});

it.each<[readonly string[], string, string?]>([
  [['paln'], "Unknown command 'paln' (did you mean plan?). See alibaba-pca-issuer --help."],
  [['--log-lvl=debug'], "Unknown option '--log-lvl' (did you mean --log-level?). See alibaba-pca-issuer --help."],
  [
    ['run', '--leader-elect', '--log-level'],
    "Option '--log-level <value>' argument missing. See alibaba-pca-issuer --help.",
  ],
  [['--leader-elect', 'doctor'], "Unexpected argument 'doctor'. See alibaba-pca-issuer --help."],
  [['completion'], 'Name one of bash, zsh, fish. See alibaba-pca-issuer completion --help.', 'completion'],
  [
    ['completion', 'bash', 'zsh'],
    'Name one of bash, zsh, fish. See alibaba-pca-issuer completion --help.',
    'completion',
  ],
  [['run', '--log-level=x'], '--log-level is "x" but must be one of trace, debug, info, warn, error.'],
])('%j is refused with 2', async (argv, message, command = '') => {
  const program = ['alibaba-pca-issuer', command].join(' ').trimEnd();
  expect(await run(...argv)).toEqual({ code: 2, out: '', err: `${program}: ${message}\n` });
});
