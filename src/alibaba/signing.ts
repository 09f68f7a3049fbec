// Alibaba's client library signs the calls; it sends none. The one function beneath it that touches the network is replaced
// by one that keeps the finished request, so that our own transport carries it: bounded, cancellable, through a proxy where
// one is set. The library is loaded on first use: it costs 50 ms, which the operator's start need not pay.
import { AsyncLocalStorage } from 'node:async_hooks';
// Both packages are CommonJS: the default import is module.exports, and the class hangs off that as `default`.
import type library from '@alicloud/openapi-client';
import type tea from '@alicloud/tea-typescript';
import type { PcaCall } from './call.ts';
import type { AccessKey } from './credentials/access-key.ts';
import type { PcaEndpoint } from './endpoint.ts';

type Library = typeof library;
type LibraryRequest = Parameters<typeof tea.doAction>[0];

/** A call as it goes over the wire; the signature covers headers and body. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Signs calls to one endpoint with one access key. A signature holds for some minutes and for one call. */
export interface Signer {
  sign(call: PcaCall): Promise<SignedRequest>;
}

/** What a signer is made of. */
export interface SignerOptions {
  readonly endpoint: PcaEndpoint;
  /** Undefined: calls are not signed. */
  readonly accessKey: AccessKey | undefined;
  readonly userAgent: string;
}

const kept = new AsyncLocalStorage<{ request?: LibraryRequest }>();
let loading: Promise<Library> | undefined;

/** A signer, loading the library the first time. Rejects when it cannot be loaded or refuses the settings. */
export async function openSigner(options: SignerOptions): Promise<Signer> {
  loading ??= load();
  const library = await loading;
  const client = new library.default(configuration(library, options));
  const authType = options.accessKey === undefined ? 'Anonymous' : 'AK';
  return {
    sign: async (call) => {
      const keep: { request?: LibraryRequest } = {};
      const parameters = parametersOf(library, call, authType);
      // All in the form body: an RSA-4096 CSR with 100 names makes a URL of 7.8 KB, which proxies cut.
      const request = new library.OpenApiRequest({ body: call.parameters });
      await kept.run(keep, async () => client.callApi(parameters, request, withoutRetry));
      if (keep.request === undefined) throw new Error('The client library kept the request for itself.');
      return signedRequest(keep.request, call);
    },
  };
}

// Typed through the call, so that the library's own options package need not be a dependency of ours.
const withoutRetry = { autoretry: false } as Parameters<InstanceType<Library['default']>['callApi']>[2];

// Node and esbuild give module.exports as the default import, other loaders the class itself.
async function load(): Promise<Library> {
  const [module, network] = await Promise.all([import('@alicloud/openapi-client'), import('@alicloud/tea-typescript')]);
  keepRequests(network.default);
  const exported: Library | Library['default'] = module.default;
  return 'default' in exported ? exported : { ...module, default: exported };
}

/** The library asks for this function at each call, and does nothing with an answer that has no body. */
function keepRequests(network: typeof tea): void {
  const send = network.doAction;
  const unread = { statusCode: 200, headers: {} } as Awaited<ReturnType<typeof tea.doAction>>;
  network.doAction = async (request, runtime) => {
    const keep = kept.getStore();
    // Somebody else in this process uses the library.
    if (keep === undefined) return send(request, runtime);
    keep.request = request;
    return unread;
  };
}

function configuration(library: Library, options: SignerOptions): InstanceType<Library['Config']> {
  const { endpoint, accessKey, userAgent } = options;
  return new library.Config({
    endpoint: endpoint.host,
    regionId: endpoint.region,
    protocol: endpoint.protocol,
    userAgent,
    ...(accessKey === undefined ? {} : { credential: { getCredential: async () => credentialOf(accessKey) } }),
  });
}

function credentialOf(accessKey: AccessKey) {
  return {
    type: accessKey.securityToken === undefined ? 'access_key' : 'sts',
    providerName: accessKey.securityToken === undefined ? 'static_ak' : 'static_sts',
    accessKeyId: accessKey.accessKeyId,
    accessKeySecret: accessKey.accessKeySecret,
    securityToken: accessKey.securityToken,
  };
}

function parametersOf(library: Library, call: PcaCall, authType: string): InstanceType<Library['Params']> {
  return new library.Params({
    action: call.action,
    version: call.version,
    protocol: 'HTTPS',
    method: 'POST',
    authType,
    style: 'RPC',
    pathname: '/',
    reqBodyType: 'formData',
    // The only form in which the library leaves the body alone.
    bodyType: 'binary',
  });
}

function signedRequest({ method, pathname, headers, body }: LibraryRequest, { parameters }: PcaCall): SignedRequest {
  // The library has all of it already, and its stream gives it at the first read.
  const bytes: unknown = body.read() ?? (Object.keys(parameters).length === 0 ? Buffer.alloc(0) : undefined);
  if (!(bytes instanceof Buffer) || body.read() !== null) throw new Error('The client library sends an unknown body.');
  return { method, path: pathname, headers, body: bytes };
}
