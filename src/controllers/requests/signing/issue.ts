// The only place from which an issuing call goes out: within the issuer's limits, when its turn has come, while this replica
// may act.
import type { CallPriority, CallQueue, Permit } from '../../../alibaba/limits/call-queue.ts';
import { issuerKey } from '../../../crds/issuer-ref.ts';
import { sendsSubjectNext } from '../../../issuing/operations/sent-subject.ts';
import type { IssuePlan } from '../../../issuing/plan.ts';
import type { Clock } from '../../../timing/clock.ts';
import type { ReadOwningCertificate } from '../kinds/owning-certificate.ts';
import type { CallingRequest, Request } from '../kinds/request.ts';
import { limitMessage } from '../messages.ts';
import { allowanceMessage } from '../../issuers/tenancy/allowance.ts';
import { AskedAgain } from './asked-again.ts';
import { countsEarlier } from './issuance-limits.ts';
import type { IssuanceLimits, IssuanceScope } from './issuance-limits.ts';
import type { Listed } from './listed.ts';
import { callEndOf, judgeFailure, judgeReply } from './outcome.ts';
import type { SigningOutcome, SigningTask } from './outcome.ts';
import type { StepObserver } from './steps.ts';

// A request that waits is woken when its turn has come; it looks again so often, to say why it waits.
const queuedMs = 5 * 60_000;
// A call that sends the subject beside the CSR waits for its turn as any other.
const anotherTryMs = 100;
const nearExpiryMs = 24 * 3_600_000;

/** Makes issuing calls. */
export class Issuance {
  readonly #queue: Pick<CallQueue, 'enter'>;
  readonly #limits: Pick<IssuanceLimits, 'exceeded' | 'count' | 'takeBack'>;
  readonly #askedAgain: AskedAgain;
  readonly #listed: Listed;
  readonly #owningCertificate: ReadOwningCertificate;
  readonly #wake: (request: Request['object']) => void;
  readonly #mayAct: () => boolean;
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #onStep: StepObserver;

  constructor(parts: {
    readonly queue: Pick<CallQueue, 'enter'>;
    readonly limits: Pick<IssuanceLimits, 'exceeded' | 'count' | 'takeBack' | 'lately'>;
    readonly listed: Listed;
    readonly owningCertificate: ReadOwningCertificate;
    /** Has the request reconciled again, at once. */
    readonly wake: (request: Request['object']) => void;
    /** The fence: false as soon as another replica may hold the Lease. */
    readonly mayAct: () => boolean;
    readonly clock: Pick<Clock, 'now' | 'monotonic'>;
    readonly onStep: StepObserver;
  }) {
    this.#queue = parts.queue;
    this.#limits = parts.limits;
    this.#askedAgain = new AskedAgain(parts);
    this.#listed = parts.listed;
    this.#owningCertificate = parts.owningCertificate;
    this.#wake = parts.wake;
    this.#mayAct = parts.mayAct;
    this.#clock = parts.clock;
    this.#onStep = parts.onStep;
  }

  /** Makes the one call of a plan, or says when to come back for it. */
  async issue(task: SigningTask, plan: IssuePlan): Promise<SigningOutcome> {
    const { request, memory, issuer, signal } = task;
    const scope = scopeOf(task);
    const { spec, allowance } = issuer;
    const isCounted = countsEarlier(scope, { ...spec.issuanceLimits, allowance });
    if (isCounted && !(await this.#listed(signal))) return { kind: 'stopped' };
    const limited = this.#limitedBy(task, scope);
    if (limited !== undefined) return limited;
    const heldBack = await this.#askedAgain.heldBack(task, scope);
    if (heldBack !== undefined) return heldBack;
    const admission = await this.#queue.enter(await issuer.authority.target(plan.call.action), {
      uid: memory.uid,
      flow: `${scope.issuer} ${scope.namespace ?? ''}`,
      owner: task.identity.namespace,
      priority: async () => this.#priorityOf(task, signal),
      wake: () => this.#wake(request.object),
    });
    if (admission.kind === 'queued') return { kind: 'queued', ms: queuedMs, endpointHeld: admission.endpointHeld };
    using permit = admission.permit;
    return await this.#call(task, plan, scope, permit);
  }

  async #call(task: SigningTask, plan: IssuePlan, scope: IssuanceScope, permit: Permit): Promise<SigningOutcome> {
    const { memory, issuer, signal } = task;
    await this.#onStep('CallPermitted', memory.uid);
    const fence = new Fence(() => !signal.aborted && this.#mayAct());
    if (!fence.isOpen()) return { kind: 'stopped' };

    // Others may have taken the last places meanwhile; from here to the count nothing waits.
    const limited = this.#limitedBy(task, scope);
    if (limited !== undefined) return limited;
    this.#limits.count(memory.uid, scope, this.#now);
    memory.called({ plan, issuer, request: callingRequest(task) }, this.#clock.monotonic());
    const issued = await issuer.authority.issue(plan, { signal, mayGo: fence.mayGo });
    memory.answered(callEndOf(issued), this.#clock.monotonic());
    // Where nothing was sent, for want of credentials or of the Lease, another call may go out instead.
    if (fence.hasLetOut) permit.ended(issued);
    await this.#onStep('CallAnswered', memory.uid, { action: plan.call.action, issued });
    if (issued.kind === 'ok') {
      const { reply, requestId } = issued;
      return judgeReply(reply, { plan, issuer, now: this.#clock.now(), adopted: false, requestId });
    }
    const { failure } = issued;
    if (!failure.mayHaveIssued) this.#limits.takeBack(memory.uid, scope);
    if (permit.endpointHeld) {
      const message = `${failure.message} After several calls without an answer one at a time is tried.`;
      return { kind: 'issuerFault', problem: { reason: 'PCAUnavailable', message } };
    }
    if (failure.class === 'RequestRejected' && sendsSubjectNext(failure.code, plan)) {
      memory.subjectRefused();
      return { kind: 'queued', ms: anotherTryMs, endpointHeld: false };
    }
    return judgeFailure(failure, { plan, issuer, call: 'issuing' });
  }

  /** The limit of the issuer, or of the rule that allows it, that holds the request. */
  #limitedBy({ request, memory, issuer, identity }: SigningTask, scope: IssuanceScope): SigningOutcome | undefined {
    const { spec, allowance } = issuer;
    const exceeded = this.#limits.exceeded(memory.uid, scope, { ...spec.issuanceLimits, allowance }, this.#now);
    if (exceeded === undefined) return undefined;
    const reason = exceeded.field === 'reissuesPerHour' ? 'ReissueLoop' : 'IssuanceLimitReached';
    const message =
      exceeded.isOfRule === true && allowance !== undefined
        ? allowanceMessage(allowance, identity.namespace, exceeded)
        : limitMessage(exceeded, request);
    return { kind: 'limited', reason, message, ms: exceeded.freeAt - this.#now };
  }

  /** First issuance and near expiry go before renewals, renewals before retries. */
  async #priorityOf({ request, memory }: SigningTask, signal: AbortSignal): Promise<CallPriority> {
    if (memory.calls > 0) return 'Retry';
    if (request.certificate === undefined || request.revision === 1) return 'Urgent';
    const read = await this.#owningCertificate(request.certificate, signal);
    if (read.kind === 'failed') return 'Renewal';
    const end = read.certificate.notAfter?.getTime() ?? Number.NEGATIVE_INFINITY;
    return end - this.#now < nearExpiryMs ? 'Urgent' : 'Renewal';
  }

  get #now(): number {
    return this.#clock.now().getTime();
  }
}

/** The fence around one call, which may be sent twice; it remembers whether anything went out. */
class Fence {
  readonly isOpen: () => boolean;
  #hasLetOut = false;

  constructor(isOpen: () => boolean) {
    this.isOpen = isOpen;
  }

  /** Asked with nothing left to do but to send. */
  readonly mayGo = (): boolean => {
    const goes = this.isOpen();
    this.#hasLetOut ||= goes;
    return goes;
  };

  get hasLetOut(): boolean {
    return this.#hasLetOut;
  }
}

/** Whom the certificate of a request counts for. */
function scopeOf({ identity, request: { object, certificate } }: SigningTask): IssuanceScope {
  return { issuer: issuerKey(identity), namespace: object.namespace, certificate: certificate?.name };
}

/** A copy, since the whole request is large. */
function callingRequest({ request }: SigningTask): CallingRequest {
  const { object, creationTimestamp, approvedAt, certificate, revision } = request;
  return { object, creationTimestamp, approvedAt, certificate, revision };
}
