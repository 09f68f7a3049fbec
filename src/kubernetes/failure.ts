// What a refused or failed request to the API server means for the caller. The classes follow what kube-apiserver 1.36
// was seen to answer: a 500 may be a webhook that is down or an error of ours, a 403 may be a server that just started.
/**
 * What a caller does about a failure:
 * - `NotFound`: the object, or the whole kind, does not exist.
 * - `Conflict`: someone else wrote first (409); read again.
 * - `Invalid`: the API server refuses the content (422, 413); only different content helps.
 * - `Forbidden`: right missing, or the server's RBAC cache is still empty after its start; retry with back-off.
 * - `Unauthorized`: the credentials were refused, even after they had been read again.
 * - `Throttled`: 429; wait at least `retryAfterMs`.
 * - `Transient`: server, webhook or network trouble, or the deadline passed. The outcome of a write is unknown.
 * - `Defect`: the request itself is wrong (our mistake); a retry cannot help.
 * - `Cancelled`: the caller's signal was aborted. The outcome of a write is unknown.
 */
export type KubernetesFailureClass =
  | 'NotFound'
  | 'Conflict'
  | 'Invalid'
  | 'Forbidden'
  | 'Unauthorized'
  | 'Throttled'
  | 'Transient'
  | 'Defect'
  | 'Cancelled';

/** Why a request did not succeed. */
export interface KubernetesFailure {
  readonly class: KubernetesFailureClass;
  /** HTTP status; undefined when no answer arrived. */
  readonly status: number | undefined;
  /** `reason` of the API server's Status (e.g. `AlreadyExists`, `Expired`), or the code of a network error. */
  readonly reason: string | undefined;
  /** One sentence with method, path and the server's words; safe to log. */
  readonly message: string;
  /** How many milliseconds the server asks us to wait, at most {@link longestRetryAfterMs}. */
  readonly retryAfterMs: number | undefined;
}

/** The outcome of one request. */
export type KubernetesResult<T> =
  | { readonly kind: 'ok'; readonly status: number; readonly body: T }
  | { readonly kind: 'failed'; readonly failure: KubernetesFailure };

/** An answer that is not a success, as it came from the wire. */
export interface RefusedAnswer {
  /** Method and path, for the message. */
  readonly request: string;
  readonly status: number;
  /** The `Retry-After` header: seconds or an HTTP date. */
  readonly retryAfter: string | undefined;
  /** When it arrived, by our wall clock: what a date in `Retry-After` is compared with. */
  readonly receivedAt: Date;
  readonly text: string;
}

/** The longest wait in milliseconds taken over from a server, so that a wrong header cannot silence us for hours. */
export const longestRetryAfterMs = 300_000;

const longestMessage = 1000;

const classByStatus: ReadonlyMap<number, KubernetesFailureClass> = new Map([
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [408, 'Transient'],
  [409, 'Conflict'],
  [410, 'Transient'],
  [413, 'Invalid'],
  [422, 'Invalid'],
  [429, 'Throttled'],
]);

/** Classifies an answer with a status of 300 or more. The body may be a Status, one without `kind`, or no JSON at all. */
export function classifyAnswer(answer: RefusedAnswer): KubernetesFailure {
  const { reason, message, retryAfterSeconds } = readStatus(answer.text);
  // It goes into sentences, and some admission policies and webhooks end theirs.
  const said = [reason, message?.replace(/\.$/, '')].filter((part) => part !== undefined && part !== '').join(': ');
  return {
    class: classOf(answer.status, message ?? ''),
    status: answer.status,
    reason,
    message: cut(`${answer.request} was answered ${answer.status}${said === '' ? '' : ` ${said}`}`),
    retryAfterMs: retryAfterOf(answer) ?? boundedRetryAfter(retryAfterSeconds),
  };
}

/** A failure without an answer: connection refused or cut, TLS trouble, a timeout of the transport. */
export function classifyError(request: string, error: unknown): KubernetesFailure {
  const code = codeOf(error);
  const text = error instanceof Error && error.message !== '' ? error.message : 'no answer';
  return {
    class: 'Transient',
    status: undefined,
    reason: code,
    message: cut(`${request} failed: ${code === undefined || text.includes(code) ? text : `${code}: ${text}`}`),
    retryAfterMs: undefined,
  };
}

/** The failure of a request whose total deadline of `ms` milliseconds passed. */
export function deadlineFailure(request: string, ms: number): KubernetesFailure {
  return {
    class: 'Transient',
    status: undefined,
    reason: 'DeadlineExceeded',
    message: `${request} was not answered within ${ms / 1000} s`,
    retryAfterMs: undefined,
  };
}

/** The failure of a request that its caller gave up. */
export function cancelledFailure(request: string): KubernetesFailure {
  return {
    class: 'Cancelled',
    status: undefined,
    reason: undefined,
    message: `${request} was cancelled`,
    retryAfterMs: undefined,
  };
}

function classOf(status: number, message: string): KubernetesFailureClass {
  const known = classByStatus.get(status);
  if (known !== undefined) return known;
  if (status < 500) return 'Defect';
  // The API server answers 500 when the body of an apply does not fit the schema; repeating it is useless.
  return status === 500 && message.includes('failed to create typed patch object') ? 'Defect' : 'Transient';
}

interface StatusFields {
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly retryAfterSeconds: number | undefined;
}

/** Reads `reason`, `message` and `details.retryAfterSeconds` whether or not the body says that it is a Status. */
function readStatus(text: string): StatusFields {
  try {
    return statusFields(JSON.parse(text));
  } catch {
    return { reason: undefined, message: text.trim().slice(0, longestMessage), retryAfterSeconds: undefined };
  }
}

/** The same for a body that is parsed already, e.g. the object of an ERROR event. */
export function statusFields(body: unknown): StatusFields {
  const { reason, message, details } = fieldsOf(body);
  const { retryAfterSeconds } = fieldsOf(details);
  return {
    reason: typeof reason === 'string' && reason !== '' ? reason : undefined,
    message: typeof message === 'string' ? message : undefined,
    retryAfterSeconds: typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function retryAfterOf({ retryAfter: header, receivedAt }: RefusedAnswer): number | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const seconds = Number(header);
  return boundedRetryAfter(Number.isNaN(seconds) ? (Date.parse(header) - receivedAt.getTime()) / 1000 : seconds);
}

/** A server's wait in milliseconds, bounded; undefined when there is none. */
export function boundedRetryAfter(seconds: number | undefined): number | undefined {
  if (seconds === undefined || !Number.isFinite(seconds) || seconds <= 0) return undefined;
  return Math.min(seconds * 1000, longestRetryAfterMs);
}

function codeOf(error: unknown): string | undefined {
  const { code } = fieldsOf(error);
  return typeof code === 'string' && code !== '' ? code : undefined;
}

function cut(text: string): string {
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage)}…`;
}
