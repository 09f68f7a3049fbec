// What became of one try to get a certificate, judged from what PCA answered.
import type { Issued } from '../../../authority/certificate-authority.ts';
import { problemOf } from '../../../authority/problems.ts';
import type { AuthorityProblem } from '../../../authority/problems.ts';
import type { PcaFailure } from '../../../alibaba/errors.ts';
import type { IssuerIdentity } from '../../../crds/issuer-ref.ts';
import { verifyIssued } from '../../../issuing/issued-certificate.ts';
import type { IssuedCertificate, VerificationResult } from '../../../issuing/issued-certificate.ts';
import type { IssueReply } from '../../../issuing/operation.ts';
import { issuingOperations } from '../../../issuing/operations/index.ts';
import type { IssuePlan } from '../../../issuing/plan.ts';
import { clampNotice } from '../../../issuing/validity.ts';
import type { IssuerProblem } from '../../issuers/reasons.ts';
import type { IssuerPass, ReadyIssuer } from '../../issuers/ready-issuers.ts';
import type { Trouble } from '../decision.ts';
import type { Request } from '../kinds/request.ts';
import type { CallEnd, RequestMemory } from '../memory.ts';
import type { FailureReason, WaitingReason } from '../reasons.ts';

/** One try for one request. */
export interface SigningTask {
  readonly request: Request;
  readonly memory: RequestMemory;
  /** The issuer that the request names. */
  readonly identity: IssuerIdentity;
  readonly issuer: ReadyIssuer;
  /** Aborts the try. */
  readonly signal: AbortSignal;
}

/**
 * What became of one try. `refused` ends the request; the others leave it waiting: `trouble` for another try, `queued` for
 * its turn to call (it is woken, or looks again after `ms`), `limited` for the limits that the issuer sets, `issuerFault`
 * for its issuer.
 */
export type SigningOutcome =
  | {
      readonly kind: 'issued';
      readonly certificate: IssuedCertificate;
      readonly action: string;
      /** That of the call whose answer holds the certificate. */
      readonly requestId: string | undefined;
      readonly notices: readonly string[];
    }
  | {
      readonly kind: 'refused';
      readonly reason: FailureReason;
      readonly message: string;
      readonly problem?: IssuerProblem;
      /** PCA's identifier of a certificate that was paid for and is not used. */
      readonly unused?: string;
    }
  | ({ readonly kind: 'trouble' } & Trouble)
  | { readonly kind: 'queued'; readonly ms: number; readonly endpointHeld: boolean }
  | {
      readonly kind: 'limited';
      readonly reason: Extract<WaitingReason, 'IssuanceLimitReached' | 'ReissueLoop'>;
      readonly message: string;
      readonly ms: number;
    }
  | { readonly kind: 'issuerFault'; readonly problem: AuthorityProblem };

/** What a reply is judged by. `adopted`: the certificate comes from an earlier call, whose clock the plan does not know. */
export interface Judged {
  readonly plan: IssuePlan;
  readonly issuer: ReadyIssuer;
  readonly now: Date;
  readonly adopted: boolean;
  readonly requestId: string | undefined;
}

// The limit knows the better rate by then; this only keeps a throttled request from asking again in the same moment.
const throttledPauseMs = 1_000;

/** What the end of an issuing call says about certificates that may exist. */
export function callEndOf(issued: Issued): CallEnd {
  // A duplicate, too: the identifier is this request's own, so an earlier certificate exists and only has to be found.
  if (issued.kind === 'failed') return { kind: issued.failure.mayHaveIssued ? 'unknown' : 'refused' };
  return issued.reply.kind === 'malformed'
    ? { kind: 'unknown' }
    : { kind: 'made', identifier: issued.reply.identifier };
}

/** Judges a reply: proven certificate, one that is still to come, or one that is not what was asked for. */
export function judgeReply(reply: IssueReply, judged: Judged): SigningOutcome {
  const { plan, requestId } = judged;
  const origin = requestId === undefined ? '' : ` (RequestId ${requestId})`;
  switch (reply.kind) {
    case 'pending':
      return {
        kind: 'trouble',
        reason: 'CertificateNotReady',
        message: `PCA accepted the request as ${reply.identifier} but has not given the certificate yet${origin}.`,
      };
    case 'malformed':
      return { kind: 'trouble', reason: 'UnreadableAnswer', message: `${reply.message}${origin}` };
    case 'issued':
      break;
  }
  const verified = verify(reply, judged);
  if (verified.kind === 'verified') {
    const { certificate } = verified;
    const clamped = plan.clamped === undefined ? [] : [clampNotice(plan.clamped)];
    return {
      kind: 'issued',
      certificate,
      action: plan.operation.action,
      requestId,
      notices: [...clamped, ...certificate.differences],
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

/** Compares a certificate with the plan and the issuer's CA. */
export function verify(
  reply: Extract<IssueReply, { readonly kind: 'issued' }>,
  { plan, issuer, now, adopted }: Pick<Judged, 'plan' | 'issuer' | 'now' | 'adopted'>,
): VerificationResult {
  return verifyIssued({ plan, reply, ca: issuer.ca, trust: issuer.spec.trust.source, now, adopted });
}

/** Judges a failed call, an issuing or a reading one. */
export function judgeFailure(failure: PcaFailure, issuer: ReadyIssuer, call: 'issuing' | 'reading'): SigningOutcome {
  const { replacedBy } = issuingOperations[issuer.spec.operation].capabilities;
  const problem = problemOf(failure, issuer.spec, call === 'issuing' ? replacedBy : undefined);
  if (problem !== undefined) return { kind: 'issuerFault', problem };
  if (failure.class === 'Throttled' && call === 'issuing')
    return { kind: 'queued', ms: throttledPauseMs, endpointHeld: false };

  if (failure.class === 'RequestRejected' && call === 'issuing') {
    return {
      kind: 'refused',
      reason: 'RejectedByPCA',
      message: `Alibaba Cloud PCA refuses this request: ${failure.message} Correct the Certificate; asking again unchanged gives the same answer.`,
    };
  }
  return { kind: 'trouble', reason: failure.class, message: failure.message };
}

/** Tells the issuer's pass what became of the try. */
export function tellPass(pass: IssuerPass, outcome: SigningOutcome): void {
  if (outcome.kind === 'issued') pass.issued();
  else if ((outcome.kind === 'refused' || outcome.kind === 'issuerFault') && outcome.problem !== undefined)
    pass.fault(outcome.problem);
}
