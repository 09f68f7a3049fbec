// What became of one try to get a certificate, judged from what PCA answered.
import type { Issued } from '../../../authority/certificate-authority.ts';
import { problemOf, settingProblem } from '../../../authority/problems.ts';
import type { AuthorityProblem } from '../../../authority/problems.ts';
import type { PcaFailure } from '../../../alibaba/errors.ts';
import type { IssuerIdentity } from '../../../crds/issuer-ref.ts';
import { mismatchAdvice, mismatchCauses } from '../../../issuing/certificate-differences.ts';
import type { Comparison } from '../../../issuing/certificate-differences.ts';
import { verifyIssued } from '../../../issuing/issued-certificate.ts';
import type { IssuedCertificate, VerificationResult } from '../../../issuing/issued-certificate.ts';
import type { IssueReply } from '../../../issuing/operation.ts';
import { emptyValueAdvice } from '../../../issuing/operations/sent-subject.ts';
import { settingBehind } from '../../../issuing/operations/settings.ts';
import type { IssuePlan } from '../../../issuing/plan.ts';
import type { Refusal } from '../../../issuing/refusal.ts';
import type { ReadCertificate } from '../../../issuing/x509/certificate.ts';
import { clampNotice } from '../../../issuing/validity.ts';
import type { ClampedLifetime } from '../../../issuing/validity.ts';
import type { IssuerProblem } from '../../issuers/reasons.ts';
import type { Owner } from '../../issuers/owner-holds.ts';
import type { IssuerPass } from '../../issuers/issuer-pass.ts';
import type { ReadyIssuer } from '../../issuers/ready-issuers.ts';
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
 * its turn to call (it is woken, or looks again after `ms`), `limited` for the limits that the issuer sets or for
 * cert-manager to see what it got, `issuerFault`
 * for its issuer. `stopped`: this process gave the try up, since it hands over, ends or has no time left for it; whoever goes on
 * with the request tells what becomes of it. `ruledOut`: what was known of an earlier call is settled, no certificate exists, and
 * nothing was called yet, so that whatever holds a request before its first call has its say.
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
      /** The certificate that was issued instead shows a fault: the issuer's, or perhaps the request's own. */
      readonly mismatch?: { readonly cause: 'request' | 'issuer'; readonly problem: IssuerProblem };
      /** PCA's identifier of a certificate that was paid for and is not used. */
      readonly unused?: string;
    }
  | ({
      readonly kind: 'trouble';
      /** What the issuer has to publish first. */
      readonly demands?: ReadCertificate;
    } & Trouble)
  | { readonly kind: 'queued'; readonly ms: number; readonly endpointHeld: boolean }
  | {
      readonly kind: 'limited';
      readonly reason: Extract<WaitingReason, 'IssuanceLimitReached' | 'ReissueLoop' | 'AskedAgain'>;
      readonly message: string;
      /** Tells apart causes with the same reason. */
      readonly detail?: string;
      readonly ms: number;
    }
  | { readonly kind: 'issuerFault'; readonly problem: AuthorityProblem }
  | { readonly kind: 'stopped' | 'ruledOut' };

/** What a reply is judged by. */
export interface Judged extends Comparison {
  readonly issuer: ReadyIssuer;
  readonly adopted: boolean;
  readonly requestId: string | undefined;
}

// The limit knows the better rate by then; this only keeps a throttled request from asking again in the same moment.
const throttledPauseMs = 1_000;

/** What the end of an issuing call says about certificates that may exist. */
export function callEndOf(issued: Issued): CallEnd {
  if (issued.kind === 'failed') {
    // The identifier is this request's own, so an earlier certificate exists and only has to be found.
    if (issued.failure.class === 'Duplicate') return { kind: 'exists' };
    return { kind: issued.failure.mayHaveIssued ? 'unknown' : 'refused' };
  }
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
    const cut = cutOf(certificate, judged);
    const clamped = cut === undefined ? [] : [clampNotice(cut)];
    return {
      kind: 'issued',
      certificate,
      action: plan.operation.action,
      requestId,
      notices: [...clamped, ...plan.notices, ...certificate.differences],
    };
  }
  const identifier = reply.identifier ?? 'without identifier';
  const message = `PCA issued certificate ${identifier}${origin}, but it is not what was asked for, so it is not used: ${verified.message} ${mismatchAdvice(verified.reason)}`;
  // What CA certificates lack is no reason for the others to wait.
  const cause = plan.expected.isCA ? 'request' : mismatchCauses[verified.reason];
  return {
    kind: 'refused',
    reason: verified.reason,
    message,
    // An earlier call was made under other settings and at another time, so it shows nothing of now.
    ...(judged.adopted ? {} : { mismatch: { cause, problem: { reason: 'CertificateRefused', message } } }),
    // A CA is no leaf that a call revokes: it stays until somebody decides about it.
    ...(reply.identifier === undefined || plan.expected.isCA ? {} : { unused: reply.identifier }),
  };
}

/** How much the lifetime was cut; a certificate of an earlier call may have been cut by what the plan does not know. */
function cutOf({ notBefore, notAfter }: IssuedCertificate, { plan, adopted }: Judged): ClampedLifetime | undefined {
  if (!adopted) return plan.clamped;
  const askedSeconds = plan.request.durationSeconds;
  const givenSeconds = (notAfter.getTime() - notBefore.getTime()) / 1_000;
  if (givenSeconds >= askedSeconds) return undefined;
  const because = plan.clamped?.because ?? 'a limit of the CA or the issuer when it was called for';
  return { askedSeconds, givenSeconds, backdatedSeconds: 0, because };
}

/** Compares a certificate with the plan and the issuer's CA. */
export function verify(
  reply: Extract<IssueReply, { readonly kind: 'issued' }>,
  { issuer, ...comparison }: Comparison & Pick<Judged, 'issuer'>,
): VerificationResult {
  const { ca, spec, trust } = issuer;
  return verifyIssued({ ...comparison, reply, ca, trust: spec.trust.source, given: trust?.given });
}

/** What the plan for a request is refused for: a setting of the issuer is no fault of the request. */
export function judgeRefusal({ reason, message }: Refusal): SigningOutcome {
  if (reason === 'InvalidIssuerSettings')
    return { kind: 'issuerFault', problem: { reason: 'InvalidSettings', message } };
  return { kind: 'refused', reason, message };
}

/** What a failed call is judged by. */
export interface FailedTry {
  readonly plan: IssuePlan;
  readonly issuer: ReadyIssuer;
  readonly call: 'issuing' | 'reading';
}

/** A failure that somebody could mend. */
type Fault = PcaFailure & { readonly class: Exclude<PcaFailure['class'], 'Cancelled'> };

/** Judges a failed call, an issuing or a reading one. */
export function judgeFailure(failure: PcaFailure, tried: FailedTry): SigningOutcome {
  // The operator hands over, ends, or has no time left for this try: nothing that anybody could mend.
  return failure.class === 'Cancelled' ? { kind: 'stopped' } : judgeFault({ ...failure, class: failure.class }, tried);
}

function judgeFault(failure: Fault, { plan, issuer, call }: FailedTry): SigningOutcome {
  const isRejected = failure.class === 'RequestRejected' && call === 'issuing';
  const setting = isRejected ? settingBehind(failure.code, plan.operation, issuer.spec, plan.request) : undefined;
  if (plan.expected.isCA && (setting !== undefined || isOfExternalCAs(failure)))
    return { kind: 'trouble', reason: 'ExternalCA', message: externalCAMessage(failure, setting) };

  const replacedBy = call === 'issuing' ? plan.operation.capabilities.replacedBy : undefined;
  const problem =
    setting === undefined ? problemOf(failure, issuer.spec, replacedBy) : settingProblem(failure, setting);
  if (problem !== undefined) return { kind: 'issuerFault', problem };
  if (failure.class === 'Throttled' && call === 'issuing')
    return { kind: 'queued', ms: throttledPauseMs, endpointHeld: false };

  return isRejected ? rejected(failure, plan) : { kind: 'trouble', reason: failure.class, message: failure.message };
}

function rejected({ code, message }: PcaFailure, plan: IssuePlan): SigningOutcome {
  const advice = emptyValueAdvice(code, plan);
  const correct = advice === undefined ? 'Correct the Certificate; asking' : `${advice} Asking`;
  return {
    kind: 'refused',
    reason: 'RejectedByPCA',
    message: `Alibaba Cloud PCA refuses this request: ${message} ${correct} again unchanged gives the same answer.`,
  };
}

const faultsOfExternalCAs: ReadonlySet<PcaFailure['class']> = new Set([
  'Permission',
  'IssuingCA',
  'ExternalCA',
  'Capacity',
  'ActionUnavailable',
]);

/** Whether a call for a CA certificate met what other certificates of the issuer need not meet; credentials serve all. */
function isOfExternalCAs({ service, class: name }: PcaFailure): boolean {
  return service === 'PCA' && faultsOfExternalCAs.has(name);
}

function externalCAMessage({ message }: PcaFailure, setting = 'spec.externalCA'): string {
  return `${message} This concerns the CA certificates of the issuer alone: correct ${setting} of the issuer, or what it needs in PCA and RAM.`;
}

/** Who is behind a request: a tenant can have any number of Certificates, but in an issuer's own namespace all are its own. */
export function ownerOf({ request: { object, certificate }, identity }: SigningTask): Owner {
  const key = certificate === undefined ? `request ${object.uid}` : `${certificate.namespace}/${certificate.name}`;
  return { key, tenant: identity.namespace === undefined ? (object.namespace ?? '') : key };
}

/** Tells the issuer's pass what became of the try. */
export function tellPass(pass: IssuerPass, outcome: SigningOutcome): void {
  switch (outcome.kind) {
    case 'issued':
      pass.issued();
      break;
    case 'issuerFault':
      pass.fault(outcome.problem);
      break;
    case 'refused':
      tellRefused(pass, outcome);
      break;
    case 'queued':
    case 'limited':
    case 'ruledOut':
      pass.untried();
      break;
    case 'trouble':
      if (outcome.demands !== undefined) pass.demands(outcome.demands);
      break;
    case 'stopped':
      break;
  }
}

function tellRefused(pass: IssuerPass, outcome: Extract<SigningOutcome, { readonly kind: 'refused' }>): void {
  const { reason, mismatch } = outcome;
  if (mismatch?.cause === 'issuer') pass.fault(mismatch.problem);
  else if (mismatch !== undefined) pass.mismatched(reason, mismatch.problem);
  else if (reason === 'RejectedByPCA') pass.refused(reason);
}
