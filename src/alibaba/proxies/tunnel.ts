// The way through a proxy: CONNECT for endpoints with TLS, whose connection the proxy cannot read. What fails before the
// endpoint is reached is told as the proxy's.
import type { Socket } from 'node:net';
import { buildConnector, Client } from 'undici';
import { ProxyFailure } from './failure.ts';
import type { Proxy, ProxyServer } from './proxy.ts';

const connectMs = 10_000;
const largestHeadBytes = 16 * 1024;
const accepted = 200;
const wantsCredentials = 407;
// Names of the library that sends, in words that more people know.
const shownCodes: ReadonlyMap<string, string> = new Map([
  ['UND_ERR_SOCKET', 'ECONNRESET'],
  ['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'],
  ['UND_ERR_HEADERS_TIMEOUT', 'no answer to CONNECT in time'],
]);
const notTrusted =
  /^(?:DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_|CRL_|ERR_TLS_CERT_|ERR_SSL_|ERR_OSSL_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO)/;

/** Connects to the proxy itself. */
export function proxyConnector(
  server: ProxyServer,
  { caBundle }: Pick<Proxy, 'caBundle'>,
  options: Readonly<Record<string, unknown>>,
): buildConnector.connector {
  const tls = caBundle === '' ? {} : { ca: caBundle };
  const connect = buildConnector({ ...options, ...tls, timeout: connectMs, allowH2: false });
  // The library names the endpoint there.
  return ({ servername: _endpoint, ...place }, callback) => {
    connect(place, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(failureOf(error, server), null);
    });
  };
}

/** Connects to endpoints with TLS through the proxy; `secure` makes the connection within the tunnel. */
export function tunnelConnector(
  server: ProxyServer,
  connectToProxy: buildConnector.connector,
  secure: buildConnector.connector,
): buildConnector.connector {
  return (place, callback) => {
    const take = (socket: Socket): void => secure({ ...place, httpSocket: socket }, callback);
    const fail = (error: Error): void => callback(error, null);
    openTunnel(server, connectToProxy, authorityOf(place)).then(take, fail);
  };
}

/** Throws where a reply to a request without a tunnel is the proxy's own. */
export function throwIfOfProxy(status: number, server: ProxyServer): void {
  if (status === wantsCredentials) throw refusalOf(status, server);
}

async function openTunnel(server: ProxyServer, connect: buildConnector.connector, authority: string): Promise<Socket> {
  const client = new Client(server.origin, { connect, headersTimeout: connectMs, maxHeaderSize: largestHeadBytes });
  const reply = await answered(client, server, authority);
  const socket = reply.socket as Socket;
  if (reply.statusCode === accepted) return socket;
  // Whatever else it says is nobody's.
  socket.on('error', () => undefined).destroy();
  throw refusalOf(reply.statusCode, server);
}

async function answered(client: Client, server: ProxyServer, authority: string) {
  const credentials = server.authorization === undefined ? {} : { 'proxy-authorization': server.authorization };
  try {
    return await client.connect({ path: authority, headers: { host: authority, ...credentials } });
  } catch (error) {
    await client.destroy();
    throw error instanceof ProxyFailure ? error : failureOf(error, server);
  }
}

function authorityOf({ hostname, port, protocol }: buildConnector.Options): string {
  const host = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
  return `${host}:${port || (protocol === 'https:' ? '443' : '80')}`;
}

function failureOf(error: unknown, { shown }: ProxyServer): ProxyFailure {
  const code = codeOf(error);
  return new ProxyFailure(
    notTrusted.test(code) ? 'ProxyNotTrusted' : 'ProxyUnreachable',
    `${shown}, ${shownCodes.get(code) ?? code}`,
  );
}

function refusalOf(status: number, { shown }: ProxyServer): ProxyFailure {
  const code = status === wantsCredentials ? 'ProxyAuthenticationRequired' : 'ProxyRefused';
  return new ProxyFailure(code, `${shown} answered with status ${status}`);
}

/** Of an error of the network; those of several addresses have the code of the first. */
function codeOf(error: unknown): string {
  const { code, errors } = (error ?? {}) as { readonly code?: unknown; readonly errors?: readonly unknown[] };
  if (typeof code === 'string' && /^[A-Z0-9_]{1,80}$/.test(code)) return code;
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : 'no answer in HTTP';
}
