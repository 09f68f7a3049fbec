// Where the API server is and what proves who we are: as a pod (files of the ServiceAccount) or from a kubeconfig.
// Credentials are asked for before each request and read again when they are older than a minute.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../timing/clock.ts';
import type { Clock } from '../timing/clock.ts';

/** TLS settings towards the API server; PEM text or bytes. */
export interface TlsSettings {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** What a request needs to be accepted. */
export interface KubernetesCredentials {
  /** Headers such as `authorization`; empty with client certificates. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
}

/** A cluster as seen by a client. */
export interface KubernetesConnection {
  /** Base URL of the API server, possibly with a path. */
  readonly server: string;
  /** The pod's or the context's own namespace. */
  readonly namespace: string | undefined;
  /** The current credentials, from a cache unless `fresh`; rejects when they cannot be read. */
  credentials(options: { readonly fresh: boolean }): Promise<KubernetesCredentials>;
}

/** Where a pod finds its ServiceAccount; everything has the defaults of Kubernetes. */
export interface InClusterOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Directory with `token`, `ca.crt` and `namespace`. */
  readonly directory?: string;
  /** For the age of what was read. */
  readonly clock?: Pick<Clock, 'monotonic'>;
}

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';
const longestCacheMs = 60_000;

/**
 * The connection of a pod. Tokens and the CA are rotated by the kubelet, so both files are read again every minute.
 * Throws, with the reason, when this process does not run in a pod with a ServiceAccount.
 */
export function connectInCluster(options: InClusterOptions = {}): KubernetesConnection {
  const environment = options.environment ?? process.env;
  const directory = options.directory ?? serviceAccountDirectory;
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || host === '' || port === undefined || port === '') {
    throw new Error(
      'Not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set. Outside a cluster, name a kubeconfig with --kubeconfig or PCA_ISSUER_KUBECONFIG; KUBECONFIG and ~/.kube/config are not read.',
    );
  }
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace: readIfPresent(join(directory, 'namespace')),
    credentials: cached(async () => readServiceAccount(directory), options.clock),
  };
}

/**
 * The connection that a kubeconfig describes, by its current context unless one is named: tokens, token files, client certificates,
 * exec plugins and OIDC as far as @kubernetes/client-node supports them; it is loaded only here, since it costs half a
 * second and 90 MB. Rejects, with the reason, when file or context cannot be used.
 */
export async function connectWithKubeconfig(file: string, context?: string): Promise<KubernetesConnection> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const { readTokenFile } = await import('./token-file.ts');
  const load = (): InstanceType<typeof KubeConfig> => {
    const config = new KubeConfig();
    try {
      config.loadFromFile(file);
    } catch (error) {
      // The parser's own words may quote the file, which holds keys.
      const code = codeOf(error);
      throw new Error(
        code === undefined
          ? `The kubeconfig ${file} is not one: it cannot be understood. Check what is in it, for instance with kubectl --kubeconfig=${file} config view.`
          : `The kubeconfig ${file} cannot be read (${code}). Check --kubeconfig (PCA_ISSUER_KUBECONFIG) and the file's permissions.`,
        { cause: error },
      );
    }
    if (context !== undefined) config.setCurrentContext(context);
    return config;
  };
  let config = load();
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const names = config.getContexts().map(({ name }) => name);
    throw new Error(
      `The kubeconfig ${file} has no cluster for the context ${context ?? config.getCurrentContext()}. Its contexts: ${names.join(', ')}.`,
    );
  }
  if (cluster.proxyUrl !== undefined) {
    throw new Error(
      `The kubeconfig ${file} requires the proxy ${new URL(cluster.proxyUrl).host} for ${cluster.server}. Proxies are not supported; use a context without proxy-url.`,
    );
  }
  return {
    server: cluster.server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    credentials: cached(async (fresh) => {
      // Refused credentials may be kept in client-node's own caches, and the file may have changed.
      config = fresh ? load() : config;
      const https: HttpsOptions = { headers: {} };
      await config.applyToHTTPSOptions(https);
      const bearer = readTokenFile(file, config.getCurrentUser()?.name);
      return { headers: { ...headersOf(https), ...bearer }, tls: tlsOf(https) };
    }),
  };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

interface HttpsOptions {
  readonly headers: Record<string, unknown>;
  readonly auth?: string | null | undefined;
  readonly ca?: unknown;
  readonly cert?: unknown;
  readonly key?: unknown;
  readonly passphrase?: unknown;
  readonly servername?: unknown;
  readonly rejectUnauthorized?: unknown;
}

const tlsFields = ['ca', 'cert', 'key', 'passphrase', 'servername', 'rejectUnauthorized'] as const;

function tlsOf(https: HttpsOptions): TlsSettings {
  const present = tlsFields.filter((field) => https[field] !== undefined && https[field] !== null);
  return Object.fromEntries(present.map((field) => [field, https[field]])) as TlsSettings;
}

function headersOf(https: HttpsOptions): Readonly<Record<string, string>> {
  const headers = Object.entries(https.headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  const basic =
    typeof https.auth === 'string' ? { authorization: `Basic ${Buffer.from(https.auth).toString('base64')}` } : {};
  return { ...basic, ...(Object.fromEntries(headers) as Record<string, string>) };
}

// Two small files in memory. Read in the background they would wait for a thread together with look-ups of names that
// issuers choose, and every request, also the Lease's, waits for them.
function readServiceAccount(directory: string): KubernetesCredentials {
  const [token = '', ca = ''] = ['token', 'ca.crt'].map((file) => readFileSync(join(directory, file), 'utf8'));
  return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } };
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

type ReadCredentials = (fresh: boolean) => Promise<KubernetesCredentials>;

/** Reads at most once a minute and once at a time; keeps the last good credentials when a scheduled reading fails. */
function cached(
  read: ReadCredentials,
  { monotonic }: Pick<Clock, 'monotonic'> = systemClock,
): KubernetesConnection['credentials'] {
  let last: { readonly at: number; readonly credentials: KubernetesCredentials } | undefined;
  let reading: Promise<KubernetesCredentials> | undefined;
  const refresh = async (fresh: boolean): Promise<KubernetesCredentials> => {
    const previous = last;
    try {
      last = { at: monotonic(), credentials: await read(fresh) };
    } catch (error) {
      // A file that is being replaced must not stop a client whose credentials may still be good.
      if (previous === undefined || fresh) throw error;
      last = { at: monotonic(), credentials: previous.credentials };
    }
    return last.credentials;
  };
  return async ({ fresh }) => {
    if (!fresh && last !== undefined && monotonic() - last.at < longestCacheMs) return last.credentials;
    reading ??= refresh(fresh).finally(() => {
      reading = undefined;
    });
    return reading;
  };
}
