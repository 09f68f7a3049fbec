// A real HTTP proxy in a process of its own (tools/proxy), which tells what it carried.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { buildGoProgram } from '../../control-plane/driver/go-build.ts';
import { proxyProgram } from '../../control-plane/driver/programs.ts';
import { createServerIdentity } from '../../simulator/tls-identity.ts';

/** How to start a proxy. */
export interface ProxyOptions {
  /** `user:password` that it asks for. */
  readonly user?: string;
  /** Whether it is reached over TLS. */
  readonly secured?: boolean;
  /** `host:port` that it refuses. */
  readonly deny?: string;
  /** `host:port` by the `host:port` that it is asked for: it knows no others by another address. */
  readonly resolve?: Readonly<Record<string, string>>;
}

interface Line {
  readonly listening?: string;
  readonly method?: string;
  readonly host?: string;
  readonly status?: number;
}

/** A running proxy. */
export class ProxyProcess {
  /** `host:port`. */
  readonly host: string;
  /** PEM of the CA behind its certificate; undefined without TLS. */
  readonly caPem: string | undefined;
  readonly #child: ChildProcess;
  readonly #told: Line[];
  readonly #directory: string;

  private constructor(parts: {
    readonly host: string;
    readonly caPem: string | undefined;
    readonly child: ChildProcess;
    readonly told: Line[];
    readonly directory: string;
  }) {
    this.host = parts.host;
    this.caPem = parts.caPem;
    this.#child = parts.child;
    this.#told = parts.told;
    this.#directory = parts.directory;
  }

  /** Builds the program unless it is built, and starts it on a free port of the loopback. */
  static async start({ user, secured = false, deny, resolve = {} }: ProxyOptions = {}): Promise<ProxyProcess> {
    const program = await buildGoProgram(proxyProgram);
    const directory = await mkdtemp(join(tmpdir(), 'proxy-'));
    const identity = secured ? await createServerIdentity('127.0.0.1') : undefined;
    const certificate = join(directory, 'proxy.pem');
    if (identity !== undefined) await writeFile(certificate, `${identity.cert}${identity.key}`);
    const child = spawn(
      program,
      [
        ...(user === undefined ? [] : ['-user', user]),
        ...(identity === undefined ? [] : ['-certificate', certificate]),
        ...(deny === undefined ? [] : ['-deny', deny]),
        ...Object.entries(resolve).flatMap(([name, address]) => ['-resolve', `${name}=${address}`]),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const told: Line[] = [];
    const host = await new Promise<string>((fulfil, reject) => {
      child.once('error', reject).once('exit', (code) => reject(new Error(`the proxy ended with ${code}`)));
      createInterface(child.stdout).on('line', (line) => {
        const { listening, ...said } = JSON.parse(line) as Line;
        if (listening === undefined) told.push(said);
        else fulfil(listening);
      });
    });
    return new ProxyProcess({ host, caPem: identity?.caPem, child, told, directory });
  }

  /** How many connections it made, and for whom not, by `METHOD host:port`; a status other than 200 stands behind it. */
  get carried(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { method = '', host = '', status = 0 } of this.#told) {
      const key = `${method} ${host}${status === 200 ? '' : ` ${status}`}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  }

  /** What it was asked for, each once. */
  get asked(): readonly string[] {
    return Object.keys(this.carried).sort();
  }

  /** Ends it. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null && this.#child.kill()) await ended;
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** What Go's own reading of NO_PROXY takes past a proxy, for each list and URL. */
export async function goesDirectly(
  asked: readonly { readonly noProxy: string; readonly url: string }[],
): Promise<readonly boolean[]> {
  const child = spawn(await buildGoProgram(proxyProgram), ['no-proxy'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(asked.map((each) => JSON.stringify(each)).join('\n'));
  let said = '';
  for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) said += chunk;
  return said
    .trim()
    .split('\n')
    .map((line) => line === 'true');
}
