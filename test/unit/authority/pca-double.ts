// PCA as one call that answers by action: what tests of the authority and of issuers have in its place.
import type { Call, PcaCall, PcaOutcome } from '../../../src/alibaba/call.ts';
import type { PcaErrorClass } from '../../../src/alibaba/error-table.ts';
import type { PcaFailure } from '../../../src/alibaba/errors.ts';

/** What one action is answered with. */
export type Answer = PcaOutcome | ((call: PcaCall, signal: AbortSignal) => PcaOutcome | Promise<PcaOutcome>);

/** A signal that never aborts. */
export const never = new AbortController().signal;

/** An answer with this body. */
export function answered(body: Readonly<Record<string, unknown>>, requestId: string | undefined = 'R-1'): PcaOutcome {
  return { kind: 'ok', body, requestId };
}

/** A failure of this class. */
export function pcaFailure(errorClass: PcaErrorClass, changes: Partial<PcaFailure> = {}): PcaFailure {
  return {
    service: 'PCA',
    class: errorClass,
    code: `Code.${errorClass}`,
    httpStatus: 400,
    requestId: 'R-1',
    message: 'PCA says no.',
    accessDenied: undefined,
    mayHaveIssued: false,
    ...changes,
  };
}

/** An answer that is a failure of this class. */
export function refused(
  errorClass: PcaErrorClass,
  changes: Partial<PcaFailure> = {},
): Extract<PcaOutcome, { readonly kind: 'failed' }> {
  return { kind: 'failed', failure: pcaFailure(errorClass, changes) };
}

/** A PCA that answers these actions; an action that is not among them rejects the call, which fails the test. */
export class PcaDouble {
  /** Every call, in order. */
  readonly calls: PcaCall[] = [];
  answers: Readonly<Record<string, Answer>>;

  constructor(answers: Readonly<Record<string, Answer>> = {}) {
    this.answers = answers;
  }

  /** The actions that were called, each with the identifier that it was called for. */
  get seen(): readonly string[] {
    return this.calls.map(({ action, parameters }) => {
      const about = parameters['Identifier'] ?? parameters['CertIdentifier'] ?? parameters['InstanceId'];
      return about === undefined ? action : `${action} ${about}`;
    });
  }

  readonly call: Call = async (call, { signal, mayGo }) => {
    if (mayGo?.() === false) return refused('Cancelled', { code: 'NotActing' });
    this.calls.push(call);
    const answer = this.answers[call.action];
    if (answer === undefined) throw new Error(`nobody expected ${call.action}`);
    return typeof answer === 'function' ? answer(call, signal) : answer;
  };
}
