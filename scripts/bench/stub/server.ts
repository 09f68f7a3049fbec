// The stub's side of the wire: what the operator asks an API server, answered from memory. It checks no rights and no schemas.
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { eventLine, ObjectStore } from './objects.ts';
import type { StoredObject } from './objects.ts';
import type { JsonObject } from './patch.ts';
import { readResourcePath } from './resource-path.ts';
import type { ResourcePath } from './resource-path.ts';

/** What the driver asks the stub, below `/stub/`. */
export interface StubOrders {
  /** Objects to be made, by their paths; what a path held is replaced. */
  readonly make: readonly { readonly path: string; readonly object: JsonObject }[];
}

const requests = 'cert-manager.io/v1/certificaterequests';
const bookmarkEveryMs = 20_000;

/** A server that is listening nowhere yet; with `tls` for HTTPS. */
export function stubServer(tls: { readonly key: string; readonly cert: string } | undefined): Server {
  const stub = new Stub();
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    stub.answer(request, response).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      response.destroy();
    });
  };
  return tls === undefined ? createHttpServer(handle) : createHttpsServer(tls, handle);
}

class Stub {
  readonly #store = new ObjectStore();
  /** Finished since they were last counted. */
  #finished = 0;
  #waiting: { readonly count: number; readonly tell: () => void } | undefined;

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://stub');
    if (url.pathname.startsWith('/stub/')) return this.#obey(url, request, response);
    const path = readResourcePath(url.pathname);
    if (path === undefined) return failure(response, 404, 'NotFound');
    const { method } = request;
    if (method === 'GET')
      return path.name === undefined ? this.#collection(path, url, response) : this.#object(path, response);
    if (method === 'POST') return this.#post(path, await readJson(request), response);
    if (method === 'PUT' || method === 'PATCH') return this.#patch(path, await readJson(request), response);
    failure(response, 405, 'MethodNotAllowed');
  }

  #object(path: ResourcePath, response: ServerResponse): void {
    const found = this.#store.get(path);
    if (found === undefined) failure(response, 404, 'NotFound');
    else send(response, 200, found.text);
  }

  #post(path: ResourcePath, object: JsonObject, response: ServerResponse): void {
    // Reviews and tokens are subresources or answers without an object; events are only taken.
    const { name } = (object['metadata'] ?? {}) as { readonly name?: string };
    if (path.collection.endsWith('/events')) return send(response, 201, JSON.stringify(object));
    if (name === undefined) return failure(response, 404, 'NotFound');
    if (this.#store.get({ ...path, name }) !== undefined) return failure(response, 409, 'AlreadyExists');
    send(response, 201, this.#store.create({ ...path, name }, object).text);
  }

  #patch(path: ResourcePath, patch: JsonObject, response: ServerResponse): void {
    const result = this.#store.patch(path, patch);
    if (result === 'absent') return failure(response, 404, 'NotFound');
    if (result === 'conflict') return failure(response, 409, 'Conflict');
    send(response, 200, result.text);
    if (path.collection === requests && isFinished(result)) this.#count();
  }

  #collection(path: ResourcePath, url: URL, response: ServerResponse): void {
    const query = url.searchParams;
    if (query.has('watch')) return this.#watch(path, query, response);
    const items = this.#store.list(path).map(({ text }) => text);
    send(
      response,
      200,
      `{"kind":"List","metadata":{"resourceVersion":"${this.#store.version}"},"items":[${items.join(',')}]}`,
    );
  }

  #watch(path: ResourcePath, query: URLSearchParams, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    const isInitial = query.get('sendInitialEvents') === 'true';
    if (isInitial) {
      for (const { text } of this.#store.list(path)) response.write(eventLine('ADDED', text));
      response.write(this.#bookmark({ 'k8s.io/initial-events-end': 'true' }));
    }
    const after = isInitial ? this.#store.version : (query.get('resourceVersion') ?? this.#store.version);
    const stop = this.#store.watch(path, Number(after), (line) => response.write(line));
    if (stop === undefined) {
      response.end(eventLine('ERROR', JSON.stringify(statusOf(410, 'Expired'))));
      return;
    }
    const bookmarks = setInterval(() => response.write(this.#bookmark({})), bookmarkEveryMs);
    response.once('close', () => {
      clearInterval(bookmarks);
      stop();
    });
  }

  #bookmark(annotations: JsonObject): string {
    return eventLine('BOOKMARK', JSON.stringify({ metadata: { annotations, resourceVersion: this.#store.version } }));
  }

  #count(): void {
    this.#finished += 1;
    if (this.#waiting !== undefined && this.#finished >= this.#waiting.count) this.#waiting.tell();
  }

  /** `make` makes objects, `clear` takes away all requests, `finished` answers once so many are. */
  async #obey(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (url.pathname === '/stub/make') {
      for (const { path, object } of (await readJson(request)) as unknown as StubOrders['make']) {
        const resource = readResourcePath(path);
        if (resource !== undefined) this.#store.create(resource, object);
      }
    } else if (url.pathname === '/stub/clear') {
      this.#store.clear({ collection: requests });
      this.#finished = 0;
    } else {
      const count = Number(url.searchParams.get('count'));
      await new Promise<void>((tell) => {
        this.#waiting = { count, tell };
        if (this.#finished >= count) tell();
      });
    }
    send(response, 200, JSON.stringify({ finished: this.#finished }));
  }
}

function isFinished({ object }: StoredObject): boolean {
  const { conditions = [] } = (object['status'] ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

function send(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}

function failure(response: ServerResponse, code: number, reason: string): void {
  send(response, code, JSON.stringify(statusOf(code, reason)));
}

function statusOf(code: number, reason: string): JsonObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message: reason, code };
}

async function readJson(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as JsonObject;
}
