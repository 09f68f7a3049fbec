// The reconcile of one request, of either kind: read live, decide, sign, write one result. Knows nothing of queues and watches.
import { generationOf } from '../crds/issuer.ts';
import type { ReconcileResult } from '../kubernetes/controller.ts';
import { warnOfApproval } from './approval-warning.ts';
import type { Attempt, Verdict } from './attempts.ts';
import { deniedStatus, failedStatus, issuedStatus } from './certificate-request-status.ts';
import { issuerKey, issuerLabels, type IssuerIdentity } from '../crds/issuer-ref.ts';
import type { IssuerSession } from './issuer-sessions.ts';
import type { LiveRequest, WriteOutcome } from './live-request.ts';
import { requestKey } from './open-request.ts';
import { releaseAttempt, reportWithoutRequest } from './request-release.ts';
import { requestEvent, type RequestEventReason } from './request-events.ts';
import type { SigningOutcome } from './signing-outcome.ts';
import type { RequestDependencies } from './request-dependencies.ts';
import { reportTrouble, reportTurn, reportWaiting, type RequestTask, retryOf } from './request-waiting.ts';
import { sign } from './signing.ts';
import { issuerMissingMessage, issuerNotReadyMessage, notWrittenMessage } from './waiting-messages.ts';

type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult>;

const done: ReconcileResult = { kind: 'done' };
const notWritten = 'ResultNotWritten';

/** Builds the reconcile function for keys `namespace/name`. */
export function requestReconciler(dependencies: RequestDependencies): Reconcile {
  return async (key, signal) => {
    const open = dependencies.requests.get(key);
    if (open === undefined) return done;
    if (open.approval === 'Undecided') {
      return warnOfApproval(open, { ...dependencies, afterMilliseconds: dependencies.approvalWarningMilliseconds });
    }
    const read = await dependencies.adapter.read(open.metadata, signal);
    if (read.kind === 'gone') return done;
    if (read.kind === 'failed') return retryOf('reading the request', read.failure);
    const attempt = dependencies.attempts.of(open.metadata.uid);
    attempt.busy = true;
    try {
      await dependencies.onStep('RequestRead', attempt.uid);
      attempt.isInLine = false;
      return await new Reconciliation({ on: dependencies, request: read.request, attempt, signal }).run();
    } finally {
      attempt.busy = false;
      if (!attempt.isInLine) dependencies.turns.leave(attempt.uid);
      if (dependencies.requests.get(key)?.metadata.uid !== attempt.uid)
        releaseAttempt(dependencies, dependencies.adapter, open);
    }
  };
}

/** One pass over one request that was read live. */
class Reconciliation {
  readonly #on: RequestDependencies;
  readonly #request: LiveRequest;
  readonly #attempt: Attempt;
  readonly #signal: AbortSignal;
  readonly #task: RequestTask;

  constructor(task: RequestTask) {
    this.#task = task;
    this.#on = task.on;
    this.#request = task.request;
    this.#attempt = task.attempt;
    this.#signal = task.signal;
  }

  async run(): Promise<ReconcileResult> {
    switch (this.#request.step) {
      case 'nothing':
        return done;
      case 'deny':
        return this.#deny();
      case 'sign':
        return this.#signWhenReady();
    }
  }

  async #deny(): Promise<ReconcileResult> {
    const status = deniedStatus(this.#request, this.#on.now());
    const written = await this.#request.write(status, this.#signal);
    if (written.kind === 'failed') return retryOf('writing the denial', written.failure);
    this.#on.attempts.forget(this.#attempt.uid);
    const identity = this.#request.issuer;
    if (written.kind === 'written' && identity !== undefined) this.#count(identity, 'denied');
    return done;
  }

  async #signWhenReady(): Promise<ReconcileResult> {
    const identity = this.#request.issuer;
    if (identity === undefined) {
      this.#event(
        'UnknownIssuerKind',
        `issuerRef.kind is ${this.#request.issuerKind}, but group pca.alibabacloud.com has only the kinds AlibabaPCAIssuer and AlibabaPCAClusterIssuer. Correct issuerRef of the Certificate.`,
      );
      return done;
    }
    if (this.#attempt.verdict !== undefined) return this.#finish(identity, this.#attempt.verdict);

    const key = issuerKey(identity);
    const issuer = this.#on.issuer(key);
    if (issuer === undefined) return this.#pend('IssuerNotFound', issuerMissingMessage(identity));
    const state = this.#on.sessions.state(key, { ...issuer.metadata, generation: generationOf(issuer) });
    switch (state.kind) {
      case 'unchecked':
        return done;
      case 'notReady':
        return this.#pend('IssuerNotReady', issuerNotReadyMessage(identity, state.reason), state.reason);
      case 'ready':
        return this.#sign(identity, state.session);
    }
  }

  async #sign(identity: IssuerIdentity, session: IssuerSession): Promise<ReconcileResult> {
    const key = issuerKey(identity);
    const cluster = await this.#on.clusterUid(this.#signal);
    if ('message' in cluster) return this.#trouble(identity, { reason: 'ClusterUnknown', message: cluster.message });
    const refusal = await this.#authorize(identity);
    if (refusal !== undefined) return refusal;
    if (!this.#on.sessions.admit(key)) return { kind: 'after', milliseconds: 2_000 };
    const context = { session, attempt: this.#attempt, signal: this.#signal };
    const outcome = await sign(this.#request, context, { ...this.#on, clusterUid: cluster.uid });
    // A call that only waited for its turn says nothing about the issuer, but must not keep the probe's place.
    this.#on.sessions.settle(key, outcome.kind === 'issued');
    this.#attempt.isInLine = outcome.kind === 'wait';
    if (outcome.kind !== 'wait') this.#attempt.waitingSince = undefined;
    return this.#settle(identity, session, outcome);
  }

  /** What is to happen where the requester may not use the issuer; undefined where it may. */
  async #authorize(identity: IssuerIdentity): Promise<ReconcileResult | undefined> {
    const authorization = await this.#request.authorize(this.#signal);
    switch (authorization.kind) {
      case 'allowed':
        return undefined;
      case 'denied': {
        const failure = { message: authorization.message, reason: 'DeniedReference' };
        const status = failedStatus(this.#request, failure, this.#on.now());
        return this.#finish(identity, { result: 'failed', status, certificate: undefined });
      }
      case 'failed':
        return this.#trouble(identity, { reason: 'AuthorizationUnknown', message: authorization.message });
    }
  }

  async #settle(identity: IssuerIdentity, session: IssuerSession, outcome: SigningOutcome): Promise<ReconcileResult> {
    switch (outcome.kind) {
      case 'issued':
        return this.#finish(identity, {
          result: 'issued',
          status: issuedStatus(outcome.certificate, outcome.action, outcome.notices),
          certificate: outcome.certificate,
        });
      case 'refused':
        if (outcome.problem !== undefined) this.#on.sessions.report(issuerKey(identity), session, outcome.problem);
        return this.#finish(identity, {
          result: 'failed',
          status: failedStatus(
            this.#request,
            { message: this.#withFate(identity, outcome), reason: outcome.reason },
            this.#on.now(),
          ),
          certificate: undefined,
        });
      case 'issuerProblem':
        this.#on.sessions.report(issuerKey(identity), session, outcome.problem);
        return this.#pend(
          'IssuerNotReady',
          issuerNotReadyMessage(identity, outcome.problem.reason),
          outcome.problem.reason,
        );
      case 'retry':
        return this.#trouble(identity, outcome, session);
      case 'wait':
        return reportTurn(this.#task, session.spec.operation, outcome);
      case 'held':
        this.#on.metrics.count('pca_issuer_certificate_requests_held_total', {
          ...issuerLabels(identity),
          reason: outcome.reason,
        });
        return reportWaiting(this.#task, outcome, { kind: 'after', milliseconds: outcome.milliseconds });
    }
  }

  /** The message of a refusal, with what becomes of a certificate that was paid for in vain. */
  #withFate(identity: IssuerIdentity, { message, unused }: Extract<SigningOutcome, { kind: 'refused' }>): string {
    if (unused === undefined) return message;
    return this.#on.revocations.offer(identity, unused) === 'revoked'
      ? `${message} It is being revoked (spec.revocationPolicy of the issuer).`
      : `${message} It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.`;
  }

  /** Writes an end; until that worked the verdict is kept, so that the paid certificate is written later. */
  async #finish(identity: IssuerIdentity, verdict: Verdict): Promise<ReconcileResult> {
    this.#attempt.verdict = verdict;
    await this.#on.onStep('VerdictReached', this.#attempt.uid);
    const written = await this.#request.write(verdict.status, this.#signal);
    if (written.kind === 'failed') {
      this.#on.logger.warn(
        this.#fields({ failure: written.failure.class }),
        `The result of the request could not be written: ${written.failure.message}`,
      );
      if (this.#attempt.written?.key !== notWritten) {
        this.#attempt.written = { key: notWritten, at: this.#on.now().getTime() };
        this.#event(notWritten, notWrittenMessage(verdict.result, written.failure.message));
      }
      return retryOf('writing the result', written.failure);
    }
    await this.#on.onStep('ResultWritten', this.#attempt.uid);
    this.#on.attempts.forget(this.#attempt.uid);
    this.#report(identity, verdict, written);
    return done;
  }

  #report(identity: IssuerIdentity, verdict: Verdict, written: WriteOutcome): void {
    const { message } = verdict.status.condition;
    if (written.kind === 'gone') {
      if (verdict.certificate !== undefined)
        reportWithoutRequest(
          this.#on,
          { key: requestKey(this.#request.object), uid: this.#request.object.uid },
          verdict.certificate,
          identity,
        );
      return;
    }
    this.#count(identity, verdict.result);
    const fields = this.#fields({ issuer: issuerKey(identity) });
    if (verdict.result === 'issued') {
      this.#on.logger.info(fields, message);
      this.#event('Issued', message);
    } else {
      this.#on.logger.warn(fields, message);
      this.#event('Failed', message);
    }
  }

  async #trouble(
    identity: IssuerIdentity,
    trouble: { readonly reason: string; readonly message: string },
    session?: IssuerSession,
  ): Promise<ReconcileResult> {
    const end = await reportTrouble(this.#task, identity, trouble, session);
    if (end.kind === 'waits') return end.result;
    return this.#finish(identity, { result: 'failed', status: end.status, certificate: undefined });
  }

  async #pend(reason: RequestEventReason, message: string, detail = ''): Promise<ReconcileResult> {
    return reportWaiting(this.#task, { reason, message, detail }, done);
  }

  #event(reason: RequestEventReason, note: string): void {
    this.#on.events.record(requestEvent(this.#request.object, reason, note));
  }

  #count(identity: IssuerIdentity, result: 'issued' | 'failed' | 'denied'): void {
    this.#on.metrics.count('pca_issuer_certificate_requests_total', { ...issuerLabels(identity), result });
  }

  #fields(more: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const { object } = this.#request;
    return { request: requestKey(object), uid: object.uid, ...more };
  }
}
