// Runs a command to its end and collects what it printed.
import { execa } from 'execa';

/** Output and exit status of a finished command. */
export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Runs the command, with `input` on its standard input; rejects only when it cannot be started. */
export async function run(
  command: readonly string[],
  input = '',
  environment: NodeJS.ProcessEnv = {},
): Promise<Finished> {
  const [program = '', ...args] = command;
  const ended = await execa(program, args, {
    input,
    env: environment,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  const { stdout, stderr, exitCode, signal } = ended;
  if (ended.failed && exitCode === undefined && signal === undefined) throw ended;
  return { stdout, stderr, code: exitCode ?? 1 };
}

/** Like {@link run}, but a status other than 0 is an error with what the command wrote to standard error. */
export async function runOrThrow(command: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await run(command);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with status ${code}: ${stderr}`);
  return stdout;
}
