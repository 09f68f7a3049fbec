// Runs the `go` command in one program's directory. Knows the environment every call needs, not what is built.
import { constants, setPriority } from 'node:os';

import { execa } from 'execa';

/** Thrown when there is no usable Go toolchain; the message says what to install. */
export class GoMissingError extends Error {
  constructor(reason: string) {
    super(
      `Go 1.26 or newer is needed to build the test control plane (${reason}): install it from https://go.dev/dl and put it on PATH.`,
    );
    this.name = 'GoMissingError';
  }
}

// A build takes all that it gets, for minutes, and tests run meanwhile that wait for each other.
function yieldToOthers(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended by then, or the system does not allow it: it is as fast as others then.
  }
}

/** The facts, besides the sources, that decide whether an executable can be reused. */
export interface GoToolchain {
  readonly version: string;
  readonly os: string;
  readonly arch: string;
}

/** Runs `go`, without C unless `cgo`, and returns its standard output; rejects with its last lines when it fails. */
export async function runGo(
  directory: string,
  args: readonly string[],
  {
    cgo = false,
    onErrorLine = () => {},
  }: { readonly cgo?: boolean; readonly onErrorLine?: (line: string) => void } = {},
): Promise<string> {
  const child = execa('go', args, {
    cwd: directory,
    // A workspace file above the repository would replace go.mod; cgo would make the result depend on the machine's compiler.
    env: { CGO_ENABLED: cgo ? '1' : '0', GOWORK: 'off' },
    stdin: 'ignore',
    reject: false,
    stripFinalNewline: false,
  });
  yieldToOthers(child.pid);
  const tail: string[] = [];
  for await (const line of child.iterable({ from: 'stderr' })) {
    tail.push(line);
    tail.splice(0, tail.length - 20);
    onErrorLine(line);
  }
  const { stdout, exitCode, failed, code } = await child;
  if (code === 'ENOENT') throw new GoMissingError('no go command was found');
  if (failed || exitCode !== 0) throw new Error(`go ${args.join(' ')} failed in ${directory}:\n${tail.join('\n')}`);
  return stdout;
}

/** The toolchain that would build in this directory; throws {@link GoMissingError} when there is none or it is too old. */
export async function goToolchain(directory: string): Promise<GoToolchain> {
  let output: string;
  try {
    output = await runGo(directory, ['env', 'GOVERSION', 'GOOS', 'GOARCH']);
  } catch (error) {
    // An old toolchain refuses the directory's go.mod before it does anything else.
    throw error instanceof GoMissingError ? error : new GoMissingError(lastLine(error));
  }
  const [version = '', os = '', arch = ''] = output.trim().split('\n');
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  if (Number(major) === 1 && Number(minor) < 26) throw new GoMissingError(`found ${version}`);
  return { version, os, arch };
}

function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').at(-1) ?? text;
}
