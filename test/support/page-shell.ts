// A folder in which the commands of a page run as a user would run them: with its own programs first on the path.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a block came to; `output` is both streams. */
export interface Ran {
  readonly code: number;
  readonly output: string;
}

// Ends a block that hangs; some wait for what only a whole cluster does quickly.
const blockMs = 240_000;

/** The shell of one page. */
export class PageShell {
  readonly directory: string;
  readonly #kubeconfig: string;

  private constructor(directory: string, kubeconfig: string) {
    this.directory = directory;
    this.#kubeconfig = kubeconfig;
  }

  /** Makes the folder; `programs` are command lines by the name under which the page calls them. */
  static async open(
    directory: string,
    kubeconfig: string,
    programs: Readonly<Record<string, readonly string[]>>,
  ): Promise<PageShell> {
    const shell = new PageShell(directory, kubeconfig);
    await mkdir(join(directory, 'bin'), { recursive: true });
    for (const [name, command] of Object.entries(programs))
      await shell.addProgram(name, `exec ${command.map((word) => `'${word}'`).join(' ')} "$@"`);
    return shell;
  }

  /** Adds a program that is a script of the shell. */
  async addProgram(name: string, script: string): Promise<void> {
    await writeFile(join(this.directory, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  /** Runs a block, up to the first command that fails. */
  async run(text: string): Promise<Ran> {
    const environment = {
      PATH: `${join(this.directory, 'bin')}:${process.env['PATH'] ?? ''}`,
      HOME: this.directory,
      KUBECONFIG: this.#kubeconfig,
    };
    return new Promise((resolve) => {
      const options = { cwd: this.directory, env: environment, timeout: blockMs };
      execFile('/bin/sh', ['-euc', text], options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : 1, output: `${stdout}${stderr}` });
      });
    });
  }
}
