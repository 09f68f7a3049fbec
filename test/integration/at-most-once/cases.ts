// The cases of the crash matrix: each step of issuing, by each disturbance, for each operation.
import { issuingSteps } from '../../../src/controllers/requests/signing/steps.ts';
import type { IssuingStep } from '../../../src/controllers/requests/signing/steps.ts';
import { issuerOperations } from './operations.ts';

/** What happens to the operator at a boundary, with the words of the page. */
export const disturbances = {
  Killed: 'is killed and restarted',
  LeaseLost: 'loses its Lease to another holder and is restarted',
  PausedForOther: 'is paused until another replica holds the Lease, then resumes',
  PausedPastOther: 'is paused until another replica has issued, then resumes',
  APIServerLost: 'cannot reach the API server, for less than the duration of its Lease',
  APIServerLostPastLease: 'cannot reach the API server for longer than that, exits and is restarted',
  PCALost: 'cannot reach PCA for a while',
  AnswersLost: "reaches PCA, but loses PCA's answers for a while",
  CallLate: 'is killed and restarted; its calls reach PCA only after every request is Ready',
} as const;

/** One of them. */
export type Disturbance = keyof typeof disturbances;

/** A step and what happens at it, to requests of every operation that reaches it. */
export interface Case {
  readonly disturbance: Disturbance;
  readonly step: IssuingStep;
}

const everyOther = issuerOperations.filter((operation) => operation !== 'CreateExternalCACertificate');

/** Steps that an operation never reaches, and why; what is not named here is tried. */
export const unreached: Readonly<
  Partial<Record<IssuingStep, { readonly operations: readonly string[]; readonly because: string }>>
> = {
  InstancePromised: { operations: everyOther, because: 'only CA certificates use a bought instance' },
  EarlierLookedUp: {
    operations: ['CreateExternalCACertificate'],
    because: 'an earlier certificate is found through its instance, before another instance is promised',
  },
};

/** The operations that reach a step. */
export function reaching(step: IssuingStep): readonly string[] {
  return issuerOperations.filter((operation) => unreached[step]?.operations.includes(operation) !== true);
}

/** Every case; a call is under way only after `CallPermitted`. */
export const allCases: readonly Case[] = (Object.keys(disturbances) as Disturbance[]).flatMap((disturbance) =>
  issuingSteps
    .filter((step) => disturbance !== 'CallLate' || step === 'CallPermitted')
    .map((step) => ({ disturbance, step })),
);

// A call that arrives when nobody expects it any more finds nothing that stops it where the operation takes no identifier.
const withoutIdentifier = ['CreateCertificateWithExtension', 'CreateWHClientCertificate'];

/** How many certificates one request may cost: one, or the remainder that docs/operations.md names. */
export function certificatesOf({ disturbance }: Case, operation: string): number {
  return disturbance === 'CallLate' && withoutIdentifier.includes(operation) ? 2 : 1;
}
