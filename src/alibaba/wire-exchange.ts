// One signed HTTP exchange through Alibaba's client library, with what the library leaves out: a reply as status and bounded
// text, and a way to give up on it. The library is loaded on first use: it costs 50 ms, which the operator's start need not pay.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
// The package is CommonJS: its default import is module.exports, and the class hangs off that as `default`.
import type library from '@alicloud/openapi-client';
import type { PcaCall } from './call.ts';
import type { AccessKey } from './credentials/access-key.ts';
import type { PcaEndpoint } from './endpoint.ts';

type Library = typeof library;
type LibraryClient = InstanceType<Library['default']>;

/** What came back with a status outside 4xx and 5xx; those the library throws. */
export interface WireReply {
  readonly status: number;
  readonly requestId: string | undefined;
  readonly text: string;
}

/** Sends calls to one endpoint with one access key. */
export interface WireClient {
  /** Starts one call. `abandon` may be called at any time: what still arrives is thrown away. */
  send(call: PcaCall): WireExchange;
}

/** A call under way. */
export interface WireExchange {
  readonly reply: Promise<WireReply>;
  readonly abandon: () => void;
}

/** What a client is made of. */
export interface WireOptions {
  readonly endpoint: PcaEndpoint;
  /** Undefined: calls are not signed. */
  readonly accessKey: AccessKey | undefined;
  /** Time limit of one call; the library's own timers come after it. */
  readonly timeoutMs: number;
  readonly userAgent: string;
}

const largestReply = 4 * 1024 * 1024;
// The caller's deadline ends every wait; the library's timers only sweep up behind it and must not fire first.
const sweepDelayMs = 1000;

let loading: Promise<Library> | undefined;

/** A client on the library, loading it the first time. Rejects when it cannot be loaded or refuses the settings. */
export async function openWireClient(options: WireOptions): Promise<WireClient> {
  loading ??= load();
  const library = await loading;
  const client = new library.default(configuration(library, options));
  const authType = options.accessKey === undefined ? 'Anonymous' : 'AK';
  return { send: (call) => exchange({ library, client, authType }, call) };
}

// Node and esbuild give module.exports as the default import, other loaders the class itself.
async function load(): Promise<Library> {
  const module = await import('@alicloud/openapi-client');
  const exported: Library | Library['default'] = module.default;
  return 'default' in exported ? exported : { ...module, default: exported };
}

function configuration(library: Library, options: WireOptions): InstanceType<Library['Config']> {
  const { endpoint, accessKey } = options;
  const sweep = options.timeoutMs + sweepDelayMs;
  return new library.Config({
    endpoint: endpoint.host,
    regionId: endpoint.region,
    protocol: endpoint.protocol,
    userAgent: options.userAgent,
    // The library's "connect" timeout is one of socket inactivity: a smaller one would cut answers that take longer.
    connectTimeout: sweep,
    readTimeout: sweep,
    ...(accessKey === undefined ? {} : { credential: { getCredential: async () => credentialOf(accessKey) } }),
    ...(endpoint.caBundle === undefined ? {} : { ca: endpoint.caBundle }),
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

interface OpenClient {
  readonly library: Library;
  readonly client: LibraryClient;
  readonly authType: 'AK' | 'Anonymous';
}

function exchange({ library, client, authType }: OpenClient, call: PcaCall): WireExchange {
  let abandoned = false;
  let body: IncomingMessage | undefined;
  const receive = async (): Promise<WireReply> => {
    const answer = await client.callApi(
      parametersOf(library, call, authType),
      requestOf(library, call),
      runtimeOptions,
    );
    body = answer['body'] as IncomingMessage;
    releaseReadTimer(body.socket);
    if (abandoned) body.destroy();
    const status = Number(answer['statusCode']);
    const header = body.headers['x-acs-request-id'];
    return { status, requestId: typeof header === 'string' ? header : undefined, text: await boundedText(body) };
  };
  return {
    reply: receive(),
    abandon: () => {
      abandoned = true;
      body?.destroy();
    },
  };
}

// Typed through the call, so that the library's own options package need not be a dependency of ours.
const runtimeOptions = { autoretry: false } as Parameters<LibraryClient['callApi']>[2];

function parametersOf(
  library: Library,
  call: PcaCall,
  authType: OpenClient['authType'],
): InstanceType<Library['Params']> {
  return new library.Params({
    action: call.action,
    version: call.version,
    protocol: 'HTTPS',
    method: 'POST',
    authType,
    style: 'RPC',
    pathname: '/',
    reqBodyType: 'formData',
    // As a stream: the other forms hide the status of an answer that is not JSON, and cannot be given up half-way.
    bodyType: 'binary',
  });
}

// All in the form body: an RSA-4096 CSR with 100 names makes a URL of 7.8 KB, which proxies cut.
function requestOf(library: Library, call: PcaCall): InstanceType<Library['OpenApiRequest']> {
  return new library.OpenApiRequest({ body: call.parameters });
}

async function boundedText(body: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestReply) throw new SyntaxError('the reply is too large to be one');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

// The library leaves a timer on the socket which holds request and reply (about 10 KiB) until the read timeout passes, and
// which then stops the timer of a later call on the same socket. Its own reader clears it; we read the stream ourselves.
function releaseReadTimer(socket: Socket): void {
  for (const key of Object.getOwnPropertySymbols(socket)) {
    if (key.description === 'TIMER::READ_TIMER') {
      const holder = socket as unknown as Record<symbol, NodeJS.Timeout | null>;
      clearTimeout(holder[key] ?? undefined);
      holder[key] = null;
    }
  }
}
