// The three paths that a kubelet and Prometheus request: /healthz, /readyz and /metrics.
import type { Server, ServerResponse } from 'node:http';

// An import in ES syntax asks for everything that the module has, and so loads Node's own WebSocket and fetch: 11 MiB.
const { createServer } = process.getBuiltinModule('node:http');

/** Answers of the process about itself. `ready` gives the reasons why it is not ready; empty means ready. */
export interface ProcessState {
  readonly live: () => boolean;
  readonly ready: () => readonly string[];
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Whether the metrics have a server of their own, so that this one does not give them. */
  readonly metricsElsewhere?: boolean;
}

/** A running server; `port` is the one really bound, `close` ends it together with idle connections. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on `address` (`[host]:port`, port 0 for any free one); rejects when the address is taken or malformed. */
export async function startHealthServer(address: string, state: ProcessState): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    answer(path, response, state).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end('internal error\n');
    });
  });
  // Probes are tiny; a client that sends nothing must not hold a connection for minutes.
  server.requestTimeout = 10_000;
  const port = await listen(server, '--health-address', address);
  return { port, close: async () => closeServer(server) };
}

/** Listens on an address, the value of `flag`; answers the port that is really bound. Rejects when that is not possible. */
export async function listen(server: Server, flag: string, address: string): Promise<number> {
  const { host, port } = splitAddress(flag, address);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return boundPort(server, port);
}

async function answer(path: string, response: ServerResponse, state: ProcessState): Promise<void> {
  if (path === '/healthz')
    return plain(response, state.live() ? 200 : 503, state.live() ? 'ok' : 'the main loop is stuck');

  if (path === '/readyz') {
    const reasons = state.ready();
    return plain(response, reasons.length === 0 ? 200 : 503, reasons.length === 0 ? 'ok' : reasons.join('\n'));
  }
  if (path === '/metrics' && state.metricsElsewhere !== true) return answerMetrics(response, state.metrics);
  const paths = state.metricsElsewhere === true ? '/healthz and /readyz' : '/healthz, /readyz and /metrics';
  plain(response, 404, `not found: only ${paths} are served`);
}

/** Answers with the metrics. */
export async function answerMetrics(response: ServerResponse, metrics: ProcessState['metrics']): Promise<void> {
  const { contentType, text } = await metrics();
  response.writeHead(200, { 'content-type': contentType }).end(text);
}

/** Answers with a line of text. */
export function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

function splitAddress(flag: string, address: string): { readonly host: string | undefined; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address);
  if (match === null) throw new Error(`${flag} is "${address}" but must be [host]:port, for example :8080.`);
  const host = match[1] ?? match[2];
  return { host: host === '' ? undefined : host, port: Number(match[3]) };
}

function boundPort(server: Server, asked: number): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : asked;
}

/** Ends a server together with its idle connections. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
