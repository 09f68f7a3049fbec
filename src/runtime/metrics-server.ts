// /metrics on a port of its own: over TLS, with a certificate that may be replaced while it runs, and to those alone whom a
// judge of bearer tokens lets in.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Clock } from '../timing/clock.ts';
import { answerMetrics, closeServer, listen, plain } from './http-server.ts';
import type { HealthServer, ProcessState } from './http-server.ts';

/** What a judge says of a token; `unknown` opens nothing. */
export type MetricsAccess = 'allowed' | 'forbidden' | 'unauthenticated' | 'unknown';

/** Parts of the server. */
export interface MetricsServerParts {
  /** Directory with `tls.crt` and `tls.key`, as a Secret of type kubernetes.io/tls is mounted. */
  readonly directory: string;
  readonly access: (token: string) => Promise<MetricsAccess>;
  readonly metrics: ProcessState['metrics'];
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Told, once for each, of certificates that cannot be used; the one before stays. */
  readonly onTrouble: (message: string) => void;
}

// Read in the way of a connection, of which Prometheus makes few.
const rereadMs = 10_000;
const handshakeMs = 10_000;
const mostConnections = 64;
const bearer = /^Bearer +([^\s]+)$/i;

/** Listens on `address` (`[host]:port`); rejects when it is taken, or when there is no usable certificate. */
export async function startMetricsServer(address: string, parts: MetricsServerParts): Promise<HealthServer> {
  const { directory, clock, onTrouble } = parts;
  let current = readPair(directory);
  const server = createServer(
    { ...current, minVersion: 'TLSv1.2', handshakeTimeout: handshakeMs },
    (request, response) => {
      answer(request, response, parts).catch(() => {
        if (!response.headersSent) response.writeHead(500);
        response.end('internal error\n');
      });
    },
  );
  server.requestTimeout = 10_000;
  server.maxConnections = mostConnections;
  let readAt = clock.monotonic();
  let told = '';
  // Before TLS begins, so that the connection gets the new certificate.
  server.prependListener('connection', () => {
    if (clock.monotonic() - readAt < rereadMs) return;
    readAt = clock.monotonic();
    try {
      current = replacePair(server, directory, current);
      told = '';
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== told) onTrouble(message);
      told = message;
    }
  });
  const port = await listen(server, '--metrics-address', address);
  return { port, close: async () => closeServer(server) };
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

function readPair(directory: string): Pair {
  const read = (name: string): string => {
    const file = join(directory, name);
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
      throw new Error(`--metrics-certificate-directory: ${file} cannot be read (${code}).`, { cause: error });
    }
  };
  return { cert: read('tls.crt'), key: read('tls.key') };
}

/** Has the server use what the files hold now; throws when they are no certificate with its key. */
function replacePair(server: Server, directory: string, current: Pair): Pair {
  const next = readPair(directory);
  if (next.cert === current.cert && next.key === current.key) return current;
  try {
    server.setSecureContext({ ...next, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw new Error(
      `--metrics-certificate-directory: tls.crt and tls.key in ${directory} are no certificate with its key. The one before is used further.`,
      { cause: error },
    );
  }
  return next;
}

const refusals = {
  unauthenticated: [401, 'unauthenticated: /metrics wants a bearer token that the API server knows'],
  forbidden: [
    403,
    'forbidden: this user may not get /metrics; a ClusterRole with nonResourceURLs [/metrics] and verbs [get] gives the right',
  ],
  unknown: [503, 'the API server could not be asked who this is'],
} as const satisfies Readonly<Record<Exclude<MetricsAccess, 'allowed'>, readonly [status: number, text: string]>>;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { access, metrics }: MetricsServerParts,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0];
  if (path !== '/metrics' || request.method !== 'GET') return plain(response, 404, 'not found: only GET /metrics');
  const [, token] = bearer.exec(request.headers.authorization ?? '') ?? [];
  const verdict = token === undefined ? 'unauthenticated' : await access(token);
  if (verdict === 'allowed') return answerMetrics(response, metrics);
  const [status, text] = refusals[verdict];
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  plain(response, status, text);
}
