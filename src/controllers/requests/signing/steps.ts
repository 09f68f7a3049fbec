// The boundaries between the steps of issuing. A process may end, lose its Lease or its network at each of them, and the tests
// of that take the boundaries from here.

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

/** Told of each boundary with the UID of the request; issuing goes on when it resolves. */
export type StepObserver = (step: IssuingStep, uid: string) => Promise<void>;

/** Observes nothing. */
export const unobserved: StepObserver = () => Promise.resolve();
