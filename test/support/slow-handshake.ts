// A host whose connections take a second to be made, as one far away or behind a lossy line does: Linux drops what asks for a
// connection while the line of those that nobody accepts is full, and asks again after a second.
import { spawn } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { vi } from 'vitest';

import { until } from './wait.ts';

/** Addresses of {@link slowHostName}: the first takes a second, nobody listens at the other. */
const addresses = [
  { address: '127.0.0.1', family: 4 },
  { address: '127.0.0.2', family: 4 },
];
/** The name under which a host is found while it is there. */
export const slowHostName = 'far-away.example';
const backlog = 1;
const synSent = '02';

const server = `
  const server = require('node:http').createServer((request, response) => response.end('{}'));
  server.listen({ port: 0, host: '127.0.0.1', backlog: ${backlog} }, () => console.log(server.address().port));
`;

/** What a test does with it. */
export interface SlowHost extends AsyncDisposable {
  readonly port: number;
  /** Resolves when a connection was asked for and not answered; from then on the host accepts those that ask again. */
  readonly asked: () => Promise<void>;
}

/** Starts an HTTP server that answers every request with `{}`; needs Linux. */
export async function startSlowHost(): Promise<SlowHost> {
  const child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as Buffer[];
  const port = Number(String(line));
  child.kill('SIGSTOP');
  const waiting: Socket[] = [];
  for (let count = 0; count <= backlog; count += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    waiting.push(socket);
  }
  const lookup = vi.spyOn(dns, 'lookup').mockImplementation(((_name: string, _options: object, done: Done) => {
    done(null, addresses);
  }) as typeof dns.lookup);
  return {
    port,
    asked: async () => {
      await until('a connection to be asked for', async () => (await statesOf(port)).includes(synSent));
      child.kill('SIGCONT');
    },
    [Symbol.asyncDispose]: async () => {
      lookup.mockRestore();
      for (const socket of waiting) socket.destroy();
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

type Done = (error: null, found: typeof addresses) => void;

/** States of this machine's connections to a port, as the kernel numbers them. */
async function statesOf(port: number): Promise<readonly string[]> {
  const to = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/u));
  return lines.filter(([, , remote]) => remote?.endsWith(to)).map(([, , , state]) => state ?? '');
}
