// Makes a decision known: the one write, then what the reason leads to (event, counter, log) and when to come back.
import { issuerKey, issuerLabels } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import type { ReconcileResult } from '../../kubernetes/controller.ts';
import type { EventRecorder } from '../../kubernetes/events.ts';
import type { KubernetesFailure } from '../../kubernetes/failure.ts';
import type { LogFields } from '../../runtime/log-fields.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Clock } from '../../timing/clock.ts';
import type { Abandoned } from './abandoned.ts';
import { issuedFields, tellingKey } from './decision.ts';
import type { Decision, End, FailedDecision, Trouble, WaitingDecision } from './decision.ts';
import { requestEvent } from './events.ts';
import type { IssuerEvents } from './events.ts';
import { requestKey } from './kinds/cached-request.ts';
import type { WriteOutcome } from './kinds/request.ts';
import type { RequestMemories, RequestTask } from './memory.ts';
import { anotherOperatorMessage, notWrittenMessage } from './messages.ts';
import { consequences } from './reasons.ts';
import type { Consequence, RequestReason } from './reasons.ts';
import type { Revocations } from './revocations.ts';
import type { EndObserver, StepObserver } from './signing/steps.ts';

/** What publishing works with. */
export interface PublisherParts {
  readonly memories: Pick<RequestMemories, 'forget'>;
  readonly abandoned: Pick<Abandoned, 'report' | 'reportUnused'>;
  readonly revocations: Pick<Revocations, 'offer'>;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly issuerEvents: Pick<IssuerEvents, 'failed'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly onStep: StepObserver;
  readonly onEnd?: EndObserver | undefined;
}

const done: ReconcileResult = { kind: 'done' };

/** Again with back-off, and not before the API server wants it. */
export function retryOf(doing: string, { message, retryAfterMs }: KubernetesFailure): ReconcileResult {
  const reason = `${doing}: ${message}`;
  return { kind: 'retry', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** Publishes decisions. */
export class Publisher {
  readonly #on: PublisherParts;

  constructor(parts: PublisherParts) {
    this.#on = parts;
  }

  /** Makes the decision known and answers when the request is to be looked at again. */
  async publish(task: RequestTask, decision: Decision): Promise<ReconcileResult> {
    if (!isTurn(decision)) task.memory.unqueued();
    switch (decision.kind) {
      case 'nothing':
        return decision.next;
      case 'ignored':
        this.#tellIgnored(task, decision);
        return done;
      case 'waiting':
        return this.#publishWaiting(task, decision);
      case 'denied':
        return this.#publishDenied(task, decision);
      case 'issued':
      case 'failed':
        return this.#publishEnd(task, decision);
    }
  }

  async #publishWaiting(task: RequestTask, decision: WaitingDecision): Promise<ReconcileResult> {
    const next = await this.#tell(task, decision);
    this.#countTry(task, decision.reason, decision.trouble);
    return next;
  }

  #tellIgnored(task: RequestTask, { reason, message }: Extract<Decision, { kind: 'ignored' }>): void {
    const now = this.#on.clock.monotonic();
    if (task.memory.isTold(reason, now)) return;
    task.memory.tell(reason, now);
    this.#on.logger[consequences[reason].log]({ ...requestFields(task), reason }, message);
    this.#event(task, reason, message);
  }

  /** One status and one event for each distinct reason, not one for each try. */
  async #tell(task: RequestTask, decision: WaitingDecision): Promise<ReconcileResult> {
    const { memory, request, signal } = task;
    const { reason, message, next } = decision;
    const silentMs = this.#silentMs(task, reason);
    if (silentMs > 0) return next.kind === 'after' ? { kind: 'after', ms: Math.min(next.ms, silentMs) } : next;
    const key = tellingKey(decision);
    const now = this.#on.clock.monotonic();
    if (memory.isTold(key, now)) return next;
    if (request.message === message) {
      memory.tell(key, now);
      return next;
    }
    const written = await request.write(decision, signal);
    switch (written.kind) {
      case 'failed':
        this.#on.logger.warn(
          { ...requestFields(task), reason },
          `The reason for waiting could not be written: ${written.failure.message}`,
        );
        return next.kind === 'done' ? retryOf('writing why the request waits', written.failure) : next;
      case 'gone':
      case 'ended':
        return done;
      case 'written':
        if (memory.told?.key !== key) this.#event(task, reason, message);
        memory.tell(key, now);
        return next;
    }
  }

  async #publishDenied(task: RequestTask, decision: Extract<Decision, { kind: 'denied' }>): Promise<ReconcileResult> {
    const written = await task.request.write(decision, task.signal);
    if (written.kind === 'failed') return retryOf('writing the denial', written.failure);
    this.#on.memories.forget(task.memory.uid);
    if (written.kind === 'written') this.#countResult(task, 'denied');
    return done;
  }

  /** Until the write worked the decision is kept, so that the paid certificate is written later. */
  async #publishEnd(task: RequestTask, decision: End): Promise<ReconcileResult> {
    const { request, memory, signal } = task;
    const isNew = memory.decided === undefined;
    memory.decide(decision);
    await this.#on.onStep('VerdictReached', memory.uid);
    const written = await request.write(decision, signal);
    if (isNew && decision.kind === 'failed' && decision.trouble !== undefined)
      this.#countTry(task, 'PatienceExceeded', decision.trouble);

    if (written.kind === 'failed') return this.#notWritten(task, decision, written.failure);
    await this.#on.onStep('ResultWritten', memory.uid);
    this.#on.memories.forget(memory.uid);
    this.#on.onEnd?.(request, decision, written.kind);
    this.#follow(task, decision, written.kind);
    return done;
  }

  #notWritten(task: RequestTask, decision: End, failure: KubernetesFailure): ReconcileResult {
    const reason = 'ResultNotWritten';
    this.#on.logger[consequences[reason].log](
      { ...requestFields(task), failure: failure.class },
      `The result of the request could not be written: ${failure.message}`,
    );
    if (task.memory.told?.key !== reason) {
      task.memory.tell(reason, this.#on.clock.monotonic());
      this.#event(task, reason, notWrittenMessage(decision.kind, failure.message));
    }
    return retryOf('writing the result', failure);
  }

  #follow(task: RequestTask, decision: End, written: Exclude<WriteOutcome['kind'], 'failed'>): void {
    const { object, issuer } = task.request;
    if (issuer === undefined) return;
    const named = { key: requestKey(object), uid: object.uid };
    if (decision.kind === 'failed' && written !== 'ended') this.#countRefusal(task, issuer, decision);
    if (written === 'gone') {
      if (decision.kind === 'issued') this.#on.abandoned.report(named, issuer, decision, { fate: 'gone' });
      else if (decision.unused !== undefined)
        this.#on.abandoned.reportUnused({ key: named.key, reference: object, identity: issuer }, decision);

      return;
    }
    if (decision.kind === 'failed' && decision.unused !== undefined)
      this.#on.revocations.offer(issuer, decision.unused);

    if (written === 'ended') {
      const note =
        decision.kind === 'issued'
          ? this.#on.abandoned.report(named, issuer, decision, { fate: 'ended' })
          : this.#endedElsewhere(task, issuer);
      this.#event(task, 'AnotherOperator', note);
      return;
    }
    this.#countResult(task, decision.kind);
    const reason = decision.kind === 'issued' ? 'Issued' : 'Failed';
    const fields = { ...requestFields(task), issuer: issuerKey(issuer), ...this.#measure(task, issuer, decision) };
    this.#on.logger[consequences[reason].log](fields, decision.message);
    this.#event(task, reason, decision.message);
  }

  /** The issuer tells of it as well, since it stays when the request is gone. */
  #countRefusal({ request }: RequestTask, issuer: IssuerIdentity, { reason, message }: FailedDecision): void {
    this.#on.metrics.count('pca_issuer_certificate_requests_refused_total', { ...issuerLabels(issuer), reason });
    this.#on.issuerEvents.failed(issuer, request.object, reason, message);
  }

  /** Somebody else ended a request that this operator would have failed: no certificate was paid for here. */
  #endedElsewhere(task: RequestTask, issuer: IssuerIdentity): string {
    const reason = 'AnotherOperator';
    const fields = { ...requestFields(task), issuer: issuerKey(issuer), reason };
    this.#on.logger[consequences[reason].log](fields, anotherOperatorMessage);
    this.#on.metrics.count('pca_issuer_other_operator_total', issuerLabels(issuer));
    return anotherOperatorMessage;
  }

  /** Counts a certificate and how long it took; answers with the fields of its line in the log. */
  #measure({ request }: RequestTask, issuer: IssuerIdentity, decision: End): LogFields {
    if (decision.kind !== 'issued') return {};
    const { metrics, clock } = this.#on;
    const { operation, adopted } = decision;
    // Another clock has told the approval, and to the second.
    const secondsFromApproval = Math.max(0, clock.now().getTime() - request.approvedAt.getTime()) / 1_000;
    const labels = issuerLabels(issuer);
    metrics.observe('pca_issuer_approval_to_certificate_seconds', { ...labels, operation }, secondsFromApproval);
    if (adopted) metrics.count('pca_issuer_certificates_adopted_total', labels);
    return { ...issuedFields(decision), secondsFromApproval };
  }

  /** Milliseconds for which a wait of this reason is not worth a word yet. */
  #silentMs({ memory }: RequestTask, reason: RequestReason): number {
    const { silentMs = 0 }: Consequence = consequences[reason];
    if (silentMs === 0) return 0;
    return silentMs - memory.queuedFor(this.#on.clock.monotonic());
  }

  /** Counter and log of one try, whether or not there is something new to tell. */
  #countTry(task: RequestTask, reason: RequestReason, trouble: Trouble | undefined): void {
    const { issuer } = task.request;
    const { counter, log }: Consequence = consequences[reason];
    if (issuer === undefined) return;
    if (counter !== undefined)
      this.#on.metrics.count(counter, { ...issuerLabels(issuer), reason: trouble?.reason ?? reason });

    if (log !== undefined && trouble !== undefined) {
      this.#on.logger[log](
        { ...requestFields(task), issuer: issuerKey(issuer), reason: trouble.reason },
        `Not issued yet: ${trouble.message}`,
      );
    }
  }

  #countResult({ request: { issuer } }: RequestTask, result: 'issued' | 'failed' | 'denied'): void {
    if (issuer === undefined) return;
    this.#on.metrics.count('pca_issuer_certificate_requests_total', { ...issuerLabels(issuer), result });
  }

  #event({ request }: RequestTask, reason: RequestReason, note: string): void {
    this.#on.events.record(requestEvent(request.object, reason, note));
  }
}

function isTurn(decision: Decision): boolean {
  return decision.kind === 'waiting' && decision.reason === 'WaitingForTurn';
}

function requestFields({ request: { object } }: RequestTask): { readonly request: string; readonly uid: string } {
  return { request: requestKey(object), uid: object.uid };
}
