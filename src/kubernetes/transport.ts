// Pools of HTTP/1.1 connections to the API server, one for each lane, so that nothing vital stands in line behind bulk work.
// HTTP/2 was measured to be no faster, and one dead session would take everything down with it.
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';

import { Pool } from 'undici';
import type { Dispatcher } from 'undici';

import { exchange } from '../http/exchange.ts';
import type { Answer } from '../http/exchange.ts';
import type { KubernetesConnection, KubernetesCredentials, TlsSettings } from './connection.ts';

/**
 * What a request shares its connections with. `lease`: the few small requests that decide who leads. `requests`: reads and
 * writes of single objects, the bulk. `lists`: whole collections page by page. `watches` occupy theirs for minutes.
 */
export type Lane = 'lease' | 'requests' | 'lists' | 'watches';

/** One request on the wire. */
export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly lane: Lane;
  /** Of an answer that says yes nothing but that is wanted. */
  readonly isUnread?: boolean;
}

/** An answer whose body arrives for as long as somebody reads it. */
export interface OpenAnswer extends Omit<Answer, 'body'> {
  readonly stream: AsyncIterable<Uint8Array>;
}

const connectMs = 5000;
// Node gives up an address after 250 ms where a host has several.
const connectAttemptMs = 2000;
// Backstops only: each request has a shorter deadline of its own.
const headersMs = 120_000;
const bodyMs = 120_000;
const keepAliveMs = 60_000;
const tcpKeepAliveMs = 15_000;
// A body is parsed in one go, which holds the event loop. No object comes near it: the API server takes 3 MiB.
const largestAnswerBytes = 8 * 1024 * 1024;
// A second one, since a dead connection is noticed only at the deadline of the request on it.
const leaseConnections = 2;
/** As many as there are callers, of which each reflector is one. */
const unlimited = null;

/** How an answer is taken from a pool. */
type Take<Taken> = (pool: Pool, request: Dispatcher.DispatchOptions) => Promise<Taken>;

interface Pools {
  readonly tls: TlsSettings;
  readonly of: Readonly<Record<Lane, Pool>>;
}

/** Sends requests with the current credentials; opens new connections when the CA or the client certificate changes. */
export class Transport {
  readonly #connection: KubernetesConnection;
  readonly #connections: number;
  readonly #origin: string;
  readonly #prefix: string;
  #pools: Pools | undefined;

  /** `connections` is the number for the lane `requests`. */
  constructor(connection: KubernetesConnection, connections: number) {
    const url = new URL(connection.server);
    this.#connection = connection;
    this.#connections = connections;
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/(?<!\/)\/+$/, '');
  }

  /** Resolves with the whole answer; rejects with the transport's error or the signal's reason. */
  async send(request: TransportRequest): Promise<Answer> {
    const { signal, isUnread } = request;
    const options = {
      signal,
      largestBytes: () => largestAnswerBytes,
      isKept: (status: number) => isUnread !== true || status >= 300,
    };
    return this.#send(request, async (pool, parts) => exchange(pool, parts, options));
  }

  /** The same, but resolves when the answer begins, where it says yes. */
  async open(request: TransportRequest): Promise<Answer | OpenAnswer> {
    return this.#send(request, async (pool, parts) => {
      const { statusCode: status, headers, body } = await pool.request({ ...parts, signal: request.signal });
      const head = { status, headers };
      return status < 300 ? { ...head, stream: body } : { ...head, body: Buffer.from(await body.arrayBuffer()) };
    });
  }

  async #send<Taken extends Pick<Answer, 'status'>>(request: TransportRequest, take: Take<Taken>): Promise<Taken> {
    const answer = await this.#sendTrusting(request, take);
    // A 401 was not executed, so any request may be repeated with a token that was rotated a moment ago.
    return answer.status === 401
      ? this.#sendWith(request, await this.#connection.credentials({ fresh: true }), take)
      : answer;
  }

  /** Cuts all connections, also those of running watches. */
  async close(): Promise<void> {
    const pools = this.#pools;
    this.#pools = undefined;
    await Promise.all(Object.values(pools?.of ?? {}).map(async (pool) => pool.destroy()));
  }

  // A server whose certificate is not trusted was sent nothing yet, and its CA may have been replaced a moment ago.
  async #sendTrusting<Taken>(request: TransportRequest, take: Take<Taken>): Promise<Taken> {
    const used = await this.#connection.credentials({ fresh: false });
    try {
      return await this.#sendWith(request, used, take);
    } catch (error) {
      if (!isUntrusted(error)) throw error;
      const renewed = await this.#connection.credentials({ fresh: true }).catch(() => used);
      if (isDeepStrictEqual(renewed.tls, used.tls)) throw error;
      return this.#sendWith(request, renewed, take);
    }
  }

  async #sendWith<Taken>(
    request: TransportRequest,
    { headers, tls }: KubernetesCredentials,
    take: Take<Taken>,
  ): Promise<Taken> {
    request.signal.throwIfAborted();
    return take(this.#poolsFor(tls).of[request.lane], {
      method: request.method,
      path: `${this.#prefix}${request.path}`,
      headers: { ...request.headers, ...headers },
      body: request.body ?? null,
    });
  }

  #poolsFor(tls: TlsSettings): Pools {
    const present = this.#pools;
    if (present !== undefined && (present.tls === tls || isDeepStrictEqual(present.tls, tls))) {
      // Credentials that were read again and are the same cost one comparison, not one for each request.
      this.#pools = present.tls === tls ? present : { ...present, tls };
      return this.#pools;
    }
    // Once for all connections: many are opened in one turn of the event loop, and reading the CA is half of the work for each.
    const trusting = { ...tls, secureContext: createSecureContext(tls) };
    this.#pools = {
      tls,
      of: {
        lease: this.#pool(trusting, leaseConnections),
        requests: this.#pool(trusting, this.#connections),
        lists: this.#pool(trusting, unlimited),
        watches: this.#pool(trusting, unlimited, true),
      },
    };
    // close() lets requests in flight finish: a watch stays until its own time-out.
    for (const pool of Object.values(present?.of ?? {})) void pool.close();
    return this.#pools;
  }

  #pool(
    tls: TlsSettings & { readonly secureContext: SecureContext },
    connections: number | null,
    isWatch = false,
  ): Pool {
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

// What a certificate is refused for, as OpenSSL and Node name it.
const untrusted = /^(UNABLE_TO_|CERT_|(DEPTH_ZERO_)?SELF_SIGNED_|INVALID_CA$|HOSTNAME_MISMATCH$|ERR_TLS_CERT_)/;

function isUntrusted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && untrusted.test(String(error.code));
}
