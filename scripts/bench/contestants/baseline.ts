// Another commit's bundle, to be driven beside this one's in the same run.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../command.ts';
import type { BuiltTree } from './own.ts';

/** A tree in a temporary folder, which `remove` deletes. */
export interface BaselineTree extends BuiltTree {
  readonly remove: () => void;
}

/** Builds the bundle of a commit of this repository in a temporary folder; throws, with the reason, when that cannot be done. */
export function buildBaseline(commit: string, say: (text: string) => void): BaselineTree {
  const git = (...args: readonly string[]): Buffer =>
    execFileSync('git', ['-C', root, ...args], { maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'pipe'] });
  const hash = git('rev-parse', '--short', `${commit}^{commit}`).toString().trim();
  const directory = mkdtempSync(join(tmpdir(), 'bench-baseline-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    execFileSync('tar', ['-x', '-C', directory], { input: git('archive', hash) });
    say(`Building the bundle of ${hash}.`);
    provideModules(directory, say);
    execFileSync(process.execPath, [join(directory, 'scripts/build.ts')], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (!existsSync(join(directory, 'dist/main.js')))
      throw new Error(`scripts/build.ts of ${hash} built no dist/main.js.`);
  } catch (error) {
    remove();
    throw error;
  }
  const date = git('log', '-1', '--format=%cs', hash).toString().trim();
  return { name: 'before', description: `commit ${hash} of ${date}`, directory, remove };
}

/** The same packages are there already; others are installed. */
function provideModules(directory: string, say: (text: string) => void): void {
  const lock = (tree: string): string => readFileSync(join(tree, 'package-lock.json'), 'utf8');
  if (lock(directory) === lock(root)) return symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  say('Its package-lock.json differs: npm ci.');
  execFileSync('npm', ['ci', '--loglevel=error', '--no-fund', '--no-audit'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
