// What a request that has to wait says about itself: one status write and one event for each distinct reason, not one for
// each try, and how much is at stake while it waits.
import { parseDuration } from '../issuing/duration.ts';
import type { ReconcileResult } from '../kubernetes/controller.ts';
import type { KubernetesFailure } from '../kubernetes/failure.ts';
import type { Attempt } from './attempts.ts';
import { failedStatus, pendingStatus, type RequestStatus } from './certificate-request-status.ts';
import { issuerKey, issuerLabels, type IssuerIdentity } from '../crds/issuer-ref.ts';
import type { IssuerSession } from './issuer-sessions.ts';
import type { LiveRequest } from './live-request.ts';
import { requestKey } from './open-request.ts';
import type { RequestDependencies } from './request-dependencies.ts';
import { requestEvent, type RequestEventReason } from './request-events.ts';
import { patienceMessage, remainingLife, troubleMessage, turnMessage } from './waiting-messages.ts';

/** One pass over one request. */
export interface RequestTask {
  readonly on: RequestDependencies;
  readonly request: LiveRequest;
  readonly attempt: Attempt;
  readonly signal: AbortSignal;
}

/** Why a request waits. `detail` tells apart causes with the same reason; `message` is only made when it is written. */
export interface Waiting {
  readonly reason: RequestEventReason;
  readonly detail?: string;
  readonly message: string | (() => Promise<string>);
}

// The status is for people: the same trouble is written again only after this time, a wait for a turn only when it lasts.
const rewriteMilliseconds = 5 * 60_000;
const silentWaitMilliseconds = 30_000;
const done: ReconcileResult = { kind: 'done' };

/** Again with back-off, and not before the API server wants it. */
export function retryOf(doing: string, { message, retryAfterMilliseconds }: KubernetesFailure): ReconcileResult {
  const reason = `${doing}: ${message}`;
  return { kind: 'retry', reason, ...(retryAfterMilliseconds === undefined ? {} : { retryAfterMilliseconds }) };
}

/** Says why the request waits when that is new, or again after a while; gives back `result` unless the write failed. */
export async function reportWaiting(
  { on, request, attempt, signal }: RequestTask,
  { reason, detail = '', message: text }: Waiting,
  result: ReconcileResult,
): Promise<ReconcileResult> {
  const key = `${reason}/${detail}`;
  const now = on.now().getTime();
  const last = attempt.written;
  if (last?.key === key && now - last.at < rewriteMilliseconds) return result;
  const message = typeof text === 'string' ? text : await text();
  if (request.message === message) {
    attempt.written = { key, at: now };
    return result;
  }
  const written = await request.write(pendingStatus(message), signal);
  if (written.kind === 'failed') {
    const fields = { request: requestKey(request.object), uid: request.object.uid, reason };
    on.logger.warn(fields, `The reason for waiting could not be written: ${written.failure.message}`);
    return result.kind === 'done' ? retryOf('writing why the request waits', written.failure) : result;
  }
  if (written.kind === 'gone') return done;
  attempt.written = { key, at: now };
  if (last?.key !== key) on.events.record(requestEvent(request.object, reason, message));
  return result;
}

/** A wait for the turn to call: told when it lasts. */
export async function reportTurn(
  task: RequestTask,
  operation: string,
  { milliseconds, isEndpointHeld }: { readonly milliseconds: number; readonly isEndpointHeld: boolean },
): Promise<ReconcileResult> {
  const now = task.on.now().getTime();
  const waited = now - (task.attempt.waitingSince ??= now);
  if (waited < silentWaitMilliseconds) {
    return { kind: 'after', milliseconds: Math.min(milliseconds, silentWaitMilliseconds - waited) };
  }
  const detail = isEndpointHeld ? 'EndpointHeld' : '';
  const message = turnMessage(operation, isEndpointHeld);
  return reportWaiting(task, { reason: 'WaitingForTurn', detail, message }, { kind: 'after', milliseconds });
}

/** What passing trouble leads to: another try, or the end of the issuer's patience. */
export type TroubleEnd =
  | { readonly kind: 'waits'; readonly result: ReconcileResult }
  | { readonly kind: 'fails'; readonly status: RequestStatus };

/** Passing trouble: told and tried again; when it lasts longer than the issuer's patience, told so or failed. */
export async function reportTrouble(
  task: RequestTask,
  identity: IssuerIdentity,
  trouble: { readonly reason: string; readonly message: string },
  session: IssuerSession | undefined,
): Promise<TroubleEnd> {
  const { on, request, attempt, signal } = task;
  const { reason, message } = trouble;
  on.metrics.count('pca_issuer_certificate_request_retries_total', { ...issuerLabels(identity), reason });
  on.logger.warn(
    { request: requestKey(request.object), uid: request.object.uid, issuer: issuerKey(identity), reason },
    `Not issued yet: ${message}`,
  );
  const now = on.now();
  const since = (attempt.troubledSince ??= now.getTime());
  const retry: ReconcileResult = { kind: 'retry', reason };
  const life = async (): Promise<string> => {
    const read = await on.owningCertificate(request.certificate, signal);
    return read.kind === 'ok' ? remainingLife(request.certificate, read.certificate.notAfter, now) : '';
  };
  const patience = session?.spec.patience;
  if (patience === undefined || now.getTime() - since < patienceMilliseconds(patience.duration)) {
    const text = async (): Promise<string> => `${troubleMessage(message, on.longestPause)}${await life()}`;
    return {
      kind: 'waits',
      result: await reportWaiting(task, { reason: 'RetryableError', detail: reason, message: text }, retry),
    };
  }
  // A certificate that may exist is looked for as long as it takes: a new request would be paid for again.
  const fails =
    patience.onExceeded === 'Fail' && attempt.uncertainSince === undefined && attempt.pendingIdentifier === undefined;
  const text = async (): Promise<string> => `${patienceMessage(message, patience.duration, fails)}${await life()}`;
  if (fails) {
    const failure = { reason: 'PatienceExceeded', message: await text() };
    return { kind: 'fails', status: failedStatus(request, failure, now) };
  }
  return {
    kind: 'waits',
    result: await reportWaiting(task, { reason: 'PatienceExceeded', detail: reason, message: text }, retry),
  };
}

function patienceMilliseconds(duration: string): number {
  const parsed = parseDuration(duration);
  return parsed.kind === 'ok' ? parsed.seconds * 1_000 : Number.POSITIVE_INFINITY;
}
