// The listener: reads a request whole, waits out the delay, and writes the answer or cuts the connection.
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Gateway } from './gateway.ts';
import type { MetadataService } from './identity/metadata-service.ts';

/** How to listen; with `tls` as HTTPS. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
}

/** Answers of the admin interface: status and JSON. */
export type AdminHandler = (
  method: string,
  path: string,
  body: unknown,
) => { readonly status: number; readonly body: unknown };

// Whole CSRs with a hundred names in the URL are more than Node's 16 KiB of header.
const maxHeaderSize = 256 * 1_024;
const maxBodyBytes = 1_024 * 1_024;

/** What answers. */
export interface Answerers {
  readonly gateway: Gateway;
  readonly metadata: Pick<MetadataService, 'handle'>;
  readonly admin: AdminHandler;
  readonly delay: (action: string) => Promise<void>;
}

/** Listens for calls, below `/admin/` for the admin interface, and below `/latest/` as the metadata service of an instance. */
export async function listen(options: ListenOptions, parts: Answerers): Promise<Server> {
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    readBody(request)
      .then((body) => respond({ request, response, body }, parts))
      .catch(() => request.socket.destroy());
  };
  const server =
    options.tls === undefined
      ? createHttpServer({ maxHeaderSize, keepAliveTimeout: 60_000 }, handle)
      : createHttpsServer({ maxHeaderSize, keepAliveTimeout: 60_000, ...options.tls }, handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return server;
}

/** The port that a listening server got. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function respond(
  {
    request,
    response,
    body,
  }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly body: Buffer },
  parts: Answerers,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  if (url.pathname === '/admin' || url.pathname.startsWith('/admin/')) {
    const answer = parts.admin(request.method ?? 'GET', url.pathname.slice('/admin/'.length), parsed(body));
    return write(response, answer.status, answer.body);
  }
  if (url.pathname.startsWith('/latest/')) {
    const { status, text } = parts.metadata.handle(request.method ?? '', url.pathname, request.headers);
    await parts.delay('Metadata');
    response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
    return;
  }
  const arrived = performance.now();
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const answer = parts.gateway.handle(
    { method: request.method ?? '', path: url.pathname, query: url.searchParams, headers: request.headers, body },
    new URLSearchParams(isForm ? body.toString('utf8') : ''),
  );
  const action = request.headers['x-acs-action'];
  await parts.delay(typeof action === 'string' ? action : '');
  answer.answered(Math.round(performance.now() - arrived));
  if (answer.kind === 'cut') request.socket.destroy();
  else write(response, answer.status, answer.body);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new RangeError('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8') || '{}');
  } catch {
    return undefined;
  }
}

function write(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json;charset=utf-8' }).end(JSON.stringify(body));
}
