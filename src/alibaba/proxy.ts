// The HTTP proxy behind which the operator runs, by the variables that everybody uses for it.

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Proxies for calls to Alibaba Cloud: URLs, which may hold a password, and what goes past them. */
export interface Proxy {
  /** For endpoints with HTTPS. */
  readonly https: string;
  /** For endpoints with HTTP; empty where there is none. */
  readonly http: string;
  /** Hosts that are called directly, in the form of NO_PROXY: names, `.suffixes`, `*`, each with a port if wanted. */
  readonly except: string;
  /** Host and port of the proxy for HTTPS, to be shown. */
  readonly shown: string;
}

/** What the environment says. */
export type ProxySettings =
  | { readonly kind: 'none' }
  | { readonly kind: 'proxy'; readonly proxy: Proxy }
  | { readonly kind: 'invalid'; readonly message: string };

const protocols: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:']);

/** Reads HTTPS_PROXY, HTTP_PROXY (which serves for HTTPS as well where it stands alone) and NO_PROXY, in either case. */
export function readProxy(environment: Environment): ProxySettings {
  const read = (name: string): string => environment[name.toLowerCase()] ?? environment[name] ?? '';
  const http = read('HTTP_PROXY');
  const https = read('HTTPS_PROXY') || http;
  if (https === '') return { kind: 'none' };
  for (const [name, value] of Object.entries({ HTTPS_PROXY: https, HTTP_PROXY: http })) {
    if (value !== '' && !protocols.has(URL.parse(value)?.protocol ?? '')) {
      const message = `${name} is no URL of a proxy. Write it like http://proxy.example.com:3128, or unset it.`;
      return { kind: 'invalid', message };
    }
  }
  return { kind: 'proxy', proxy: { https, http, except: read('NO_PROXY'), shown: new URL(https).host } };
}
