/** The cases of the crash matrix: each step of issuing, by each disturbance, for each operation. */
import { type IssuingStep, issuingSteps } from '../../../src/controllers/issuing-steps.ts';
import { issuerOperations } from './operations.ts';

/** What happens to the operator at a boundary, with the words of the page. */
export const disturbances = {
  Killed: 'is killed and started again',
  LeaseLost: 'loses its Lease to another holder and is started again',
  PausedForOther: 'is paused until another replica holds the Lease, then goes on',
  PausedPastOther: 'is paused until another replica has issued, then goes on',
  APIServerLost: 'loses the network to the API server, for less than its Lease',
  APIServerLostPastLease: 'loses the network to the API server for longer than its Lease, ends, and is started again',
  PCALost: 'loses the network to PCA for a while',
  AnswersLost: "loses PCA's answers for a while, not its requests",
  CallLate: 'is killed and started again while its calls are still under way; they arrive after the end',
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
    because: 'an earlier certificate shows at the instance, before it is promised anew',
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
