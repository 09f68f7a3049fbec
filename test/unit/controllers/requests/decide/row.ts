// A row: a situation, and the whole decision that it leads to.
import type { Caller, CallOutcome } from '../../../../../src/alibaba/limits/call-queue.ts';
import type {
  Decision,
  FailedDecision,
  Trouble,
  WaitingDecision,
} from '../../../../../src/controllers/requests/decision.ts';
import type { FailureReason, TroubleReason, WaitingReason } from '../../../../../src/controllers/requests/reasons.ts';
import { adviceToRenew } from '../../../../support/renewal.ts';
import { startsAt } from '../../characterization/material.ts';
import type { Rig, Situation } from '../rig.ts';

export interface Row {
  readonly situation: Situation;
  readonly prepare?: (rig: Rig) => void | Promise<void>;
  /** Name of the request; `web-1` when not given. */
  readonly of?: string;
  readonly decision: Decision;
  /** The issuer afterwards, where it is not ready. */
  readonly issuer?: string;
}

/** When a request fails in these rows. */
export const at = new Date(startsAt);

/** It waits until something wakes it. */
export function waits(reason: WaitingReason, message: string, detail = ''): WaitingDecision {
  return { kind: 'waiting', reason, detail, message, next: { kind: 'done' } };
}

/** It looks again after so many milliseconds at the latest. */
export function waitsFor(ms: number, reason: WaitingReason, message: string, detail = ''): WaitingDecision {
  return { ...waits(reason, message, detail), next: { kind: 'after', ms } };
}

/** Passing trouble. */
export function troubled(reason: TroubleReason, message: string, life = ''): WaitingDecision {
  const text = `Not issued yet: ${message} It is tried again automatically, with growing pauses of at most 5m.${life}`;
  return retries('RetryableError', text, { reason, message });
}

/** The same where an answer was lost: it is looked for in 3 s, whatever came before. */
export function lost<Waiting extends WaitingDecision | typeof givenUp>(decision: Waiting): Waiting {
  return { ...decision, next: { kind: 'after', ms: 3_000 } };
}

/** Tried again, in these words. */
export function retries(
  reason: 'RetryableError' | 'PatienceExceeded',
  text: string,
  trouble: Trouble,
): WaitingDecision & { readonly trouble: Trouble } {
  const { reason: detail } = trouble;
  return { ...waits(reason, text, detail), trouble, next: { kind: 'retry', reason: detail } };
}

/** The try was given up: nobody is told anything, and it is tried again. */
export const givenUp: Extract<Decision, { readonly kind: 'nothing' }> = {
  kind: 'nothing',
  next: { kind: 'retry', reason: 'the try was given up' },
};

/** It fails for good, and Certificate shop/web stands behind it. */
export function fails(reason: FailureReason, message: string, more: Partial<FailedDecision> = {}): FailedDecision {
  const advice = adviceToRenew({ namespace: 'shop', name: 'web' });
  return failsWithoutCertificate(reason, `${message}${advice}`, more);
}

/** It fails for good, and no Certificate stands behind it. */
export function failsWithoutCertificate(
  reason: FailureReason,
  message: string,
  more: Partial<FailedDecision> = {},
): FailedDecision {
  return { kind: 'failed', reason, message, at, ...more };
}

/** It waits for its issuer. */
export function waitsForIssuer(reason: string): WaitingDecision {
  const message = `Waiting for AlibabaPCAIssuer "shop/pca", which is not ready (${reason}). See: kubectl describe alibabapcaissuer pca -n shop. This request then continues automatically.`;
  return waits('IssuerNotReady', message, reason);
}

export const turnMessage =
  'Waiting for its turn: more requests than Alibaba Cloud lets this account make with CreateCustomCertificate per second. No action is needed.';
export const endpointHeldMessage =
  'Waiting for its turn: several calls of CreateCustomCertificate had no answer, so one at a time is tried until PCA answers again. If this lasts, check spec.region and spec.endpoint of the issuer and the network.';

/** Other callers had so many calls without an answer. */
export async function unanswered(rig: Rig, calls: number, answer: CallOutcome): Promise<void> {
  const target = await rig.authority.target('CreateCustomCertificate');
  for (let call = 0; call < calls; call += 1) {
    const admission = await rig.callQueue.enter(target, other);
    if (admission.kind === 'admitted') admission.permit.ended(answer);
  }
}

/** Another caller makes the only call that may be in flight. */
export async function occupy(rig: Rig): Promise<Disposable> {
  const admission = await rig.callQueue.enter(await rig.authority.target('CreateCustomCertificate'), other);
  if (admission.kind === 'queued') throw new Error('There was no call to take.');
  return admission.permit;
}

const other: Caller = { uid: 'other', flow: '', priority: async () => 'Urgent', wake: () => {} };
