// Two pools of HTTP/1.1 connections to the API server: one for requests, one for watches, which occupy theirs for
// minutes. HTTP/2 was measured to be no faster, and one dead session would take everything down with it.
import { isDeepStrictEqual } from 'node:util';

import { Pool } from 'undici';
import type { Dispatcher } from 'undici';

import type { KubernetesConnection, TlsSettings } from './connection.ts';

/** One request on the wire. */
export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Absolute path with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly pool: 'requests' | 'watches';
}

/** An answer whose body is still to be read or dumped. */
export type TransportAnswer = Dispatcher.ResponseData;

const connectMs = 5000;
// Node gives up an address after 250 ms where a host has several.
const connectAttemptMs = 2000;
// Backstops only: each request has a shorter deadline of its own.
const headersMs = 120_000;
const bodyMs = 120_000;
const keepAliveMs = 60_000;
const tcpKeepAliveMs = 15_000;
const largestAnswerBytes = 256 * 1024 * 1024;

interface Pools {
  readonly tls: TlsSettings;
  readonly requests: Pool;
  readonly watches: Pool;
}

/** Sends requests with the current credentials; opens new connections when the CA or the client certificate changes. */
export class Transport {
  readonly #connection: KubernetesConnection;
  readonly #connections: number;
  readonly #origin: string;
  readonly #prefix: string;
  #pools: Pools | undefined;

  constructor(connection: KubernetesConnection, connections: number) {
    const url = new URL(connection.server);
    this.#connection = connection;
    this.#connections = connections;
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/(?<!\/)\/+$/, '');
  }

  /** Resolves when the answer begins; rejects with the transport's error or the signal's reason. */
  async send(request: TransportRequest): Promise<TransportAnswer> {
    const answer = await this.#sendOnce(request, false);
    if (answer.statusCode !== 401) return answer;
    // A 401 was not executed, so any request may be repeated with a token that was rotated a moment ago.
    await answer.body.dump();
    return this.#sendOnce(request, true);
  }

  /** Cuts all connections, also those of running watches. */
  async close(): Promise<void> {
    const pools = this.#pools;
    this.#pools = undefined;
    await Promise.all([pools?.requests.destroy(), pools?.watches.destroy()]);
  }

  async #sendOnce(request: TransportRequest, fresh: boolean): Promise<TransportAnswer> {
    const { headers, tls } = await this.#connection.credentials({ fresh });
    request.signal.throwIfAborted();
    return this.#poolsFor(tls)[request.pool].request({
      method: request.method,
      path: `${this.#prefix}${request.path}`,
      headers: { ...request.headers, ...headers },
      body: request.body ?? null,
      signal: request.signal,
    });
  }

  #poolsFor(tls: TlsSettings): Pools {
    const present = this.#pools;
    if (present !== undefined && (present.tls === tls || isDeepStrictEqual(present.tls, tls))) {
      // Credentials that were read again and are the same cost one comparison, not one for each request.
      this.#pools = present.tls === tls ? present : { ...present, tls };
      return this.#pools;
    }
    this.#pools = {
      tls,
      requests: this.#pool(tls, this.#connections),
      watches: this.#pool(tls, null),
    };
    // close() lets requests in flight finish: a watch stays until its own time-out.
    void present?.requests.close();
    void present?.watches.close();
    return this.#pools;
  }

  #pool(tls: TlsSettings, connections: number | null): Pool {
    const isWatch = connections === null;
    return new Pool(this.#origin, {
      connections,
      allowH2: false,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: connectAttemptMs,
      keepAliveTimeout: keepAliveMs,
      headersTimeout: headersMs,
      bodyTimeout: isWatch ? 0 : bodyMs,
      maxResponseSize: isWatch ? -1 : largestAnswerBytes,
      connect: {
        ...tls,
        allowH2: false,
        timeout: connectMs,
        keepAlive: true,
        keepAliveInitialDelay: tcpKeepAliveMs,
      },
    });
  }
}
