// Runs one program to its end, with its output kept or shown. Ends it when this process is told to end.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Root of the repository, with a slash at the end. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** How a program ended. `output` is empty where it was shown instead. */
export interface CommandResult {
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
}

/** What to run: a program of node_modules by its script file, or a script of this folder, on this process's Node. */
export interface Command {
  readonly script: string;
  readonly parameters?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Shown as it comes instead of kept. */
  readonly show?: boolean;
}

/** Runs a command in the repository's root; a program that a signal ended counts as failed. */
export async function run(command: Command): Promise<CommandResult> {
  const started = performance.now();
  const child = spawn(process.execPath, [command.script, ...(command.parameters ?? [])], {
    cwd: root,
    env: { ...process.env, ...command.environment },
    stdio: command.show === true ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  const stopForwarding = forwardSignals(child);
  let output = '';
  const keep = (chunk: string): void => {
    output += chunk;
  };
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      resolve(status ?? 1);
    });
  });
  stopForwarding();
  return { code, output, seconds: (performance.now() - started) / 1000 };
}

// Whoever is told to end waits for the program that it started, and then ends as the signal would have ended it.
function forwardSignals(child: ChildProcess): () => void {
  const listeners = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const forward = (): void => {
      child.once('close', () => process.exit(128 + constants.signals[signal]));
      // A terminal's Ctrl-C has reached the program already.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    process.once(signal, forward);
    return () => process.off(signal, forward);
  });
  return () => {
    for (const remove of listeners) remove();
  };
}

/** Runs tasks, at most `limit` at the same time, and answers their results in the order of the tasks. */
export async function runLimited<Result>(
  limit: number,
  tasks: readonly (() => Promise<Result>)[],
): Promise<readonly Result[]> {
  const results = new Map<number, Result>();
  const queue = tasks.entries();
  const worker = async (): Promise<void> => {
    for (const [index, task] of queue) results.set(index, await task());
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return tasks.map((_, index) => results.get(index) as Result);
}
