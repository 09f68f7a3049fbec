// Runs a command to its end and collects what it printed.
import { spawn } from 'node:child_process';

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
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...environment } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ stdout, stderr, code: code ?? 1 });
    });
    // A command that does not read its input may be gone before all of it is written.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Like {@link run}, but a status other than 0 is an error with what the command wrote to standard error. */
export async function runOrThrow(command: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await run(command);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with status ${code}: ${stderr}`);
  return stdout;
}
