// Requests to the API server: JSON in and out, every answer classified, every request with a deadline.
// Only reads are repeated here; whoever writes decides about repeating it.
import type { Answer } from '../http/exchange.ts';
import { backoff } from '../timing/backoff.ts';
import { pause, systemClock } from '../timing/clock.ts';
import type { Clock } from '../timing/clock.ts';
import { startDeadline } from '../timing/deadline.ts';
import type { Deadline } from '../timing/deadline.ts';
import type { KubernetesConnection } from './connection.ts';
import { cancelledFailure, classifyAnswer, classifyError, deadlineFailure } from './failure.ts';
import type { KubernetesFailure, KubernetesResult } from './failure.ts';
import { describeRequest } from './request-path.ts';
import { RequestSlots } from './request-slots.ts';
import { Transport } from './transport.ts';
import type { Lane, OpenAnswer, TransportRequest } from './transport.ts';

export type { KubernetesFailure, KubernetesFailureClass, KubernetesResult } from './failure.ts';

/** One finished request, for metrics. `verb` is Kubernetes' (get, list, watch, create, update, patch). */
export interface RequestRecord {
  readonly verb: string;
  /** Plural of the resource, with `/subresource` when there is one. */
  readonly resource: string;
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  readonly seconds: number;
}

/** Settings of a client. */
export interface KubernetesClientOptions {
  readonly userAgent: string;
  readonly onRequest?: (request: RequestRecord) => void;
  /** Takes the `Date` header of each answer. */
  readonly onServerDate?: (header: string) => void;
  /** Connections for reads and writes of single objects, which namespaces share; 48 when not given. */
  readonly connections?: number;
  /** Total deadline in milliseconds of a request that states none; 30,000 when not given. */
  readonly timeoutMs?: number;
  /** The process's own when not given. */
  readonly clock?: Clock;
}

/** Settings of one request. */
export interface RequestOptions {
  /** Cancels the request; the outcome of a write is unknown then. */
  readonly signal?: AbortSignal;
  /** Total deadline in milliseconds over all attempts; for a watch until its answer begins. */
  readonly timeoutMs?: number;
  readonly query?: Readonly<Record<string, string>>;
  /** How often a read is tried in all; 3 when not given. Writes are sent once. */
  readonly attempts?: number;
  /** What it shares its connections with, `requests` unless given. */
  readonly lane?: Exclude<Lane, 'watches'>;
}

/** Media types of patches: RFC 7386 merge, and server-side apply (a JSON body is valid YAML). */
export const patchTypes = {
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

const anyAnswer = 'application/json';
// An answer that nobody reads need not repeat the object: a request with its certificates is five times its metadata.
const leastAnswer = `application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,${anyAnswer}`;
const defaultTimeoutMs = 30_000;
const defaultConnections = 48;
const defaultReadAttempts = 3;
const readBackoff = { baseMs: 300, maxMs: 10_000 } as const;

interface Call {
  readonly method: TransportRequest['method'];
  readonly path: string;
  readonly contentType?: string;
  readonly body?: object;
  readonly options: RequestOptions;
  readonly isWatch?: boolean;
  readonly isUnread?: boolean;
}

/** Takes what is wanted of an answer that says yes. */
type ReadBody<T> = (answer: Answer | OpenAnswer) => T;

/** A client of one API server. Paths are absolute, e.g. `/apis/cert-manager.io/v1/namespaces/a/certificaterequests/b`. */
export class KubernetesClient {
  readonly #transport: Transport;
  readonly #slots: RequestSlots;
  readonly #options: KubernetesClientOptions;
  readonly #clock: Clock;

  constructor(connection: KubernetesConnection, options: KubernetesClientOptions) {
    const connections = options.connections ?? defaultConnections;
    this.#transport = new Transport(connection, connections);
    this.#slots = new RequestSlots(connections);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Reads an object or a list; repeated within the deadline when the server or the network is in trouble. */
  async get<T>(path: string, options: RequestOptions = {}): Promise<KubernetesResult<T>> {
    using deadline = this.#deadline(options);
    const attempts = options.attempts ?? defaultReadAttempts;
    for (let failures = 0; ; failures += 1) {
      const result = await this.#attempt<T>({ method: 'GET', path, options }, deadline, readJson as ReadBody<T>);
      if (result.kind === 'ok' || failures + 1 >= attempts || !isPassing(result.failure)) return result;
      const pauseMs = this.#pauseAfter(failures, result.failure);
      if (pauseMs >= deadline.remainingMs()) return result;
      await pause(pauseMs, deadline.signal, this.#clock);
    }
  }

  /** POSTs an object to its collection. */
  async create<T>(path: string, body: object, options: RequestOptions = {}): Promise<KubernetesResult<T>> {
    return this.#write({ method: 'POST', path, body, options }, readJson as ReadBody<T>);
  }

  /** PUTs a whole object; its `metadata.resourceVersion` is the precondition. A missing Lease is created (201). */
  async replace<T>(path: string, body: object, options: RequestOptions = {}): Promise<KubernetesResult<T>> {
    return this.#write({ method: 'PUT', path, body, options }, readJson as ReadBody<T>);
  }

  /** Patches an object; `contentType` is one of {@link patchTypes}. */
  async patch<T>(
    path: string,
    body: object,
    contentType: string,
    options: RequestOptions = {},
  ): Promise<KubernetesResult<T>> {
    return this.#write({ method: 'PATCH', path, body, contentType, options }, readJson as ReadBody<T>);
  }

  /** Deletes an object if it still is the one of this UID; another one of its name is a Conflict. */
  async delete(path: string, uid: string, options: RequestOptions = {}): Promise<KubernetesResult<undefined>> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
    return this.#write({ method: 'DELETE', path, body, options, isUnread: true }, nothing);
  }

  /**
   * Server-side apply of `status` with force; the answer's body is dumped unread. `path` is the object's, without
   * `/status`. A missing object is NotFound and is never created; a `metadata.resourceVersion` in the body is a
   * precondition (Conflict), a `uid` is not.
   */
  async applyStatus(
    path: string,
    body: object,
    options: RequestOptions & { readonly fieldManager: string },
  ): Promise<KubernetesResult<undefined>> {
    const query = { ...options.query, fieldManager: options.fieldManager, force: 'true' };
    return this.#write(
      {
        method: 'PATCH',
        path: `${path}/status`,
        body,
        contentType: patchTypes.apply,
        options: { ...options, query },
        isUnread: true,
      },
      nothing,
    );
  }

  /**
   * Opens a watch and resolves when its answer begins. The body then lasts until the server ends it, the connection
   * breaks (the iteration throws) or the caller's signal is aborted. Not iterated, it must be aborted.
   */
  async watch(path: string, options: RequestOptions = {}): Promise<KubernetesResult<AsyncIterable<Uint8Array>>> {
    const deadline = this.#deadline(options);
    const call: Call = { method: 'GET', path, options, isWatch: true };
    const result = await this.#attempt<AsyncIterable<Uint8Array>>(call, deadline, opened);
    if (result.kind === 'ok') deadline.lift();
    else deadline[Symbol.dispose]();
    return result;
  }

  /** Ends all connections; requests in flight fail. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  #deadline(options: RequestOptions): Deadline {
    const ms = options.timeoutMs ?? this.#options.timeoutMs ?? defaultTimeoutMs;
    return startDeadline(ms, options.signal, this.#clock);
  }

  async #write<T>(call: Call, read: ReadBody<T>): Promise<KubernetesResult<T>> {
    using deadline = this.#deadline(call.options);
    return await this.#attempt(call, deadline, read);
  }

  async #attempt<T>(call: Call, deadline: Deadline, read: ReadBody<T>): Promise<KubernetesResult<T>> {
    const startedAt = this.#clock.monotonic();
    const what = describeRequest(call.method, call.path, call.isWatch ?? false);
    const lane: Lane = call.isWatch === true ? 'watches' : (call.options.lane ?? 'requests');
    let status: number | undefined;
    try {
      deadline.signal.throwIfAborted();
      using _slot = lane === 'requests' ? await this.#slots.take(what.flow, deadline.signal) : undefined;
      const request = this.#request(call, lane, deadline);
      const answer = await (lane === 'watches' ? this.#transport.open(request) : this.#transport.send(request));
      ({ status } = answer);
      const { date } = answer.headers;
      if (typeof date === 'string') this.#options.onServerDate?.(date);
      if (status < 300) return { kind: 'ok', status, body: read(answer) };
      const text = textOf(answer);
      const retryAfter = answer.headers['retry-after'];
      return {
        kind: 'failed',
        failure: classifyAnswer({
          request: what.text,
          status,
          retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
          receivedAt: this.#clock.now(),
          text,
        }),
      };
    } catch (error) {
      return { kind: 'failed', failure: interruption(what.text, deadline, error) };
    } finally {
      const seconds = (this.#clock.monotonic() - startedAt) / 1000;
      this.#options.onRequest?.({ verb: what.verb, resource: what.resource, status, seconds });
    }
  }

  #request(call: Call, lane: Lane, deadline: Deadline): TransportRequest {
    const query = new URLSearchParams(call.options.query);
    if (lane !== 'watches') {
      // The server gives up first, so that a request we stop waiting for is not executed later.
      query.set('timeout', `${Math.max(1, Math.floor(deadline.remainingMs() * 0.9))}ms`);
    }
    const search = query.toString();
    return {
      method: call.method,
      path: search === '' ? call.path : `${call.path}?${search}`,
      headers: {
        'user-agent': this.#options.userAgent,
        accept: call.isUnread === true ? leastAnswer : anyAnswer,
        ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body, wellFormed) }),
      signal: deadline.signal,
      lane,
      ...(call.isUnread === true ? { isUnread: true } : {}),
    };
  }

  #pauseAfter(failures: number, { retryAfterMs }: KubernetesFailure): number {
    return retryAfterMs === undefined
      ? backoff(failures, readBackoff, this.#clock)
      : retryAfterMs * (1 + this.#clock.random() / 4);
  }
}

function readJson(answer: Answer | OpenAnswer): unknown {
  const text = textOf(answer);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the body, which may be a Secret.
    throw new Error(`the answer with status ${answer.status} is not JSON`);
  }
}

function textOf(answer: Answer | OpenAnswer): string {
  if ('body' in answer && answer.body !== undefined) return answer.body.toString('utf8');
  throw new Error(`the answer with status ${answer.status} is larger than any object`);
}

function nothing(): undefined {
  return undefined;
}

function opened(answer: Answer | OpenAnswer): AsyncIterable<Uint8Array> {
  if ('stream' in answer) return answer.stream;
  throw new Error(`the answer with status ${answer.status} is no stream`);
}

function isPassing(failure: KubernetesFailure): boolean {
  return (failure.class === 'Transient' && failure.status !== 410) || failure.class === 'Throttled';
}

function interruption(request: string, deadline: Deadline, error: unknown): KubernetesFailure {
  switch (deadline.state()) {
    case 'cancelled':
      return cancelledFailure(request);
    case 'expired':
      return deadlineFailure(request, deadline.ms);
    case 'running':
      return classifyError(request, error);
  }
}

// The API server refuses a body with half a surrogate pair in it, and messages quote text that anybody may have written.
function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}
