// On what and of what figures are taken.
import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { root } from '../command.ts';

/** Cores, model and memory of this machine. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  return `${cpus().length} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
}

/** The commit of this tree, and whether it has changes; `this tree` where there is no repository. */
export function describeTree(): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changes = git('status', '--porcelain', '--untracked-files=no', '--', 'src', 'package-lock.json');
    const commit = `commit ${git('rev-parse', '--short', 'HEAD')} of ${git('log', '-1', '--format=%cs')}`;
    return changes === '' ? commit : `${commit}, with changes`;
  } catch {
    return 'this tree';
  }
}
