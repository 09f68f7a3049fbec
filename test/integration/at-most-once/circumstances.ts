// What may have become different when a request is taken up again, at which moments it is tried, and how each request ends then.
import { issuerOperations } from './operations.ts';
import type { RequestKindName } from './operations.ts';
import type { Disturbance } from './cases.ts';
import type { IssuingStep } from '../../../src/controllers/requests/signing/steps.ts';
import type { SpecOf } from './stage.ts';

/** When it happens, with the words of the page: the step at which requests are held, and what happens to the operator. */
export const moments = {
  KilledBeforeCall: { step: 'CallPermitted', disturbance: 'Killed', words: 'Killed before the call' },
  KilledAfterCall: { step: 'CallAnswered', disturbance: 'Killed', words: 'Killed after the call' },
  KilledAfterWrite: { step: 'ResultWritten', disturbance: 'Killed', words: 'Killed after the write' },
  AnswerLost: { step: 'CallAnswered', disturbance: 'AnswersLost', words: 'Answer lost' },
  AnswerLate: { step: 'CallAnswered', disturbance: undefined, words: 'Answer late' },
} as const satisfies Readonly<
  Record<string, { readonly step: IssuingStep; readonly disturbance: Disturbance | undefined; readonly words: string }>
>;

/** One of them. */
export type Moment = keyof typeof moments;

/** How a request ends, and how many certificates were issued for it. */
export interface End {
  /** `Ready`, the reason of its failure, or what became of the certificate of a request that was deleted. */
  readonly end: string;
  readonly certificates: number;
}

/** How the requests of most operations end, and those of others. */
export interface Ends {
  readonly most: End;
  readonly others?: Readonly<Record<string, End>>;
}

/** What happens in the meantime. */
export interface Circumstance {
  readonly words: string;
  /** What the issuers' spec has from the beginning. */
  readonly before?: SpecOf;
  /** What it has afterwards; null: no longer. */
  readonly after?: SpecOf;
  /** By how much the clock of the operator that starts afterwards is ahead (ms). */
  readonly clockAheadMs?: number;
  /** How much time passes (ms). */
  readonly passesMs?: number;
  /** What is done to the certificates or the requests. */
  readonly act?: 'revoke' | 'delete' | 'delete with issuer';
  /** Of which kind the requests are; CertificateRequests unless given. */
  readonly kind?: RequestKindName;
  readonly operations?: readonly string[];
  readonly ends: Readonly<Partial<Record<Moment, Ends>>>;
}

const byKey = ['CreateCertificateWithExtension', 'CreateWHClientCertificate'];
const authority = 'CreateExternalCACertificate';
const tooLong = 'DurationTooLong';
const every = issuerOperations;
const ready: End = { end: 'Ready', certificates: 1 };
const twice: End = { end: 'Ready', certificates: 2 };
const readyEnds: Ends = { most: ready };
const failed = (end: string, certificates = 1): End => ({ end, certificates });

/** All end so, but those of these operations otherwise. */
function but(most: End, operations: readonly string[], other: End): Ends {
  return { most, others: Object.fromEntries(operations.map((operation) => [operation, other])) };
}

// PCA has no call that revokes a CA certificate.
const revokedEnds = but(failed('reported and revoked'), [authority], failed('reported'));

const validity =
  (settings: Readonly<Record<string, string | null>>): SpecOf =>
  () => ({ validity: settings });

// Settings of the subject, where the operation has any.
const subjects: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  CreateCustomCertificate: { createCustomCertificate: { subject: { commonName: 'web', organization: 'Example' } } },
  CreateServerCertificateWithCsr: { createServerCertificateWithCsr: { subjectDefaults: { organization: 'Example' } } },
  CreateClientCertificateWithCsr: { createClientCertificateWithCsr: { subjectDefaults: { organization: 'Example' } } },
  CreateWHClientCertificate: { createWHClientCertificate: { subjectDefaults: { organization: 'Example' } } },
};

/** Everything that is tried. */
export const circumstances = {
  ClampedByCA: {
    words: 'The CA ends sooner than was asked for, `onExceed: Clamp`',
    before: () => ({ parentIdentifier: 'sim-sub-short', validity: { onExceed: 'Clamp' } }),
    ends: {
      KilledBeforeCall: readyEnds,
      KilledAfterCall: readyEnds,
      KilledAfterWrite: readyEnds,
      AnswerLost: readyEnds,
    },
  },
  ClampedByLimit: {
    words: '`maxDuration` is shorter than was asked for, `onExceed: Clamp`',
    before: validity({ onExceed: 'Clamp', maxDuration: '240h' }),
    ends: { KilledBeforeCall: readyEnds, KilledAfterCall: readyEnds, AnswerLost: readyEnds },
  },
  LimitLowered: {
    words: '`maxDuration` is set below what was asked for',
    after: validity({ maxDuration: '240h' }),
    ends: {
      KilledBeforeCall: { most: failed(tooLong, 0) },
      KilledAfterCall: readyEnds,
      AnswerLost: readyEnds,
      AnswerLate: readyEnds,
    },
  },
  LimitRaised: {
    words: '`maxDuration` that cut the lifetime is removed',
    before: validity({ onExceed: 'Clamp', maxDuration: '240h' }),
    after: validity({ maxDuration: null }),
    ends: {
      KilledBeforeCall: readyEnds,
      KilledAfterCall: but(ready, byKey, twice),
      AnswerLost: readyEnds,
      AnswerLate: readyEnds,
    },
  },
  BackdateRaised: {
    words: '`backdate` is raised by an hour',
    after: validity({ backdate: '1h' }),
    ends: { KilledBeforeCall: readyEnds, KilledAfterCall: readyEnds, AnswerLost: readyEnds },
  },
  BackdateLowered: {
    words: '`backdate` is lowered by an hour',
    before: validity({ backdate: '1h' }),
    after: validity({ backdate: '0s' }),
    ends: {
      KilledBeforeCall: readyEnds,
      KilledAfterCall: but(ready, byKey, twice),
      AnswerLost: readyEnds,
      AnswerLate: readyEnds,
    },
  },
  SubjectChanged: {
    words: "The issuer's settings of the subject are changed",
    after: (operation) => subjects[operation] ?? {},
    operations: Object.keys(subjects),
    ends: {
      KilledBeforeCall: readyEnds,
      KilledAfterCall: but(ready, ['CreateWHClientCertificate'], twice),
      KilledAfterWrite: readyEnds,
      AnswerLost: readyEnds,
      AnswerLate: readyEnds,
    },
  },
  ClockBehind: {
    words: 'The clock of the next operator is a minute behind',
    clockAheadMs: -60_000,
    ends: { KilledBeforeCall: readyEnds, KilledAfterCall: readyEnds, KilledAfterWrite: readyEnds },
  },
  ClockAhead: {
    words: 'The clock of the next operator is a minute ahead',
    clockAheadMs: 60_000,
    ends: { KilledBeforeCall: readyEnds, KilledAfterCall: readyEnds, KilledAfterWrite: readyEnds },
  },
  CertificateEnded: {
    words: 'The certificate expires',
    // An hour more than the requests ask for.
    passesMs: 721 * 3_600_000,
    ends: {
      KilledBeforeCall: readyEnds,
      KilledAfterCall: but(failed('CertificateExpired'), byKey, twice),
      KilledAfterWrite: readyEnds,
    },
  },
  CertificateRevoked: {
    words: 'The certificate is revoked in PCA',
    act: 'revoke',
    // PCA has no call that revokes a CA certificate.
    operations: every.filter((operation) => operation !== authority),
    ends: {
      KilledAfterCall: but(failed('CertificateRevoked'), byKey, twice),
      KilledAfterWrite: readyEnds,
      AnswerLost: but(failed('CertificateRevoked'), byKey, twice),
      AnswerLate: readyEnds,
    },
  },
  CAChanged: {
    words: 'The issuer is given another CA',
    after: () => ({ parentIdentifier: 'sim-sub-ecc-issuing-cas' }),
    ends: {
      KilledBeforeCall: readyEnds,
      KilledAfterCall: {
        most: failed('EarlierCertificateNotFound'),
        others: {
          ...Object.fromEntries(byKey.map((operation) => [operation, twice])),
          [authority]: ready,
        },
      },
      KilledAfterWrite: readyEnds,
      AnswerLost: readyEnds,
      AnswerLate: readyEnds,
    },
  },
  RequestDeleted: {
    words: 'The request is deleted, `revocationPolicy: RequestGone`',
    before: () => ({ revocationPolicy: 'RequestGone' }),
    act: 'delete',
    ends: {
      KilledBeforeCall: { most: failed('unreported', 0) },
      KilledAfterCall: { most: failed('unreported') },
      KilledAfterWrite: { most: failed('unreported') },
      AnswerLost: revokedEnds,
      AnswerLate: revokedEnds,
    },
  },
  SigningRequestDeleted: {
    words: 'The CertificateSigningRequest is deleted, `revocationPolicy: RequestGone`',
    before: () => ({ revocationPolicy: 'RequestGone' }),
    act: 'delete',
    kind: 'CertificateSigningRequest',
    ends: {
      KilledBeforeCall: { most: failed('unreported', 0) },
      KilledAfterCall: { most: failed('unreported') },
      AnswerLost: revokedEnds,
      AnswerLate: revokedEnds,
    },
  },
  IssuerDeletedToo: {
    words: 'The request is deleted, and so is the issuer, `revocationPolicy: RequestGone`',
    before: () => ({ revocationPolicy: 'RequestGone' }),
    act: 'delete with issuer',
    ends: { AnswerLost: revokedEnds },
  },
  CAChangedToo: {
    words: 'The request is deleted, and the issuer is given another CA, `revocationPolicy: RequestGone`',
    before: () => ({ revocationPolicy: 'RequestGone' }),
    after: () => ({ parentIdentifier: 'sim-sub-ecc-issuing-cas' }),
    act: 'delete',
    ends: { AnswerLost: revokedEnds },
  },
} as const satisfies Readonly<Record<string, Circumstance>>;

/** One of them. */
export type CircumstanceName = keyof typeof circumstances;

/** What happens, and when. */
export interface Meanwhile {
  readonly circumstance: CircumstanceName;
  readonly moment: Moment;
}

/** Every case. */
export const allMeanwhile: readonly Meanwhile[] = (Object.keys(circumstances) as CircumstanceName[]).flatMap(
  (circumstance) =>
    (Object.keys(moments) as Moment[])
      .filter((moment) => endsOf({ circumstance, moment }) !== undefined)
      .map((moment) => ({ circumstance, moment })),
);

/** The operations that it is tried with. */
export function operationsIn({ circumstance }: Meanwhile): readonly string[] {
  const { operations = every }: Circumstance = circumstances[circumstance];
  return operations;
}

/** How a request of the operation is to end. */
export function endOf(meanwhile: Meanwhile, operation: string): End {
  const ends = endsOf(meanwhile);
  const end = ends?.others?.[operation] ?? ends?.most;
  if (end === undefined) throw new Error(`nobody tries ${meanwhile.circumstance} at ${meanwhile.moment}`);
  return end;
}

/** The operations whose requests end without a certificate in use, although a further request for the same is to get one. */
export function askedAgain(meanwhile: Meanwhile): readonly string[] {
  return operationsIn(meanwhile).filter((operation) => !['Ready', tooLong].includes(endOf(meanwhile, operation).end));
}

function endsOf({ circumstance, moment }: Meanwhile): Ends | undefined {
  const { ends }: Circumstance = circumstances[circumstance];
  return ends[moment];
}
