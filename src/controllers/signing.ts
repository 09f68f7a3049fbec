// From an approved request and a checked issuer to a certificate: plan, look for what may exist, call once, verify.
// The only place from which an issuing call goes out.
import type { CertificateRequest } from '../crds/cert-manager.ts';
import type { IssueReply } from '../issuing/operation.ts';
import { formatDuration } from '../issuing/duration.ts';
import { issuingOperations } from '../issuing/operations/index.ts';
import { planIssuing, type IssuePlan } from '../issuing/plan.ts';
import { type ClampedLifetime, refuseForRenewal } from '../issuing/validity.ts';
import { readSigningRequest } from '../issuing/signing-request.ts';
import { verifyIssued, type IssuedCertificate } from '../issuing/issued-certificate.ts';
import type { CallBudget } from '../alibaba/call-budget.ts';
import type { PcaFailure } from '../alibaba/errors.ts';
import type { Attempt } from './attempts.ts';
import type { LookupOutcome } from './issued-lookup.ts';
import type { IssuerProblem, IssuerSession } from './issuer-sessions.ts';
import type { RenewBefore } from './owning-certificate.ts';
import { issuerProblemOf } from './pca-failure.ts';

/**
 * What became of one try. `refused` ends the request; `retry` and `wait` leave it Pending (`wait`: for our own limit
 * on calls, `milliseconds` from now); `issuerProblem` is a fault of the issuer and leaves the request waiting for it.
 */
export type SigningOutcome =
  | { readonly kind: 'issued'; readonly certificate: IssuedCertificate; readonly notices: readonly string[] }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly message: string;
      readonly problem?: IssuerProblem;
      /** PCA's identifier of a certificate that was paid for and is not used. */
      readonly unused?: string;
    }
  | { readonly kind: 'retry'; readonly reason: string; readonly message: string }
  | { readonly kind: 'wait'; readonly milliseconds: number }
  | { readonly kind: 'issuerProblem'; readonly problem: IssuerProblem };

/** What signing needs from outside. */
export interface SigningDependencies {
  readonly budget: CallBudget;
  /** UID of the namespace kube-system: the cluster's part of the caller's identifier. */
  readonly clusterUid: string;
  /** Wall clock. */
  readonly now: () => Date;
  /** spec.renewBefore of the Certificate behind a request. */
  readonly renewBefore: (request: CertificateRequest, signal: AbortSignal) => Promise<RenewBefore>;
  /** The fence: false as soon as another replica may hold the Lease. */
  readonly mayAct: () => boolean;
}

// The budget knows the better rate by then; this only keeps a throttled request from asking again in the same moment.
const throttledPauseMilliseconds = 1_000;

/** Tries once to get the certificate for `request`, which must have been read live; never throws. */
export async function sign(
  request: CertificateRequest,
  context: { readonly session: IssuerSession; readonly attempt: Attempt; readonly signal: AbortSignal },
  dependencies: SigningDependencies,
): Promise<SigningOutcome> {
  const { session } = context;
  const read = readSigningRequest({
    uid: request.metadata.uid,
    request: request.spec.request,
    duration: request.spec.duration,
    isCA: request.spec.isCA ?? false,
    usages: request.spec.usages,
  });
  if (read.kind === 'refused') return { kind: 'refused', ...read.refusal };
  const planned = planIssuing({
    request: read.request,
    spec: session.spec,
    ca: session.ca,
    clusterUid: dependencies.clusterUid,
    now: dependencies.now(),
  });
  if (planned.kind === 'refused') return { kind: 'refused', ...planned.refusal };
  const plan = planned.plan;
  if (plan.clamped !== undefined) {
    const objection = await objectionToClamp(request, plan.clamped, context.signal, dependencies);
    if (objection !== undefined) return objection;
  }

  const earlier = await findEarlier(plan, context);
  if (earlier !== undefined && earlier.kind !== 'absent') return settleLookup(earlier, plan, context, dependencies);
  return issue(plan, context, dependencies);
}

/** A lifetime that was cut must leave room for the Certificate's renewBefore. */
async function objectionToClamp(
  request: CertificateRequest,
  clamped: ClampedLifetime,
  signal: AbortSignal,
  { renewBefore }: SigningDependencies,
): Promise<SigningOutcome | undefined> {
  const read = await renewBefore(request, signal);
  if (read.kind === 'failed') return { kind: 'retry', reason: 'CertificateUnreadable', message: read.message };
  const refused = read.seconds === undefined ? undefined : refuseForRenewal(clamped, read.seconds);
  return refused === undefined ? undefined : { kind: 'refused', ...refused.refusal };
}

type Context = { readonly session: IssuerSession; readonly attempt: Attempt; readonly signal: AbortSignal };

/** The certificate of an earlier try, if there may be one; undefined when no earlier try is known of. */
async function findEarlier(plan: IssuePlan, { session, attempt, signal }: Context): Promise<LookupOutcome | undefined> {
  if (attempt.pendingIdentifier !== undefined) return session.lookup.read(attempt.pendingIdentifier, signal);
  if (attempt.uncertainSince === undefined || plan.identifier === undefined) return undefined;
  const found = await session.lookup.find(plan.identifier, attempt.uncertainSince, signal);
  if (found.kind === 'absent') attempt.uncertainSince = undefined;
  return found;
}

function settleLookup(
  found: Exclude<LookupOutcome, { readonly kind: 'absent' }>,
  plan: IssuePlan,
  context: Context,
  dependencies: SigningDependencies,
): SigningOutcome {
  switch (found.kind) {
    case 'found':
      return settleReply(found.reply, plan, { ...context, adopted: true, requestId: undefined }, dependencies);
    case 'unsettled':
      return { kind: 'retry', reason: 'CertificateNotReady', message: found.message };
    case 'failed':
      return settleFailure(found.failure, context);
  }
}

async function issue(plan: IssuePlan, context: Context, dependencies: SigningDependencies): Promise<SigningOutcome> {
  const { session, attempt, signal } = context;
  const limit = { account: session.account, region: session.spec.region, action: plan.call.action };
  const permit = dependencies.budget.reserve(limit);
  if (permit.kind === 'wait') return permit;
  if (signal.aborted || !dependencies.mayAct()) {
    return { kind: 'retry', reason: 'NotActing', message: 'The operator hands over to another replica.' };
  }
  const startedAt = dependencies.now().getTime();
  const outcome = await session.client.call(plan.call, { signal });
  if (outcome.kind === 'ok') {
    const reply = plan.operation.read(outcome.body);
    if (reply.kind === 'malformed') attempt.uncertainSince = startedAt;
    return settleReply(reply, plan, { ...context, adopted: false, requestId: outcome.requestId }, dependencies);
  }
  // Also a duplicate: the identifier is this request's own, so an earlier certificate exists and only has to be found.
  if (outcome.failure.mayHaveIssued) attempt.uncertainSince = dependencies.now().getTime();
  if (outcome.failure.class === 'Throttled') dependencies.budget.throttled(limit);
  return settleFailure(outcome.failure, context, limit);
}

function settleReply(
  reply: IssueReply,
  plan: IssuePlan,
  context: Context & { readonly adopted: boolean; readonly requestId: string | undefined },
  dependencies: SigningDependencies,
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
  const now = dependencies.now();
  const verified = verifyIssued({ plan, reply, ca: session.ca, trust, now, adopted: context.adopted });
  if (verified.kind === 'verified') {
    const { certificate } = verified;
    return { kind: 'issued', certificate, notices: [...clampNotices(plan), ...certificate.differences] };
  }
  const identifier = reply.identifier ?? 'without identifier';
  const message = `PCA issued certificate ${identifier}${origin}, but it is not what was asked for, so it is not used: ${verified.message}`;
  return {
    kind: 'refused',
    reason: verified.reason,
    message,
    problem: { reason: 'CertificateRefused', message },
    ...(reply.identifier === undefined ? {} : { unused: reply.identifier }),
  };
}

function clampNotices({ clamped }: IssuePlan): readonly string[] {
  if (clamped === undefined) return [];
  const { askedSeconds, givenSeconds, because } = clamped;
  return [
    `It lives for ${formatDuration(givenSeconds)} instead of ${formatDuration(askedSeconds)}, because of ${because}.`,
  ];
}

function settleFailure(
  failure: PcaFailure,
  { session }: Context,
  limit?: { readonly account: string; readonly region: string; readonly action: string },
): SigningOutcome {
  const { replacedBy } = issuingOperations[session.spec.operation].capabilities;
  const problem = issuerProblemOf(failure, session.spec, limit === undefined ? undefined : replacedBy);
  if (problem !== undefined) return { kind: 'issuerProblem', problem };
  if (failure.class === 'Throttled' && limit !== undefined) {
    return { kind: 'wait', milliseconds: throttledPauseMilliseconds };
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
