// One HTTP exchange with an endpoint that anybody may run: at most so many bytes of a reply are read, whatever its status
// is, and an abort closes the connection. Nothing is sent twice.
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { Agent, buildConnector, Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { exchange } from '../http/exchange.ts';
import type { AddressRules } from './address-rules.ts';
import type { PcaEndpoint } from './endpoint.ts';
import { proxyFor } from './proxies/proxy.ts';
import type { Proxy, ProxyServer } from './proxies/proxy.ts';
import { proxyConnector, throwIfOfProxy, tunnelConnector } from './proxies/tunnel.ts';
import type { SignedRequest } from './signing.ts';
import { systemClock } from '../timing/clock.ts';
import type { Clock } from '../timing/clock.ts';
import { TurnShare } from '../timing/turns.ts';

/** What came back, with any status. */
export interface WireReply {
  readonly status: number;
  /** The value of `x-acs-request-id`, which is the endpoint's text. */
  readonly requestId: string | undefined;
  /** The body; undefined where it is larger than any reply. */
  readonly body: Buffer | undefined;
}

/** Carries signed requests. */
export interface Transport {
  /** Resolves with the reply; rejects with the error of the network, or when `signal` aborts. */
  send(endpoint: PcaEndpoint, request: SignedRequest, signal: AbortSignal): Promise<WireReply>;
}

/** Bytes that are read of a reply that says yes: Alibaba's largest is a page of certificates. */
export const largestReplyBytes = 4 * 1024 * 1024;
/** Bytes that are read of a reply that says no. */
export const largestErrorBytes = 64 * 1024;

// Of the names and values in a reply's head; Alibaba's has some hundred.
const largestHeadBytes = 4 * 1024;
const partBytes = 4 * 1024;
// For parsing what all sockets hold; a part more than that is parsed at most.
const parsingMs = 5;
const connectMs = 10_000;
// Node gives up an address after 250 ms where a host has several, and a far-away host or proxy needs longer for a handshake.
const severalAddresses = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 3_000 };
// Load balancers close idle connections after 15 s or later; a call on one that is just being closed is lost.
const keepAliveMs = 10_000;
// Each CA bundle has connections of its own, and issuers come and go.
const mostBundles = 64;

/** Is told the Date header of each reply as soon as its head is there. */
type OnDate = (endpoint: PcaEndpoint, header: unknown) => void;

/** What may be connected to. */
type Addresses = Pick<AddressRules, 'for'>;

/** How an endpoint is reached: straight, in a tunnel through a proxy, or by a proxy that is told the URL. */
type Way =
  | { readonly kind: 'direct' }
  | { readonly kind: 'tunnel'; readonly server: ProxyServer }
  | { readonly kind: 'forward'; readonly server: ProxyServer };

/** The transport of a process; connections are shared by all that calls through it. */
export class HttpTransport implements Transport {
  readonly #proxy: Proxy | undefined;
  readonly #addresses: Addresses | undefined;
  readonly #parsing: TurnShare;
  readonly #onDate: OnDate | undefined;
  /** By way and CA bundle, the one that was used last at the end. */
  readonly #dispatchers = new Map<string, Dispatcher>();

  /** Without `addresses` any is connected to, with or without TLS. Where there is a proxy, that resolves names, and decides. */
  constructor(proxy?: Proxy, addresses?: Addresses, clock: Pick<Clock, 'monotonic'> = systemClock, onDate?: OnDate) {
    this.#onDate = onDate;
    this.#proxy = proxy;
    this.#addresses = addresses;
    this.#parsing = new TurnShare(parsingMs, clock);
  }

  async send(endpoint: PcaEndpoint, request: SignedRequest, signal: AbortSignal): Promise<WireReply> {
    const way = this.#wayTo(endpoint);
    const { method, body } = request;
    const answer = await exchange(
      this.#dispatcher(way, endpoint.caBundle),
      { ...addressed(endpoint, request, way), method, body },
      {
        signal,
        largestBytes: (status) => (status >= 400 ? largestErrorBytes : largestReplyBytes),
        onHead: (status, headers) => {
          if (way.kind === 'forward') throwIfOfProxy(status, way.server);
          this.#onDate?.(endpoint, headers['date']);
        },
      },
    );
    const requestId = answer.headers['x-acs-request-id'];
    return {
      status: answer.status,
      requestId: typeof requestId === 'string' ? requestId : undefined,
      body: answer.body,
    };
  }

  #wayTo(endpoint: PcaEndpoint): Way {
    const server = proxyFor(endpoint, this.#proxy);
    if (server === undefined) return { kind: 'direct' };
    if (endpoint.protocol === 'HTTPS') return { kind: 'tunnel', server };
    // A proxy would read all of it.
    const refusal = this.#addresses?.for('HTTP').refusalOfProxy(endpoint.host);
    if (refusal !== undefined) throw refusal;
    return { kind: 'forward', server };
  }

  #dispatcher(way: Way, caBundle = ''): Dispatcher {
    const key = `${way.kind} ${caBundle}`;
    const dispatcher = this.#dispatchers.get(key) ?? this.#dispatcherFor(way, caBundle);
    this.#dispatchers.delete(key);
    this.#dispatchers.set(key, dispatcher);
    const [oldest] = this.#dispatchers;
    if (this.#dispatchers.size > mostBundles && oldest !== undefined) {
      this.#dispatchers.delete(oldest[0]);
      // Lets the calls under way finish.
      void oldest[1].close();
    }
    return dispatcher;
  }

  #dispatcherFor(way: Way, caBundle: string): Dispatcher {
    return new Agent({
      // The caller's signal ends every wait.
      headersTimeout: 0,
      maxHeaderSize: largestHeadBytes,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      allowH2: false,
      connect: this.#connectorFor(way, trusting(caBundle)),
      factory: (origin: string | URL, pool: Pool.Options) => new Pool(origin, readingInParts(pool, this.#parsing)),
    });
  }

  #connectorFor(way: Way, tls: { readonly secureContext?: SecureContext }): buildConnector.connector {
    const proxy = this.#proxy;
    if (way.kind === 'direct' || proxy === undefined) return directConnector(tls, this.#addresses);
    const connect = proxyConnector(way.server, proxy, severalAddresses);
    if (way.kind === 'forward') return connect;
    return tunnelConnector(way.server, connect, buildConnector({ ...tls, timeout: connectMs, allowH2: false }));
  }
}

/** Where a request goes and what it says; a proxy that forwards it gets the whole URL. */
function addressed({ protocol, host }: PcaEndpoint, { path, headers }: SignedRequest, way: Way) {
  const origin = `${protocol === 'HTTP' ? 'http' : 'https'}://${host}`;
  if (way.kind !== 'forward') return { origin, path, headers: { ...headers } };
  const { origin: ofProxy, authorization } = way.server;
  const credentials = authorization === undefined ? {} : { 'proxy-authorization': authorization };
  return { origin: ofProxy, path: `${origin}${path}`, headers: { host, ...headers, ...credentials } };
}

/** Once for all connections: reading a bundle is half of the work to open one. The built-in roots are shared by Node. */
function trusting(caBundle: string): { readonly secureContext?: SecureContext } {
  return caBundle === '' ? {} : { secureContext: createSecureContext({ ca: caBundle }) };
}

/** Connects to endpoints straight. */
function directConnector(
  tls: { readonly secureContext?: SecureContext },
  addresses: Addresses | undefined,
): buildConnector.connector {
  const options = { ...tls, timeout: connectMs, allowH2: false, ...severalAddresses };
  if (addresses === undefined) return buildConnector(options);
  const [secured, plain] = (['HTTPS', 'HTTP'] as const).map((protocol) => {
    const rules = addresses.for(protocol);
    const connect = buildConnector({ ...options, lookup: rules.lookup });
    return ((place, callback) => {
      // An address given as the host is not looked up.
      const refusal = isIP(place.hostname) === 0 ? undefined : rules.refusal(place.hostname);
      if (refusal === undefined) connect(place, callback);
      else queueMicrotask(() => callback(refusal, null));
    }) satisfies buildConnector.connector;
  });
  return (place, callback) => (place.protocol === 'http:' ? plain : secured)?.(place, callback);
}

/** The options of a pool whose sockets, also those to and through a proxy, are read in parts. */
function readingInParts(pool: Pool.Options, parsing: TurnShare): Pool.Options {
  const { connect } = pool;
  if (typeof connect !== 'function') throw new Error('A pool has a connector of its agent.');
  return {
    ...pool,
    connect: (options, callback) =>
      connect(options, (...connected) => {
        const [error, socket] = connected;
        if (error === null && socket !== null) readInParts(socket, parsing);
        callback(...connected);
      }),
  };
}

/**
 * The library parses all that a socket holds at once, also after it has given the connection up, and a head of thousands of
 * fields is dear; and many sockets may hold one at the same time.
 */
function readInParts(socket: Socket, parsing: TurnShare): void {
  const read = socket.read.bind(socket);
  let isDeferred = false;
  socket.read = (size?: number): unknown => {
    if (socket.destroyed) return null;
    if (socket.readableLength === 0 || !parsing.isUsedUp())
      return read(size ?? (socket.readableLength > partBytes ? partBytes : undefined));
    if (!isDeferred) {
      isDeferred = true;
      parsing.later(() => {
        isDeferred = false;
        socket.emit('readable');
      });
    }
    return null;
  };
}
