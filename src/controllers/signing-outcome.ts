// What became of one try to get a certificate, judged from what PCA answered.
import type { PcaFailure } from '../alibaba/errors.ts';
import { type IssuedCertificate, verifyIssued } from '../issuing/issued-certificate.ts';
import type { IssueReply } from '../issuing/operation.ts';
import { issuingOperations } from '../issuing/operations/index.ts';
import type { IssuePlan } from '../issuing/plan.ts';
import { clampNotice } from '../issuing/validity.ts';
import type { Attempt } from './attempts.ts';
import type { IssuerProblem, IssuerSession } from './issuer-sessions.ts';
import { issuerProblemOf } from './pca-failure.ts';

/** Which of the issuer's own limits holds a request. */
export type HeldReason = 'IssuanceLimitReached' | 'ReissueLoop';

/** One try for one request. */
export interface SigningContext {
  readonly session: IssuerSession;
  readonly attempt: Attempt;
  /** Aborts the try. */
  readonly signal: AbortSignal;
}

/**
 * What became of one try. `refused` ends the request; `retry`, `wait` and `held` leave it Pending (`wait`: for its turn,
 * it is woken or looks by itself after `milliseconds`; `held`: for the limits that the issuer sets, until then); `issuerProblem` is a fault of the issuer and leaves the request waiting for it.
 */
export type SigningOutcome =
  | {
      readonly kind: 'issued';
      readonly certificate: IssuedCertificate;
      readonly action: string;
      readonly notices: readonly string[];
    }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly message: string;
      readonly problem?: IssuerProblem;
      /** PCA's identifier of a certificate that was paid for and is not used. */
      readonly unused?: string;
    }
  | { readonly kind: 'retry'; readonly reason: string; readonly message: string }
  | { readonly kind: 'wait'; readonly milliseconds: number; readonly isEndpointHeld: boolean }
  | { readonly kind: 'held'; readonly reason: HeldReason; readonly message: string; readonly milliseconds: number }
  | { readonly kind: 'issuerProblem'; readonly problem: IssuerProblem };

// The budget knows the better rate by then; this only keeps a throttled request from asking again in the same moment.
const throttledPauseMilliseconds = 1_000;

/** Judges a reply: proven certificate, one that is still to come, or one that is not what was asked for. */
export function settleReply(
  reply: IssueReply,
  plan: IssuePlan,
  context: SigningContext & { readonly adopted: boolean; readonly requestId: string | undefined },
  { now: clock }: { readonly now: () => Date },
): SigningOutcome {
  const { session, attempt, requestId } = context;
  const origin = requestId === undefined ? '' : ` (RequestId ${requestId})`;
  switch (reply.kind) {
    case 'pending':
      attempt.pendingIdentifier = reply.identifier;
      return {
        kind: 'retry',
        reason: 'CertificateNotReady',
        message: `PCA accepted the request as ${reply.identifier} but has not given the certificate yet${origin}.`,
      };
    case 'malformed':
      return { kind: 'retry', reason: 'UnreadableAnswer', message: `${reply.message}${origin}` };
    case 'issued':
      break;
  }
  const trust = session.spec.trust.source;
  const now = clock();
  const verified = verifyIssued({ plan, reply, ca: session.ca, trust, now, adopted: context.adopted });
  if (verified.kind === 'verified') {
    const { certificate } = verified;
    return {
      kind: 'issued',
      certificate,
      action: plan.operation.action,
      notices: [...(plan.clamped === undefined ? [] : [clampNotice(plan.clamped)]), ...certificate.differences],
    };
  }
  const identifier = reply.identifier ?? 'without identifier';
  const message = `PCA issued certificate ${identifier}${origin}, but it is not what was asked for, so it is not used: ${verified.message}`;
  return {
    kind: 'refused',
    reason: verified.reason,
    message,
    problem: { reason: 'CertificateRefused', message },
    // A CA is no leaf that a call revokes: it stays until somebody decides about it.
    ...(reply.identifier === undefined || plan.expected.isCA ? {} : { unused: reply.identifier }),
  };
}

/** Judges a failed call; `limit` is that of an issuing call and undefined for reading ones. */
export function settleFailure(
  failure: PcaFailure,
  { session }: SigningContext,
  limit?: { readonly account: string; readonly region: string; readonly action: string },
): SigningOutcome {
  const { replacedBy } = issuingOperations[session.spec.operation].capabilities;
  const problem = issuerProblemOf(failure, session.spec, limit === undefined ? undefined : replacedBy);
  if (problem !== undefined) return { kind: 'issuerProblem', problem };
  if (failure.class === 'Throttled' && limit !== undefined) {
    return { kind: 'wait', milliseconds: throttledPauseMilliseconds, isEndpointHeld: false };
  }
  if (failure.class === 'RequestRejected' && limit !== undefined) {
    return {
      kind: 'refused',
      reason: 'RejectedByPCA',
      message: `Alibaba Cloud PCA refuses this request: ${failure.message} Correct the Certificate; asking again unchanged gives the same answer.`,
    };
  }
  return { kind: 'retry', reason: failure.class, message: failure.message };
}
