/**
 * Requests to the API server: JSON in and out, every answer classified, every request with a deadline.
 * Only reads are repeated here; whoever writes decides about repeating it.
 */
import type { KubernetesConnection } from './connection.ts';
import type { KubernetesResult } from './failure.ts';

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
  /** Connections for requests other than watches; 16 when not given. */
  readonly connections?: number;
  /** Total deadline of a request that states none; 30 s when not given. */
  readonly timeoutMilliseconds?: number;
  /** Uniform in [0, 1), for jitter. */
  readonly random?: () => number;
}

/** Settings of one request. */
export interface RequestOptions {
  /** Gives the request up; the outcome of a write is unknown then. */
  readonly signal?: AbortSignal;
  /** Total deadline over all attempts; for a watch until its answer begins. */
  readonly timeoutMilliseconds?: number;
  readonly query?: Readonly<Record<string, string>>;
  /** `Accept` header, e.g. for PartialObjectMetadata. */
  readonly accept?: string;
  /** How often a read is tried in all; 3 when not given. Writes are sent once. */
  readonly attempts?: number;
}

/** Media types of patches: RFC 7386 merge, and server-side apply (a JSON body is valid YAML). */
export const patchTypes = {
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** A client of one API server. Paths are absolute, e.g. `/apis/cert-manager.io/v1/namespaces/a/certificaterequests/b`. */
export class KubernetesClient {
  constructor(connection: KubernetesConnection, options: KubernetesClientOptions) {
    void connection;
    void options;
  }

  /** Reads an object or a list. */
  declare get: <T>(path: string, options?: RequestOptions) => Promise<KubernetesResult<T>>;

  /** POSTs an object to its collection. */
  declare create: <T>(path: string, body: object, options?: RequestOptions) => Promise<KubernetesResult<T>>;

  /** PUTs a whole object; its `metadata.resourceVersion` is the precondition. */
  declare replace: <T>(path: string, body: object, options?: RequestOptions) => Promise<KubernetesResult<T>>;

  /** Patches an object; `contentType` is one of {@link patchTypes}. */
  declare patch: <T>(
    path: string,
    patch: { readonly body: object; readonly contentType: string },
    options?: RequestOptions,
  ) => Promise<KubernetesResult<T>>;

  /** Server-side apply of `status` with force; the answer's body is not read. `path` is the object's, without `/status`. */
  declare applyStatus: (
    path: string,
    body: object,
    options: RequestOptions & { readonly fieldManager: string },
  ) => Promise<KubernetesResult<undefined>>;

  /** Opens a watch; resolves when the answer begins. The caller's signal ends it. */
  declare watch: (path: string, options: RequestOptions) => Promise<KubernetesResult<AsyncIterable<Uint8Array>>>;

  /** Ends all connections. */
  declare close: () => Promise<void>;
}
