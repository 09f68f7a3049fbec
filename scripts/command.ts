// Runs one program to its end, with its output kept or shown. Ends it when this process is told to end.
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
  // Not needed by `--help`.
  const { execa } = await import('execa');
  const child = execa(process.execPath, [command.script, ...(command.parameters ?? [])], {
    cwd: root,
    env: command.environment ?? {},
    all: true,
    ...(command.show === true
      ? { stdio: 'inherit' as const }
      : { stdin: 'ignore' as const, maxBuffer: Number.POSITIVE_INFINITY }),
    // Signals are handed on below, and nobody is cut short who cleans up.
    forceKillAfterDelay: false,
    cleanup: false,
    reject: false,
    stripFinalNewline: false,
  });
  const forwarding = forwardSignals((signal) => child.kill(signal));
  const { exitCode, all = '' } = await child;
  const forwarded = forwarding.end();
  // Whoever is told to end waits for the program that it started, and then ends as the signal would have ended it.
  if (forwarded !== undefined) process.exit(128 + constants.signals[forwarded]);
  return { code: exitCode ?? 1, output: all, seconds: (performance.now() - started) / 1000 };
}

type Ending = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Hands signals on until its end, which answers the first one that came. */
function forwardSignals(kill: (signal: Ending) => void): { readonly end: () => Ending | undefined } {
  let first: Ending | undefined;
  const listeners = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const forward = (): void => {
      first ??= signal;
      // A terminal's Ctrl-C has reached the program already.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) kill(signal);
    };
    process.once(signal, forward);
    return () => process.off(signal, forward);
  });
  return {
    end: () => {
      for (const remove of listeners) remove();
      return first;
    },
  };
}
