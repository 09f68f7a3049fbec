// The only place from which an issuing call goes out: within the issuer's limits, when its turn has come, while this replica
// may act.
import { type PcaFailure } from '../alibaba/errors.ts';
import type { IssuePlan } from '../issuing/plan.ts';
import { rankOf } from './call-rank.ts';
import type { CallTarget, CallTurns } from './call-turns.ts';
import type { CallEnd } from './endpoint-breaker.ts';
import { issuerKey } from '../crds/issuer-ref.ts';
import type { IssuanceLedger, IssuanceScope } from './issuance-ledger.ts';
import type { StepObserver } from './issuing-steps.ts';
import type { LiveRequest } from './live-request.ts';
import type { ReadOwningCertificate } from './owning-certificate.ts';
import { heldMessage } from './waiting-messages.ts';
import { settleFailure, settleReply, type SigningContext, type SigningOutcome } from './signing-outcome.ts';

/** What a call needs from outside. */
export interface IssuingCallDependencies {
  readonly turns: Pick<CallTurns, 'isFree' | 'isHeld' | 'ask' | 'ended' | 'throttled'>;
  readonly ledger: Pick<IssuanceLedger, 'exceeded' | 'count' | 'takeBack'>;
  readonly owningCertificate: ReadOwningCertificate;
  /** Has the request reconciled again, at once. */
  readonly wake: (request: LiveRequest['object']) => void;
  /** Wall clock. */
  readonly now: () => Date;
  /** The fence: false as soon as another replica may hold the Lease. */
  readonly mayAct: () => boolean;
  readonly onStep: StepObserver;
}

// A request that waits is woken when its turn has come; it looks by itself so often, to say why it waits.
const waitMilliseconds = 5 * 60_000;

/** Makes the one call of a plan, or says when to come back for it. */
export async function issue(
  request: LiveRequest,
  plan: IssuePlan,
  context: SigningContext,
  on: IssuingCallDependencies,
): Promise<SigningOutcome> {
  const { session, attempt } = context;
  const scope = scopeOf(request);
  const held = heldBy(request, scope, context, on);
  if (held !== undefined) return held;
  const target: CallTarget = {
    limit: { account: session.account, region: session.spec.region, action: plan.call.action },
    endpoint: session.endpoint,
  };
  if (!(await isTurn(request, target, scope, { ...on, ...context }))) {
    return { kind: 'wait', milliseconds: waitMilliseconds, isEndpointHeld: on.turns.isHeld(target) };
  }
  const call = await callOnce({ request, plan, scope }, context, on);
  on.turns.ended(attempt.uid, endOf(call));
  return call.kind === 'failed' ? settleCall(call.failure, target, context, on) : call.outcome;
}

/** The issuer's own limit that holds the request. */
function heldBy(
  request: LiveRequest,
  scope: IssuanceScope,
  { session, attempt }: SigningContext,
  { ledger, now }: IssuingCallDependencies,
): SigningOutcome | undefined {
  const exceeded = ledger.exceeded(attempt.uid, scope, session.spec.issuanceLimits, now().getTime());
  if (exceeded === undefined) return undefined;
  const reason = exceeded.field === 'reissuesPerHour' ? 'ReissueLoop' : 'IssuanceLimitReached';
  const milliseconds = exceeded.freeAt - now().getTime();
  return { kind: 'held', reason, message: heldMessage(exceeded, request), milliseconds };
}

/** Whether the request may call now; it stands in line otherwise. */
async function isTurn(
  request: LiveRequest,
  target: CallTarget,
  scope: IssuanceScope,
  on: IssuingCallDependencies & SigningContext,
): Promise<boolean> {
  const { attempt, turns, signal } = on;
  const rank = turns.isFree(target) ? 'Urgent' : await rankOf(request, attempt, on, signal);
  const flow = `${scope.issuer} ${scope.namespace ?? ''}`;
  return turns.ask(target, { uid: attempt.uid, flow, rank, wake: () => on.wake(request.object) });
}

function settleCall(
  failure: PcaFailure,
  target: CallTarget,
  context: SigningContext,
  { turns }: IssuingCallDependencies,
): SigningOutcome {
  if (failure.class === 'Throttled') turns.throttled(target);
  if (isUnanswered(failure) && turns.isHeld(target)) {
    const message = `${failure.message} After several calls without an answer one at a time is tried.`;
    return { kind: 'issuerProblem', problem: { reason: 'PCAUnavailable', message } };
  }
  return settleFailure(failure, context, target.limit);
}

type CallResult =
  | { readonly kind: 'notMade'; readonly outcome: SigningOutcome }
  | { readonly kind: 'failed'; readonly failure: PcaFailure }
  | { readonly kind: 'settled'; readonly outcome: SigningOutcome };

function endOf(call: CallResult): CallEnd | undefined {
  if (call.kind === 'notMade') return undefined;
  return call.kind === 'failed' && isUnanswered(call.failure) ? 'unanswered' : 'answered';
}

async function callOnce(
  { request, plan, scope }: { readonly request: LiveRequest; readonly plan: IssuePlan; readonly scope: IssuanceScope },
  context: SigningContext,
  on: IssuingCallDependencies,
): Promise<CallResult> {
  const { session, attempt, signal } = context;
  await on.onStep('CallPermitted', attempt.uid);
  if (signal.aborted || !on.mayAct()) {
    const message = 'The operator hands over to another replica.';
    return { kind: 'notMade', outcome: { kind: 'retry', reason: 'NotActing', message } };
  }
  // Others may have taken the last places meanwhile; from here to the count nothing waits.
  const held = heldBy(request, scope, context, on);
  if (held !== undefined) return { kind: 'notMade', outcome: held };
  const startedAt = on.now().getTime();
  attempt.calls += 1;
  on.ledger.count(attempt.uid, scope, startedAt);
  const outcome = await session.client.call(plan.call, { signal });
  await on.onStep('CallAnswered', attempt.uid);
  if (outcome.kind === 'ok') {
    const reply = plan.operation.read(outcome.body);
    if (reply.kind === 'malformed') attempt.uncertainSince = startedAt;
    const settled = settleReply(reply, plan, { ...context, adopted: false, requestId: outcome.requestId }, on);
    return { kind: 'settled', outcome: settled };
  }
  // Also a duplicate: the identifier is this request's own, so an earlier certificate exists and only has to be found.
  if (outcome.failure.mayHaveIssued) attempt.uncertainSince = on.now().getTime();
  else on.ledger.takeBack(attempt.uid, scope);
  return { kind: 'failed', failure: outcome.failure };
}

/** Whom the certificate of a request counts for. */
function scopeOf({ issuer, object, certificate }: LiveRequest): IssuanceScope {
  return {
    issuer: issuer === undefined ? '' : issuerKey(issuer),
    namespace: object.namespace,
    certificate: certificate?.name,
  };
}

// Whatever answers with a status is there; that it is overloaded is said by 503 alone.
function isUnanswered({ class: name, httpStatus }: PcaFailure): boolean {
  return name !== 'Cancelled' && name !== 'Throttled' && (httpStatus === undefined || httpStatus === 503);
}
