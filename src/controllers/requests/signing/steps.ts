// The boundaries between the steps of issuing. A process may end, lose its Lease or its network at each of them, and the tests
// of that take the boundaries from here.
import type { Issued } from '../../../authority/certificate-authority.ts';
import type { End } from '../decision.ts';
import type { Request, WriteOutcome } from '../kinds/request.ts';

/**
 * In order. `RequestRead`: the request was taken from the watch or read live. `Planned`: it can be expressed.
 * `InstancePromised`: the instance for a CA certificate is in the issuer's status. `EarlierLookedUp`: no certificate of an earlier try exists. `CallPermitted`: limit and
 * fence let the call out. `CallAnswered`: PCA answered, or did not in time. `VerdictReached`: the end is decided, nothing of it
 * written. `ResultWritten`: the status is written, the event is not.
 */
export const issuingSteps = [
  'RequestRead',
  'Planned',
  'InstancePromised',
  'EarlierLookedUp',
  'CallPermitted',
  'CallAnswered',
  'VerdictReached',
  'ResultWritten',
] as const;

/** One boundary. */
export type IssuingStep = (typeof issuingSteps)[number];

/** What an issuing call came to. */
export interface Answered {
  /** The operation of PCA. */
  readonly action: string;
  readonly issued: Issued;
}

/**
 * Told of each boundary with the UID of the request; issuing goes on when it resolves. `answered` goes with `CallAnswered`, and
 * holds the reply: of it, nothing may be shown.
 */
export type StepObserver = (step: IssuingStep, uid: string, answered?: Answered) => Promise<void>;

/** Told of each end of a request, once that is written or can be written no more. */
export type EndObserver = (request: Request, end: End, written: Exclude<WriteOutcome['kind'], 'failed'>) => void;

/** Observes nothing. */
export const unobserved: StepObserver = () => Promise.resolve();
