// Pure: what is told of an issuer ahead of time. From the facts of a check and the time to three conditions and their warnings.
import { formatDuration } from '../../../issuing/duration.ts';
import { endOfCA } from '../../../issuing/issuing-ca.ts';
import type { IssuingCA } from '../../../issuing/issuing-ca.ts';
import { formatMoment } from '../../../timing/moment.ts';
import type { IssuerProblem, IssuerReason } from '../reasons.ts';
import type { IssuerFacts } from './facts.ts';
import { aspectReasons, aspectTypes } from './reasons.ts';
import type { AspectReason, AspectType } from './reasons.ts';

/** Days before the end of the CA at which it is told, and told again as urgent. */
export const caEndDays = { soon: 60, verySoon: 14 } as const;
/** Days before the end of the subscription, or of the quota at the rate of the last week, at which it is told. */
export const supplyDays = 14;
/** Share of the quota from which on it is low. */
export const lowQuotaPercent = 20;
/** Seconds from which on the clock is off: PCA refuses calls from 900 on. */
export const clockOffSeconds = 60;

/** What is decided from. */
export interface AspectInput {
  /** Why Ready is not True. */
  readonly problem: IssuerProblem | undefined;
  /** Of the last check of this object; undefined where none came so far. */
  readonly facts: IssuerFacts | undefined;
  /** Certificates that were used in the last week. */
  readonly usedLastWeek: number;
  /** Longest lifetime that was asked for. */
  readonly askedSeconds: number | undefined;
  /** What becomes of a lifetime that does not fit. */
  readonly onExceed: 'Refuse' | 'Clamp';
  readonly now: Date;
}

/** One condition, and all warnings that hold for it, the gravest first. */
export interface Aspect {
  readonly type: AspectType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: AspectReason | IssuerReason;
  readonly message: string;
  readonly warnings: readonly AspectReason[];
}

interface Finding {
  readonly reason: AspectReason;
  readonly text: string;
}

/** Which aspect a reason of Ready is about; it is False for this reason, then. */
export const aspectOfProblem: Readonly<Partial<Record<IssuerReason, AspectType>>> = {
  SecretNotFound: 'CredentialsValid',
  SecretForbidden: 'CredentialsValid',
  SecretInvalid: 'CredentialsValid',
  ServiceAccountNotFound: 'CredentialsValid',
  ServiceAccountForbidden: 'CredentialsValid',
  CredentialsNotAllowed: 'CredentialsValid',
  IdentityNotConfigured: 'CredentialsValid',
  CredentialsInvalid: 'CredentialsValid',
  PermissionDenied: 'CredentialsValid',
  IssuingCAUnusable: 'CAHealthy',
  IssuingCAIsRoot: 'CAHealthy',
  OperationRefusedByCA: 'CAHealthy',
  IssuingCAKeyNotSupported: 'CAHealthy',
  IssuingCANotActive: 'CAHealthy',
  IssuingCAExpired: 'CAHealthy',
  IssuingCAPathInvalid: 'CAHealthy',
  IssuingCANotYetValid: 'CAHealthy',
  IssuingCAExhausted: 'QuotaAvailable',
  CapacityExhausted: 'QuotaAvailable',
};

/** What is told, the gravest first. */
type Findings = readonly [Finding, ...Finding[]];

const dayMs = 86_400_000;
const day = (moment: Date): string => formatMoment(moment).slice(0, 10);

/** The conditions beside Ready. */
export function aspectsOf(input: AspectInput): readonly Aspect[] {
  const { problem, facts } = input;
  const affected = problem === undefined ? undefined : aspectOfProblem[problem.reason];
  return aspectTypes.map((type): Aspect => {
    if (problem !== undefined && affected === type)
      return { type, status: 'False', reason: problem.reason, message: problem.message, warnings: [] };
    const ca = facts?.ca;
    // A fault of CA or quota is one that PCA told to credentials that it accepted.
    const isAccepted = ca !== undefined || affected === 'CAHealthy' || affected === 'QuotaAvailable';
    if (type === 'CredentialsValid') return isAccepted ? aspect(type, credentialFindings(facts)) : notChecked(type);
    if (ca === undefined) return notChecked(type);
    return aspect(type, type === 'CAHealthy' ? caFindings(ca, input) : quotaFindings(ca, input));
  });
}

function notChecked(type: AspectType): Aspect {
  const message = 'The last check did not get that far. See Ready.';
  return { type, status: 'Unknown', reason: 'NotChecked', message, warnings: [] };
}

function aspect(type: AspectType, findings: Findings): Aspect {
  const [{ reason }] = findings;
  return {
    type,
    status: aspectReasons[reason].status,
    reason,
    message: findings.map(({ text }) => text).join(' '),
    warnings: findings.flatMap((each) => (aspectReasons[each.reason].isWarning ? [each.reason] : [])),
  };
}

/** The findings, with what is told where none of them holds. */
function orElse(findings: readonly Finding[], otherwise: Finding): Findings {
  const [first, ...rest] = findings;
  return first === undefined ? [otherwise] : [first, ...rest];
}

/** A finding where it holds. */
function where(holds: boolean, reason: AspectReason, text: () => string): readonly Finding[] {
  return holds ? [{ reason, text: text() }] : [];
}

function credentialFindings(facts: IssuerFacts | undefined): Findings {
  const { clockOffsetSeconds: offset = 0, renewalFailure, credentialsEnd } = facts ?? {};
  const who = facts?.identity?.arn ?? 'the issuer';
  const warnings = [
    ...where(Math.abs(offset) > clockOffSeconds, 'ClockOff', () => clockText(offset)),
    ...where(renewalFailure !== undefined, 'CredentialsNotRenewed', () => {
      const until =
        credentialsEnd === undefined ? '' : `; the present ones are used until ${formatMoment(credentialsEnd)}`;
      return `The temporary credentials of ${who} could not be renewed${until}: ${renewalFailure ?? ''} It is tried again automatically; if this lasts, check the role and its trust policy.`;
    }),
  ];
  return orElse(warnings, { reason: 'Accepted', text: `PCA accepts the credentials of ${who}.` });
}

function clockText(offset: number): string {
  const seconds = Math.abs(offset);
  const spelled = seconds < 100 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
  const [direction, effect] = offset > 0 ? ['ahead of', 'late'] : ['behind', 'early'];
  return `The clock of the operator's node is ${spelled} ${direction} PCA's: certificates begin and end that much too ${effect}, and PCA refuses every call from 15 minutes on. Set the clock of the node.`;
}

function caFindings(ca: IssuingCA, input: AspectInput): Findings {
  const { askedSeconds = 0, onExceed, now } = input;
  const leftMs = ca.notAfter.getTime() - now.getTime();
  const name = `CA "${ca.identifier}"`;
  const ends = (): string =>
    `${name} ends at ${endOfCA(ca)}, and every certificate below it with it. Renew it in PCA, or set spec.parentIdentifier to another CA, before.`;
  const isVerySoon = leftMs <= caEndDays.verySoon * dayMs;
  const warnings = [
    ...where(isVerySoon, 'CAEndsVerySoon', ends),
    ...where(askedSeconds * 1_000 > leftMs, 'LifetimeNoLongerFits', () => {
      const effect = onExceed === 'Refuse' ? 'fails' : 'is shortened';
      return `Certificates of ${formatDuration(askedSeconds)} were asked for, which no longer fit before the end of ${name} at ${formatMoment(ca.notAfter)}: their next renewal ${effect}. Renew the CA, or have spec.duration of the Certificates ask for less.`;
    }),
    ...where(!isVerySoon && leftMs <= caEndDays.soon * dayMs, 'CAEndsSoon', ends),
  ];
  return orElse(warnings, { reason: 'Healthy', text: `${name} is active. It ends at ${endOfCA(ca)}.` });
}

function quotaFindings(ca: IssuingCA, input: AspectInput): Findings {
  const { remainingCertificates: remaining, totalCertificates: total = 0, identifier } = ca;
  const { facts, usedLastWeek, now } = input;
  const subscriptionEnd = facts?.subscriptionEnd;
  const until = subscriptionEnd === undefined ? Number.POSITIVE_INFINITY : subscriptionEnd.getTime() - now.getTime();
  const endText = (): string =>
    `The subscription of CA "${identifier}" ${until > 0 ? 'ends' : 'ended'} at ${formatMoment(subscriptionEnd ?? now)}; after that PCA issues nothing, whatever remains of the quota. Renew the subscription.`;
  const advice = `Buy or assign more certificates to CA "${identifier}" in PCA.`;
  const of = total > 0 ? ` of ${total}` : '';
  const lastsDays =
    remaining === undefined || usedLastWeek <= 0 ? Number.POSITIVE_INFINITY : (remaining / usedLastWeek) * 7;
  const isLow = remaining !== undefined && total > 0 && remaining * 100 <= total * lowQuotaPercent;
  const warnings = [
    ...where(until <= 0, 'SubscriptionEnded', endText),
    ...where(lastsDays <= supplyDays, 'QuotaEndsSoon', () => {
      const end = new Date(now.getTime() + lastsDays * dayMs);
      return `${usedLastWeek} certificates were used in the last week. At that rate the ${remaining ?? 0}${of} that remain are used up about ${day(end)}. ${advice}`;
    }),
    ...where(until > 0 && until <= supplyDays * dayMs, 'SubscriptionEndsSoon', endText),
    ...where(isLow, 'QuotaLow', () => `Only ${remaining ?? 0}${of} certificates remain. ${advice}`),
  ];
  const otherwise: Finding =
    remaining === undefined
      ? { reason: 'NotTold', text: `PCA does not say how many certificates remain for CA "${identifier}".` }
      : { reason: 'Available', text: `${remaining}${of} certificates remain for CA "${identifier}".` };
  return orElse(warnings, otherwise);
}
