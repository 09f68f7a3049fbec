// The HTTP proxy behind which the operator runs, by the variables that everybody uses for it.
import { caBundleFault } from '../ca-bundle.ts';
import type { PcaEndpoint } from '../endpoint.ts';
import { parseNoProxy } from './no-proxy.ts';
import type { HostAndPort, NoProxy } from './no-proxy.ts';

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One proxy. */
export interface ProxyServer {
  /** URL without user and password. */
  readonly origin: string;
  /** Value of Proxy-Authorization, a secret; undefined where the URL names no user. */
  readonly authorization: string | undefined;
  /** Host and port, to be shown. */
  readonly shown: string;
}

/** The proxies for calls to Alibaba Cloud, and what goes past them. */
export interface Proxy {
  /** For endpoints with HTTPS. */
  readonly https: ProxyServer;
  /** For endpoints with HTTP; undefined where there is none. */
  readonly http: ProxyServer | undefined;
  /** Hosts that are called directly. */
  readonly noProxy: NoProxy;
  /** PEM certificates that a proxy over TLS is trusted by; empty: the system's. */
  readonly caBundle: string;
}

/** What the environment says; `except` is NO_PROXY as it is written. */
export type ProxySettings =
  | { readonly kind: 'none' }
  | { readonly kind: 'proxy'; readonly proxy: Proxy; readonly except: string }
  | { readonly kind: 'invalid'; readonly message: string };

const protocols: ReadonlySet<string> = new Set(['http:', 'https:']);

/**
 * Reads HTTPS_PROXY, HTTP_PROXY (which serves for HTTPS as well where it stands alone) and NO_PROXY, in either case. `caBundle`
 * is for proxies that are reached over TLS.
 */
export function readProxy(environment: Environment, caBundle = ''): ProxySettings {
  const read = (name: string): string => environment[name.toLowerCase()] ?? environment[name] ?? '';
  const http = read('HTTP_PROXY');
  const https = read('HTTPS_PROXY');
  if (http === '' && https === '') return { kind: 'none' };
  for (const [name, value] of Object.entries({ HTTPS_PROXY: https, HTTP_PROXY: http })) {
    if (value !== '' && serverOf(value) === undefined) {
      const message = `${name} is no URL of a proxy. Write it like http://proxy.example.com:3128, or unset it.`;
      return { kind: 'invalid', message };
    }
  }
  const fault = caBundle === '' ? undefined : caBundleFault(caBundle);
  if (fault !== undefined) return { kind: 'invalid', message: `--proxy-ca-bundle: ${fault}` };
  const forHttp = serverOf(http);
  const forHttps = serverOf(https) ?? forHttp;
  if (forHttps === undefined) return { kind: 'none' };
  const except = read('NO_PROXY');
  return {
    kind: 'proxy',
    proxy: { https: forHttps, http: forHttp, noProxy: parseNoProxy(except), caBundle },
    except,
  };
}

/** The proxy through which an endpoint is called, if any. */
export function proxyFor(
  endpoint: Pick<PcaEndpoint, 'host' | 'protocol'>,
  proxy: Proxy | undefined,
): ProxyServer | undefined {
  if (proxy === undefined || proxy.noProxy(placeOf(endpoint))) return undefined;
  return endpoint.protocol === 'HTTPS' ? proxy.https : proxy.http;
}

/** Host and port of an endpoint. */
export function placeOf({ host, protocol }: Pick<PcaEndpoint, 'host' | 'protocol'>): HostAndPort {
  const url = new URL(`${protocol === 'HTTP' ? 'http' : 'https'}://${host}`);
  const port = url.port === '' ? (protocol === 'HTTP' ? 80 : 443) : Number(url.port);
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

function serverOf(text: string): ProxyServer | undefined {
  const url = URL.parse(text);
  if (url === null || !protocols.has(url.protocol) || url.hostname === '') return undefined;
  const { username, password } = url;
  const [user, secret] = [decoded(username), decoded(password)];
  if (user === undefined || secret === undefined) return undefined;
  return {
    origin: url.origin,
    authorization: username === '' ? undefined : `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`,
    shown: url.host,
  };
}

/** Undefined where a % begins no escape. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
