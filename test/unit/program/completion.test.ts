// What a shell completes, asked of bash itself.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Manual } from '../../../src/command-line/flags.ts';
import { completionScript } from '../../../src/program/completion.ts';
import { operatorManual, subcommands } from '../../../src/program/manuals.ts';

const folder = mkdtempSync(join(tmpdir(), 'pca-completion-'));
const script = join(folder, 'completion.bash');
writeFileSync(script, completionScript('bash'));
afterAll(() => rmSync(folder, { recursive: true }));

// As bash does at the tab: the function that is registered for the program, with the words that it makes of the line.
const tab = `
  set -u
  source "$1"; shift
  COMP_WORDS=(alibaba-pca-issuer "$@") COMP_CWORD=$#
  function=$(complete -p alibaba-pca-issuer)
  function=\${function##*-F }
  "\${function%% *}"
  for each in "\${COMPREPLY[@]}"; do printf '%s\\n' "$each"; done
`;

async function completed(...words: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    execFile('bash', ['-c', tab, 'bash', script, ...words], (error, out, err) => {
      if (error === null && err === '') resolve(out.split('\n').slice(0, -1));
      else reject(new Error(err, { cause: error }));
    });
  });
}

function flagsOf({ flags }: Manual): readonly string[] {
  return [...Object.keys(flags), 'help'].map((name) => `--${name}`);
}

describe('bash', () => {
  it.each<[readonly string[], readonly string[]]>([
    [[''], ['run', ...Object.keys(subcommands), ...flagsOf(operatorManual)]],
    [['pl'], ['plan']],
    [['paln'], []],
    [['--log-'], ['--log-level', '--log-format']],
    [
      ['--log-format', ''],
      ['json', 'text'],
    ],
    [['run', '--leader-elect', '--log-l'], ['--log-level']],
    [
      ['plan', '--output', ''],
      ['table', 'json', 'yaml'],
    ],
    [['plan', '-o', 'j'], ['json']],
    // Bash takes = for a word of its own, unless somebody has told it not to.
    [['plan', '--output', '=', 'y'], ['yaml']],
    [
      ['plan', '--output', '='],
      ['table', 'json', 'yaml'],
    ],
    [['plan', '--output=y'], ['--output=yaml']],
    [['--log-format=t'], ['--log-format=text']],
    // Files, by bash itself.
    [['plan', '-f', ''], []],
    [['plan', '--filename', 'a.yaml', '--op'], ['--operation']],
    [['completion', 'z'], ['zsh']],
    ...Object.entries(subcommands).map(([name, manual]): [string[], readonly string[]] => [
      [name, '--'],
      flagsOf(manual),
    ]),
  ])('%j', async (words, wanted) => {
    expect(await completed(...words)).toEqual(wanted);
  });
});

it('zsh is told the same, by its own reader of bash completions', () => {
  expect(completionScript('zsh')).toBe(`autoload -U +X bashcompinit && bashcompinit\n${completionScript('bash')}`);
});

describe('fish', () => {
  const lines = completionScript('fish').split('\n');

  it('is told every flag of every subcommand', () => {
    const flags = [operatorManual, ...Object.values<Manual>(subcommands)].flatMap((manual) => flagsOf(manual));
    expect(lines.flatMap((line) => / -l (\S+) /.exec(line)?.[1] ?? []).map((name) => `--${name}`)).toEqual(flags);
  });

  it.each([
    `-n __fish_use_subcommand -f -a doctor -d 'Looks at everything that certificates from PCA depend on, and says what to mend'`,
    `-n '__fish_seen_subcommand_from completion' -f -a zsh`,
    `-n '__fish_seen_subcommand_from plan' -l output -s o -x -a 'table json yaml' -d 'format of the output'`,
    `-n '__fish_seen_subcommand_from plan' -l ca-key-family -x -a 'RSA ECC' -d 'family of the issuing CA\\'s key; default what the issuer\\'s status says, else that of the request\\'s key'`,
    `-n 'not __fish_seen_subcommand_from ${Object.keys(subcommands).join(' ')}' -l kubeconfig -r -d 'Kubeconfig file; empty: the pod\\'s own ServiceAccount. Environment: PCA_ISSUER_KUBECONFIG.'`,
    `-n '__fish_seen_subcommand_from completion' -l help -s h -d 'show the help'`,
  ])('%s', (rest) => {
    expect(lines).toContain(`complete -c alibaba-pca-issuer ${rest}`);
  });
});
