// Runs the command on files that exist only here, without a cluster.
import { runPlanCommand } from '../../src/plan-command/plan-command.ts';
import { now } from './issuing.ts';

/** What a run printed and how it ended. */
export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command with these files and, after `-f` for each of them, these arguments. */
export async function runWith(
  files: Readonly<Record<string, string | Buffer>>,
  argv: readonly string[] = [],
): Promise<Run> {
  let out = '';
  let err = '';
  const code = await runPlanCommand([...Object.keys(files).flatMap((file) => ['-f', file]), ...argv], {
    files: async (name) => Promise.resolve([name]),
    read: async (file) => {
      const contents = files[file];
      if (contents === undefined) throw new Error(`ENOENT: no such file or directory, open '${file}'`);
      return Promise.resolve(Buffer.from(contents as string));
    },
    environment: {},
    connect: async () => Promise.reject(new Error('There is no cluster.')),
    signal: new AbortController().signal,
    now: () => now,
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { code, out, err };
}
