// When a certificate begins and ends: to the second, within the CA and within the issuer's limits; and whether cert-manager
// would renew it again at once.
import type { IssuerSpec } from '../crds/issuer.ts';
import { formatDuration, parseDuration } from './duration.ts';
import type { IssuingCA } from './issuing-ca.ts';
import { formatMoment } from '../timing/moment.ts';
import { refusalReasons, refuse } from './refusal.ts';
import type { Refused } from './refusal.ts';

/** Both ends, on whole seconds. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** The fields of a CA that limit its certificates. */
export type CALimits = Pick<IssuingCA, 'identifier' | 'notBefore' | 'notAfter' | 'maxValiditySeconds'>;

/** The lifetime that was asked for, and what is left of it. */
export interface PlannedLifetime {
  readonly askedSeconds: number;
  readonly givenSeconds: number;
  /** How much of it lies before the moment of issuing. */
  readonly backdatedSeconds: number;
  /** The limit that cut it; undefined where all of it is given. */
  readonly because: string | undefined;
}

/** A lifetime that was cut. */
export type ClampedLifetime = PlannedLifetime & { readonly because: string };

/** A longest lifetime that is set for the issuer, and not by it. */
export interface LifetimeLimit {
  readonly seconds: number;
  /** Name of the administrator's rule, and whom to ask. */
  readonly rule: string;
  readonly contact: string;
}

type Resolved = {
  readonly kind: 'ok';
  readonly validity: Validity;
  readonly lifetime: PlannedLifetime;
};

const field = 'spec.duration';

/**
 * Resolves a lifetime of `durationSeconds`: it begins now less the issuer's backdate, not before the CA itself, and
 * ends `durationSeconds` later. A lifetime that does not fit is refused, or cut where the issuer clamps.
 */
export function resolveValidity(input: {
  readonly durationSeconds: number;
  readonly spec: Pick<IssuerSpec, 'validity'>;
  readonly ca: CALimits;
  readonly now: Date;
  readonly ruleLimit?: LifetimeLimit | undefined;
}): Resolved | Refused {
  const { durationSeconds: asked, spec, ca, now, ruleLimit } = input;
  const limits = limitsOf(spec.validity);
  if (limits.kind === 'faulty')
    return refuse(refusalReasons.invalidIssuerSettings, `${limits.field} of the issuer`, limits.message);

  const begin = Math.max(seconds(now) - limits.backdate, Math.ceil(ca.notBefore.getTime() / 1000));
  const excess = excessOf(asked, begin, { ...limits, ruleLimit }, ca);
  if (excess !== undefined && spec.validity.onExceed === 'Refuse') return excess.refused;
  const given = excess?.longest ?? asked;
  if (given <= 0 && excess !== undefined) return excess.refused;
  if (limits.minimum !== undefined && given < limits.minimum) return tooShort(asked, given, limits.minimum);
  return {
    kind: 'ok',
    validity: { notBefore: new Date(begin * 1000), notAfter: new Date((begin + given) * 1000) },
    lifetime: {
      askedSeconds: asked,
      givenSeconds: given,
      backdatedSeconds: Math.max(0, seconds(now) - begin),
      because: excess?.because,
    },
  };
}

/** The same lifetime if it was cut. */
export function clampedLifetime(lifetime: PlannedLifetime): ClampedLifetime | undefined {
  const { because } = lifetime;
  return because === undefined ? undefined : { ...lifetime, because };
}

/** A cut lifetime in words, for the certificate's owner. */
export function clampNotice({ askedSeconds, givenSeconds, because }: ClampedLifetime): string {
  return `It is valid for ${formatDuration(givenSeconds)} instead of ${formatDuration(askedSeconds)}, because of ${because}.`;
}

/** How a Certificate is to be renewed. Undefined members leave the choice to cert-manager. */
export interface Renewal {
  readonly beforeSeconds: number | undefined;
  /** Of the lifetime that the certificate really has. */
  readonly beforePercentage: number | undefined;
  /** It is not renewed as long as it lasts. */
  readonly isDisabled: boolean;
}

/** The fields of a Certificate's spec that say so. */
export interface RenewalSpec {
  readonly renewBefore?: string | undefined;
  readonly renewBeforePercentage?: number | undefined;
  readonly renewal?: { readonly policy?: string | undefined } | undefined;
}

/** Reads how a Certificate is to be renewed; what cannot be read counts as not set, as cert-manager's webhook lets none pass. */
export function readRenewal({ renewBefore, renewBeforePercentage, renewal }: RenewalSpec): Renewal {
  const parsed = renewBefore === undefined ? undefined : parseDuration(renewBefore);
  return {
    beforeSeconds: parsed?.kind === 'ok' ? parsed.seconds : undefined,
    beforePercentage: renewBeforePercentage,
    isDisabled: renewal?.policy === 'Disabled',
  };
}

/**
 * Seconds after its issuing at which cert-manager renews such a certificate (cert-manager 1.21: pkg/util/pki/renewaltime.go,
 * whose windows only postpone that: it takes no time in one that is before the renewal without windows); below zero when at once.
 */
export function renewedAfter(lifetime: PlannedLifetime, renewal: Renewal): number {
  return lifetime.givenSeconds - lifetime.backdatedSeconds - renewsBefore(lifetime.givenSeconds, renewal);
}

/**
 * Whether what makes a lifetime shorter than asked, a limit or a begin in the past, leaves room for the Certificate's renewal:
 * cert-manager renews at once and without end when a certificate comes back with hardly more left than that. A tenth of the
 * lifetime must lie between, or half of the room that the Certificate itself leaves where that is less.
 */
export function refuseForRenewal(lifetime: PlannedLifetime, renewal: Renewal): Refused | undefined {
  if (!isShortened(lifetime) || renewal.isDisabled) return undefined;
  const { askedSeconds, givenSeconds } = lifetime;
  const { beforeSeconds } = renewal;
  const isIgnored = beforeSeconds !== undefined && beforeSeconds >= givenSeconds;
  const least = Math.min(givenSeconds / 10, (askedSeconds - renewsBefore(askedSeconds, renewal)) / 2);
  if (!isIgnored && renewedAfter(lifetime, renewal) >= least) return undefined;
  const then = isIgnored ? 'cert-manager would ignore it' : 'cert-manager would renew it again and again';
  const message = `${leavings(lifetime)}, too little for ${renewalText(renewal)}: ${then}. ${renewalAdvice(lifetime, renewal)}`;
  return refuse(refusalReasons.durationTooShort, field, message);
}

/** Whether less of a lifetime is left when it is issued than was asked for. */
export function isShortened({ backdatedSeconds, because }: PlannedLifetime): boolean {
  return because !== undefined || backdatedSeconds > 0;
}

function renewsBefore(seconds: number, { beforeSeconds, beforePercentage }: Renewal): number {
  if (beforeSeconds !== undefined && beforeSeconds > 0 && beforeSeconds < seconds) return beforeSeconds;
  if (beforePercentage !== undefined && beforePercentage > 0 && beforePercentage < 100)
    return (seconds * beforePercentage) / 100;

  return seconds / 3;
}

function leavings({ givenSeconds, backdatedSeconds, because }: PlannedLifetime): string {
  const backdate = backdatedSeconds === 0 ? undefined : `the backdating by ${formatDuration(backdatedSeconds)}`;
  const causes = [because, backdate].filter((cause) => cause !== undefined);
  const left = formatDuration(givenSeconds - backdatedSeconds);
  return `${causes.join(' and ')} ${causes.length === 1 ? 'leaves' : 'leave'} ${left}`;
}

function renewalText({ beforeSeconds, beforePercentage }: Renewal): string {
  if (beforeSeconds !== undefined) return `the Certificate's spec.renewBefore ${formatDuration(beforeSeconds)}`;
  if (beforePercentage !== undefined) return `the Certificate's spec.renewBeforePercentage ${beforePercentage}`;
  return "the renewal after two thirds of the lifetime, cert-manager's default";
}

function renewalAdvice({ backdatedSeconds, because }: PlannedLifetime, renewal: Renewal): string {
  const { beforeSeconds, beforePercentage } = renewal;
  const later =
    beforeSeconds === undefined && beforePercentage !== undefined
      ? 'smaller renewBeforePercentage'
      : 'shorter renewBefore';
  if (because === undefined)
    return `Ask for a longer duration or a ${later}, or lower spec.validity.backdate of the issuer.`;

  const backdate = backdatedSeconds === 0 ? '' : ', or lower spec.validity.backdate of the issuer';
  return `Ask for a ${later}, or raise the limit${backdate}.`;
}

/** A setting under which no request can be met: the field of the issuer, and what is wrong and what to do. */
export interface SettingsFault {
  readonly field: string;
  readonly message: string;
}

/** Why no request can be met under these settings, whatever it asks for; undefined when one can. */
export function validityFault(settings: IssuerSpec['validity']): SettingsFault | undefined {
  const limits = limitsOf(settings);
  if (limits.kind === 'faulty') return { field: limits.field, message: limits.message };
  const { minimum, maximum } = limits;
  if (minimum === undefined || maximum === undefined || minimum <= maximum) return undefined;
  const message = `${formatDuration(minimum)} is longer than spec.validity.maxDuration ${formatDuration(maximum)}, so no duration fits. Correct one of them.`;
  return { field: 'spec.validity.minDuration', message };
}

interface Excess {
  readonly refused: Refused;
  readonly longest: number;
  readonly because: string;
}

/** The limit that leaves least of what was asked; undefined when all of it is possible. */
function excessOf(
  asked: number,
  begin: number,
  { maximum, ruleLimit }: Pick<Limits, 'maximum'> & { readonly ruleLimit: LifetimeLimit | undefined },
  ca: CALimits,
): Excess | undefined {
  const { maxValiditySeconds: caMaximum } = ca;
  const untilEnd = Math.max(seconds(ca.notAfter) - begin, 0);
  const excesses: Excess[] = [];
  if (maximum !== undefined && asked > maximum) {
    const because = `the issuer's spec.validity.maxDuration ${formatDuration(maximum)}`;
    const message = `${formatDuration(asked)} is longer than the issuer allows (spec.validity.maxDuration ${formatDuration(maximum)}). Ask for at most ${formatDuration(maximum)}.`;
    excesses.push({ longest: maximum, because, refused: refuse(refusalReasons.durationTooLong, field, message) });
  }
  if (ruleLimit !== undefined && asked > ruleLimit.seconds) {
    const { seconds: longest, rule, contact } = ruleLimit;
    const because = `maxDuration ${formatDuration(longest)} of the administrator's rule "${rule}"`;
    const message = `${formatDuration(asked)} is longer than the administrator's rule "${rule}" allows to the issuer (maxDuration ${formatDuration(longest)}). Ask for at most ${formatDuration(longest)}, or ask for another rule. Contact: ${contact}`;
    excesses.push({ longest, because, refused: refuse(refusalReasons.durationTooLong, field, message) });
  }
  if (caMaximum !== undefined && asked > caMaximum) {
    const because = `CertMaxTime ${formatDuration(caMaximum)} of CA "${ca.identifier}"`;
    const message = `${formatDuration(asked)} is longer than CA "${ca.identifier}" may give (CertMaxTime ${formatDuration(caMaximum)}). Ask for at most ${formatDuration(caMaximum)}.`;
    excesses.push({ longest: caMaximum, because, refused: refuse(refusalReasons.durationTooLong, field, message) });
  }
  if (asked > untilEnd) {
    const because = `the end of CA "${ca.identifier}" (notAfter ${formatMoment(ca.notAfter)})`;
    excesses.push({ longest: untilEnd, because, refused: beyondCA(asked, untilEnd, ca) });
  }
  return excesses.sort((left, right) => left.longest - right.longest)[0];
}

interface Limits {
  readonly kind: 'ok';
  readonly backdate: number;
  readonly maximum: number | undefined;
  readonly minimum: number | undefined;
}

function limitsOf({
  backdate,
  maxDuration,
  minDuration,
}: IssuerSpec['validity']): Limits | (SettingsFault & { readonly kind: 'faulty' }) {
  const read = { backdate, maxDuration, minDuration };
  const values: Record<string, number> = {};
  for (const [name, text] of Object.entries(read)) {
    if (text === undefined) continue;
    const duration = parseDuration(text);
    if (duration.kind === 'malformed' || duration.seconds < 0) {
      const message = duration.kind === 'malformed' ? duration.message : 'it is negative';
      return { kind: 'faulty', field: `spec.validity.${name}`, message: `${message}. Correct it.` };
    }
    values[name] = duration.seconds;
  }
  return {
    kind: 'ok',
    backdate: values['backdate'] ?? 0,
    maximum: values['maxDuration'],
    minimum: values['minDuration'],
  };
}

function tooShort(asked: number, given: number, minimum: number): Refused {
  const what = given === asked ? formatDuration(asked) : `${formatDuration(given)}, the longest possible now,`;
  const message = `${what} is shorter than the issuer allows (spec.validity.minDuration ${formatDuration(minimum)}). ${given === asked ? `Ask for at least ${formatDuration(minimum)}.` : 'Renew the CA, or correct the limits of the issuer.'}`;
  return refuse(refusalReasons.durationTooShort, field, message);
}

function beyondCA(asked: number, longest: number, ca: CALimits): Refused {
  const message = `${formatDuration(asked)} from now lies beyond the end of CA "${ca.identifier}" (notAfter ${formatMoment(ca.notAfter)}). The longest duration possible now is ${formatDuration(longest)}: ask for less, or renew the CA.`;
  return refuse(refusalReasons.durationTooLong, field, message);
}

function seconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}
