// The administrator's few requests to the API server. Not a Kubernetes client: no retries, no watches.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

// Only ends a request that hangs.
const requestTimeoutMs = 60_000;

/** An answer of the API server; `body` is parsed when it is JSON and text otherwise. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Where an object is created, and what it is called, for the case that it exists. */
export interface ApiObject {
  readonly collection: string;
  readonly name: string;
  /** JSON, or YAML text. */
  readonly body: object | string;
}

/** Files of a client certificate and of the authority that signed the server's. */
export interface ApiCredentials {
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Requests with a client certificate over kept-alive connections. */
export class ApiClient {
  readonly #server: string;
  readonly #agent: Agent;

  constructor(server: string, credentials: ApiCredentials) {
    this.#server = server;
    this.#agent = new Agent({
      keepAlive: true,
      ca: readFileSync(credentials.caFile),
      cert: readFileSync(credentials.certificateFile),
      key: readFileSync(credentials.keyFile),
    });
  }

  /** Sends one request and returns any answer of the server; rejects only when there is no answer. */
  async send(method: string, path: string, body?: object | string, contentType = mediaType(body)): Promise<ApiAnswer> {
    const content = typeof body === 'object' ? JSON.stringify(body) : body;
    // Node sends the body of a DELETE without its length, and the server takes it for the next request.
    const headers =
      content === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(content) };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${this.#server}${path}`,
        {
          method,
          agent: this.#agent,
          headers,
          signal: AbortSignal.timeout(requestTimeoutMs),
        },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8');
          incoming.on('data', (chunk: string) => {
            text += chunk;
          });
          incoming.once('error', reject);
          incoming.once('end', () => {
            resolve({ status: incoming.statusCode ?? 0, body: parse(text, incoming.headers['content-type']) });
          });
        },
      );
      outgoing.once('error', reject);
      outgoing.end(content);
    });
  }

  /** Like {@link send}, but an answer that is not a success is an error. */
  async expect(method: string, path: string, body?: object | string): Promise<unknown> {
    const answer = await this.send(method, path, body);
    if (answer.status >= 300)
      throw new Error(`${method} ${path} was answered with ${answer.status}: ${messageOf(answer)}`);

    return answer.body;
  }

  /** Creates the object, or brings an existing one to this content. */
  async put(object: ApiObject): Promise<void> {
    const created = await this.send('POST', object.collection, object.body);
    if (created.status < 300) return;
    if (created.status !== 409)
      throw new Error(`${object.name} could not be created: ${created.status} ${messageOf(created)}`);

    const path = `${object.collection}/${object.name}?fieldManager=control-plane&force=true`;
    const applied = await this.send('PATCH', path, object.body, 'application/apply-patch+yaml');
    if (applied.status >= 300)
      throw new Error(`${object.name} could not be applied: ${applied.status} ${messageOf(applied)}`);
  }

  /** Closes the idle connections. */
  close(): void {
    this.#agent.destroy();
  }
}

/** The message of a Status, or the whole text of an answer that is none. */
export function messageOf(answer: ApiAnswer): string {
  const message = field(answer.body, 'message');
  return typeof message === 'string' ? message : String(answer.body);
}

/** The value at a path of nested objects, or undefined where there is none. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let current: unknown = value;
  for (const name of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Object.entries(current).find(([key]) => key === name)?.[1];
  }
  return current;
}

function mediaType(body: object | string | undefined): string {
  return typeof body === 'string' ? 'application/yaml' : 'application/json';
}

function parse(text: string, contentType: string | undefined): unknown {
  return contentType?.startsWith('application/json') === true ? JSON.parse(text) : text;
}
