// An HTTP server that answers what a real API server cannot easily be made to answer. Each test scripts its answers.
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { KubernetesConnection } from '../../src/kubernetes/connection.ts';
import type { KubernetesObject } from '../../src/kubernetes/objects.ts';

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request; `count` is the number of requests before it. */
export type Answer = (request: SeenRequest, response: ServerResponse, count: number) => void;

/** The server. Its requests stay readable after it has stopped. */
export class ApiDouble {
  readonly requests: SeenRequest[] = [];
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Listens on a free port. */
  static async start(answer: Answer): Promise<ApiDouble> {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const double = new ApiDouble(server);
    server.on('request', (incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const url = new URL(incoming.url ?? '/', double.url);
        const request: SeenRequest = {
          method: incoming.method ?? '',
          path: url.pathname,
          query: Object.fromEntries(url.searchParams),
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString(),
        };
        double.requests.push(request);
        answer(request, response, double.requests.length - 1);
      });
    });
    return double;
  }

  /** A connection without credentials. */
  connection(): KubernetesConnection {
    return {
      server: this.url,
      namespace: undefined,
      credentials: async () => ({ headers: {}, tls: {} }),
    };
  }

  /** Cuts everything off. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

/** Sends a JSON answer. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Begins a watch's answer; the test writes lines afterwards. */
export function beginWatch(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  return response;
}

/** One line of a watch. */
export function line(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

/** A bookmark's line; with `end` the one that completes a WatchList's initial state. */
export function bookmarkLine(resourceVersion: string, end = false): string {
  const annotations = end ? { 'k8s.io/initial-events-end': 'true' } : undefined;
  return line('BOOKMARK', { kind: 'Thing', apiVersion: 'test/v1', metadata: { resourceVersion, annotations } });
}

/** A small object. */
export function thing(name: string, resourceVersion: string, uid = `uid-${name}`): KubernetesObject {
  return {
    apiVersion: 'test/v1',
    kind: 'Thing',
    metadata: { name, namespace: 'ns', uid, resourceVersion, creationTimestamp: '2026-01-01T00:00:00Z' },
  };
}
