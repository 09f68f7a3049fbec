// `--help` of every npm script, and an option that none has, in a clone without dependencies: both must only talk.
import { spawn } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { scriptSummaries } from '../../../scripts/task/help.ts';
import { allScripts, tasks } from '../../../scripts/task/tasks.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const shortcuts = allScripts.flatMap(({ npmScript, shortcuts: own = {} }) =>
  Object.entries(own).map(([name, { parameters }]) => [name, npmScript, parameters] as const),
);
const taskOf = (npmScript: string): string => scripts[npmScript]!.split(' ')[2]!;
// A shortcut would only do again what the script does that it stands for.
const full = Object.keys(scripts).filter((script) => shortcuts.every(([name]) => name !== script));

// The words of the programs that read their own command lines.
const ownWords: Readonly<Record<string, string>> = {
  operator: 'Runs the cert-manager issuer for Alibaba Cloud Private CA.\n',
  simulator: 'Starts the simulator of PCA on this machine, until Ctrl-C.\n',
};

let folder: string;
let clone: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'help-test-'));
  clone = join(folder, 'clone');
  mkdirSync(join(folder, 'empty'));
  for (const name of ['package.json', 'package-lock.json', 'scripts', 'src', 'simulator'])
    cpSync(join(root, name), join(clone, name), { recursive: true });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script where there is no program to do anything with, and every trace on disk is seen. */
async function run(...parameters: readonly string[]): Promise<Ended> {
  const empty = join(folder, 'empty');
  const child = spawn(process.execPath, parameters, {
    cwd: clone,
    env: { PATH: empty, HOME: empty, XDG_CACHE_HOME: empty, TMPDIR: empty, PCA_LIVE_ACCESS_KEY_ID: 'none' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...output };
}

function files(): readonly string[] {
  return globSync('**', { cwd: folder, exclude: ['**/node_modules'] }).toSorted();
}

function summaryOf(task: string): string {
  return task in tasks ? `${tasks[task as keyof typeof tasks].summary}.\n` : ownWords[task]!;
}

describe('the npm scripts', () => {
  it('are all in the list of what they are for, and nothing else is', async () => {
    expect(Object.keys(scriptSummaries(allScripts)).toSorted()).toEqual(Object.keys(scripts).toSorted());

    const { code, stdout } = await run('scripts/start.mjs');

    expect(code).toBe(0);
    const words = stdout.replaceAll(/\s+/g, ' ');
    for (const summary of Object.values(scriptSummaries(allScripts))) expect(words).toContain(` ${summary} `);
  });

  it.each(full)('%s is a task and nothing more', (script) => {
    expect(scripts[script]).toBe(`node scripts/start.mjs ${taskOf(script)}`);
  });

  it.each(shortcuts)('%s is %s with %s', (name, script, parameters) => {
    expect(scripts[name]).toBe(`${scripts[script]!} ${parameters}`);
  });
});

describe('without dependencies, --help says what it is and does nothing:', () => {
  it.each(full)('npm run %s', async (script) => {
    const before = files();
    const { code, stdout, stderr } = await run('scripts/start.mjs', taskOf(script), '--help');
    const summary = summaryOf(taskOf(script));

    expect({ code, stderr, begin: stdout.slice(0, summary.length) }).toEqual({ code: 0, stderr: '', begin: summary });
    expect(stdout).toContain('--help');
    expect(files()).toEqual(before);
  });
});

describe('an option that there is not is refused in one line, and nothing is done:', () => {
  beforeAll(() => {
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  });

  it.each(full)('npm run %s', async (script) => {
    const before = files();
    const { code, stdout, stderr } = await run(`scripts/${taskOf(script)}.ts`, '--nonsense');

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^[^\n]*'--nonsense'[^\n]* --help[^\n]*\n$/);
    expect(files()).toEqual(before);
  });
});
