// Trouble that passes: a request is tried again, is told so, and fails only where its issuer's patience says so.
import { parseDuration } from '../../issuing/duration.ts';
import { shownText } from '../../issuing/x509/shown-text.ts';
import type { ReconcileResult } from '../../kubernetes/controller.ts';
import type { Clock } from '../../timing/clock.ts';
import type { ReadyIssuer } from '../issuers/ready-issuers.ts';
import { tellingKey } from './decision.ts';
import type { FailedDecision, Trouble, WaitingDecision } from './decision.ts';
import type { ReadOwningCertificate } from './kinds/owning-certificate.ts';
import type { RequestTask } from './memory.ts';
import { defectMessage, patienceMessage, remainingLife, troubleMessage } from './messages.ts';

// istiod asks for 60 s and SPIRE for 75 s, then for another certificate. So long a lost answer is looked for every few seconds,
// whatever troubles the request had before.
const askerWaitsMs = 90_000;
const soonMs = 2_000;
// One may pass with the next try; these take half a minute and more.
const quietDefects = 4;

/** What deciding about trouble works with. */
export interface TroublesParts {
  readonly owningCertificate: ReadOwningCertificate;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'random'>;
  /** The longest pause between two tries, as a text for messages such as `5m`. */
  readonly longestPause: string;
}

/** Decides about requests that met trouble. */
export class Troubles {
  readonly #on: TroublesParts;

  constructor(parts: TroublesParts) {
    this.#on = parts;
  }

  /** What a request is told of exceptions, once there were several: never that it failed. */
  async afterDefect(task: RequestTask, thrown: unknown): Promise<WaitingDecision | undefined> {
    if (task.memory.decided !== undefined || task.memory.defected() <= quietDefects) return undefined;
    const message = defectMessage(shownText(thrown instanceof Error ? thrown.name : typeof thrown, 64));
    const text = troubleMessage(message, this.#on.longestPause);
    return this.#retry(task, 'RetryableError', text, { reason: 'Defect', message });
  }

  /** Passing trouble is tried again; when it outlasts the issuer's patience the request says so, or fails. */
  async trouble(task: RequestTask, trouble: Trouble, issuer?: ReadyIssuer): Promise<WaitingDecision | FailedDecision> {
    const { memory } = task;
    const troubledMs = memory.troubledFor(this.#on.clock.monotonic());
    const patience = issuer?.spec.patience;
    if (patience === undefined || troubledMs < durationMs(patience.duration)) {
      const message = troubleMessage(trouble.message, this.#on.longestPause);
      return this.#retry(task, 'RetryableError', message, trouble);
    }
    // A certificate that may exist is looked for as long as it takes: a new request would be paid for again.
    const fails = patience.onExceeded === 'Fail' && memory.earlier.kind === 'none';
    const message = patienceMessage(trouble.message, patience.duration, fails);
    if (!fails) return this.#retry(task, 'PatienceExceeded', message, trouble);
    const text = `${message}${await this.remainingLife(task)}`;
    return { kind: 'failed', reason: 'PatienceExceeded', message: text, at: this.#on.clock.now(), trouble };
  }

  async #retry(
    task: RequestTask,
    reason: 'RetryableError' | 'PatienceExceeded',
    message: string,
    trouble: Trouble,
  ): Promise<WaitingDecision> {
    const detail = trouble.reason;
    // How long the present certificate lives costs a read, so it is told with news alone.
    const isNews = !task.memory.isTold(tellingKey({ reason, detail }), this.#on.clock.monotonic());
    return {
      kind: 'waiting',
      reason,
      detail,
      message: isNews ? `${message}${await this.remainingLife(task)}` : message,
      trouble,
      next: this.nextLook(task) ?? { kind: 'retry', reason: trouble.reason },
    };
  }

  /** When a certificate whose answer was lost is looked for again while its asker still waits; undefined: with back-off. */
  nextLook({ memory }: Pick<RequestTask, 'memory'>): ReconcileResult | undefined {
    const lostMs = memory.lostFor(this.#on.clock.monotonic());
    if (lostMs === undefined || lostMs >= askerWaitsMs) return undefined;
    return { kind: 'after', ms: soonMs * (1 + this.#on.clock.random()) };
  }

  /** How long the present certificate lives, as the end of a message; empty where that cannot be read. */
  async remainingLife({ request, signal }: RequestTask): Promise<string> {
    const read = await this.#on.owningCertificate(request.certificate, signal);
    if (read.kind === 'failed') return '';
    return remainingLife(request.certificate, read.certificate.notAfter, this.#on.clock.now());
  }
}

function durationMs(duration: string): number {
  const parsed = parseDuration(duration);
  return parsed.kind === 'ok' ? parsed.seconds * 1_000 : Number.POSITIVE_INFINITY;
}
