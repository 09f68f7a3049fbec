// What is to happen with a request, as a value: the neutral currency between deciding and publishing.
import type { IssuedCertificate } from '../../issuing/issued-certificate.ts';
import type { ReconcileResult } from '../../kubernetes/controller.ts';
import type { LogFields } from '../../runtime/log-fields.ts';
import { formatMoment } from '../../timing/moment.ts';
import type { FailureReason, TroubleReason, WaitingReason } from './reasons.ts';

/** Passing trouble, in the words of whoever met it. */
export interface Trouble {
  readonly reason: TroubleReason;
  readonly message: string;
}

/** The request has its certificate. */
export interface IssuedDecision {
  readonly kind: 'issued';
  readonly message: string;
  readonly certificate: IssuedCertificate;
  /** The operation of PCA, such as `CreateCustomCertificate`. */
  readonly operation: string;
  /** That of the call whose answer holds the certificate. */
  readonly requestId: string | undefined;
  /** It was found, and no call of this process made it: others may use it. */
  readonly adopted: boolean;
}

/** The request failed for good. */
export interface FailedDecision {
  readonly kind: 'failed';
  readonly reason: FailureReason;
  readonly message: string;
  /** When it failed. */
  readonly at: Date;
  /** PCA's identifier of a certificate that was paid for and is not used. */
  readonly unused?: string;
  /** The trouble that lasted too long. */
  readonly trouble?: Trouble;
}

/** The request was denied by an approver. */
export interface DeniedDecision {
  readonly kind: 'denied';
  readonly message: string;
  /** When the denial was seen. */
  readonly at: Date;
}

/** The request waits. */
export interface WaitingDecision {
  readonly kind: 'waiting';
  readonly reason: WaitingReason;
  /** Tells apart causes with the same reason: another one is news. */
  readonly detail: string;
  readonly message: string;
  readonly trouble?: Trouble;
  readonly next: ReconcileResult;
}

/** An end of a request that is kept until it is written. */
export type End = IssuedDecision | FailedDecision;

/** What a status is written of. */
export type Outcome = End | DeniedDecision | WaitingDecision;

/** What is to happen: a status, an event alone where the status is not ours (`ignored`), or nothing. */
export type Decision =
  | Outcome
  | { readonly kind: 'ignored'; readonly reason: 'UnknownIssuerKind'; readonly message: string }
  | { readonly kind: 'nothing'; readonly next: ReconcileResult };

/** What a waiting request was last told: the same again is no news. */
export function tellingKey({ reason, detail }: Pick<WaitingDecision, 'reason' | 'detail'>): string {
  return `${reason}/${detail}`;
}

/** A wait until something wakes the request. */
export function waiting(reason: WaitingDecision['reason'], message: string, detail = ''): WaitingDecision {
  return { kind: 'waiting', reason, detail, message, next: { kind: 'done' } };
}

/** A wait until something wakes the request, and no longer than `ms` milliseconds. */
export function waitingFor(
  ms: number,
  reason: WaitingDecision['reason'],
  message: string,
  detail = '',
): WaitingDecision {
  return { kind: 'waiting', reason, detail, message, next: { kind: 'after', ms } };
}

/** The decision, to whose message a failure adds `advice`. */
export function withAdvice(decision: Decision, advice: string): Decision {
  return decision.kind === 'failed' ? { ...decision, message: `${decision.message}${advice}` } : decision;
}

/** What a query of the log asks about a certificate, which has one line. */
export function issuedFields({ certificate, operation, requestId }: IssuedDecision): LogFields {
  const { serialNumber, identifier, names, notAfter } = certificate;
  return { operation, requestId, serialNumber, identifier, names, notAfter: formatMoment(notAfter) };
}
