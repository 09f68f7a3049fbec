// The page's HTTP server, for this machine alone: the page, its state as it changes, and what its buttons do.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Page } from './html.ts';
import type { PageState } from './state.ts';

/** What the server shows and does. */
export interface PageParts {
  readonly page: Page;
  readonly state: () => Promise<PageState>;
  /** Turns a fault on or off; false where there is no such fault. */
  readonly setFault: (id: string, on: boolean) => Promise<boolean>;
  /** Makes a Certificate and answers its name. */
  readonly ask: () => Promise<string>;
}

/** A page that is served. */
export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

const host = '127.0.0.1';
const lookMs = 400;
const maxBodyBytes = 10_000;

/** Serves on a free port of the loopback. */
export async function servePage(parts: PageParts): Promise<PageServer> {
  const watchers = new Watchers(parts.state);
  const server = createServer((request, response) => {
    handle(request, response, { parts, watchers, server }).catch((error: unknown) => {
      answer(response, 500, { message: error instanceof Error ? error.message : String(error) });
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    url: `http://${authorityOf(server)}/`,
    close: async () => {
      watchers.stop();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function authorityOf(server: Server): string {
  return `${host}:${(server.address() as AddressInfo).port}`;
}

interface Serving {
  readonly parts: PageParts;
  readonly watchers: Watchers;
  readonly server: Server;
}

async function handle(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  // Pages of others must neither read this one under a name of theirs nor press its buttons.
  if (!isOwn(request, authorityOf(serving.server)))
    return answer(response, 403, { message: 'Open the page by the address that the demo prints.' });
  const { parts, watchers } = serving;
  switch (`${request.method} ${request.url}`) {
    case 'GET /':
      response.writeHead(200, {
        ...headers,
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': parts.page.policy,
      });
      response.end(parts.page.html);
      return;
    case 'GET /state':
      return answer(response, 200, await parts.state());
    case 'GET /events':
      return watchers.add(response);
    case 'POST /faults': {
      const { id, on } = await bodyOf(request);
      const isThere = typeof id === 'string' && typeof on === 'boolean' && (await parts.setFault(id, on));
      return isThere
        ? answer(response, 200, {})
        : answer(response, 400, { message: 'The body names a fault of the page as "id", and "on": true or false.' });
    }
    case 'POST /certificates':
      return answer(response, 200, { name: await parts.ask() });
    default:
      return answer(response, 404, {
        message: 'There are GET /, GET /state, GET /events, POST /faults and POST /certificates.',
      });
  }
}

function isOwn({ headers, method }: IncomingMessage, authority: string): boolean {
  if (headers.host !== authority) return false;
  if (method === 'GET') return true;
  const { origin = `http://${authority}` } = headers;
  return origin === `http://${authority}` && headers['content-type'] === 'application/json';
}

const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > maxBodyBytes) return {};
  }
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** Browsers that are told of each change; nothing is looked at while there are none. */
class Watchers {
  readonly #state: () => Promise<PageState>;
  readonly #open = new Set<ServerResponse>();
  #timer: NodeJS.Timeout | undefined;
  #last = '';
  #isStopped = false;

  constructor(state: () => Promise<PageState>) {
    this.#state = state;
  }

  add(response: ServerResponse): void {
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
    response.write(this.#last === '' ? ': hello\n\n' : message(this.#last));
    this.#open.add(response);
    response.on('close', () => this.#open.delete(response));
    if (this.#timer === undefined) this.#lookIn(0);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const response of this.#open) response.end();
  }

  #lookIn(milliseconds: number): void {
    this.#timer = setTimeout(() => void this.#look(), milliseconds);
  }

  async #look(): Promise<void> {
    const text = await this.#state().then(JSON.stringify, () => this.#last);
    if (this.#isStopped) return;
    if (text !== this.#last) for (const response of this.#open) response.write(message(text));
    this.#last = text;
    this.#timer = undefined;
    if (this.#open.size > 0) this.#lookIn(lookMs);
  }
}

// JSON has no line ends of its own.
function message(json: string): string {
  return `data: ${json}\n\n`;
}
