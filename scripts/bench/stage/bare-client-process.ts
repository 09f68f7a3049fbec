// The bare client, a process of its own as an issuer is: applies one status to each request that it is told of, so many at a
// time, and does nothing else. Its parent tells it where, what and when over IPC.
import { Pool } from 'undici';
import type { TlsSettings } from '../../../src/kubernetes/connection.ts';
import { inParallel } from './in-parallel.ts';

/** One status to apply: path of the request, and the body. */
export interface BareApply {
  readonly path: string;
  readonly body: string;
}

/** What the parent sends, one after the other; the child answers each when it has done so. */
export type BareOrder =
  | {
      readonly kind: 'connect';
      readonly server: string;
      readonly token: string;
      readonly ca: string;
      readonly inFlight: number;
    }
  | { readonly kind: 'hold'; readonly applies: readonly BareApply[] }
  | { readonly kind: 'go' };

/** What the child answers. */
export type BareAnswer = { readonly kind: 'done' } | { readonly kind: 'failure'; readonly message: string };

const query = 'fieldManager=bare-client&force=true';
let pool: Pool | undefined;
let token = '';
let inFlight = 1;
let held: readonly BareApply[] = [];

process.on('message', (order: BareOrder) => {
  obey(order)
    .then(() => answer({ kind: 'done' }))
    .catch((error: unknown) => answer({ kind: 'failure', message: String(error) }));
});
process.once('disconnect', () => process.exit(0));

async function obey(order: BareOrder): Promise<void> {
  if (order.kind === 'connect') return connect(order);
  if (order.kind === 'go')
    return inParallel(held, inFlight, async ({ path, body }) => send('PATCH', `${path}/status?${query}`, body));
  held = order.applies;
}

async function connect(order: Extract<BareOrder, { kind: 'connect' }>): Promise<void> {
  ({ token, inFlight } = order);
  const tls: TlsSettings = { ca: order.ca };
  pool = new Pool(order.server, { connections: inFlight, connect: { ...tls } });
  // Handshakes are not what is measured.
  const all = Array.from({ length: inFlight }, (_, index) => index);
  await inParallel(all, inFlight, async () => send('GET', '/version', undefined));
}

async function send(method: 'GET' | 'PATCH', path: string, body: string | undefined): Promise<void> {
  if (pool === undefined) throw new Error('not connected');
  const { statusCode, body: reply } = await pool.request({
    method,
    path,
    body: body ?? null,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/apply-patch+yaml' }),
    },
  });
  if (statusCode === 200) return reply.dump();
  throw new Error(`${method} ${path} was answered ${statusCode}: ${await reply.text()}`);
}

function answer(text: BareAnswer): void {
  process.send?.(text);
}
