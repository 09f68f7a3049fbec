// When a certificate begins and ends: to the second, within the CA and within the issuer's limits.
import type { IssuerSpec } from '../crds/issuer.ts';
import { formatDuration, parseDuration } from './duration.ts';
import type { IssuingCA } from './issuing-ca.ts';
import { formatMoment } from './moment.ts';
import { type Refused, refusalReasons, refuse } from './refusal.ts';

/** Both ends, on whole seconds. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const field = 'spec.duration';

/**
 * Resolves a lifetime of `durationSeconds`: it begins now less the issuer's backdate, not before the CA itself, and
 * ends `durationSeconds` later. What does not fit is refused.
 */
export function resolveValidity(input: {
  readonly durationSeconds: number;
  readonly spec: Pick<IssuerSpec, 'validity'>;
  readonly ca: IssuingCA;
  readonly now: Date;
}): { readonly kind: 'ok'; readonly validity: Validity } | Refused {
  const { durationSeconds, spec, ca, now } = input;
  const limits = limitsOf(spec.validity);
  if (limits.kind === 'refused') return limits;
  const outside = outsideLimits(durationSeconds, limits, ca);
  if (outside !== undefined) return outside;
  const begin = Math.max(seconds(now) - limits.backdate, Math.ceil(ca.notBefore.getTime() / 1000));
  const longest = seconds(ca.notAfter) - begin;
  if (durationSeconds > longest) return beyondCA(durationSeconds, Math.max(longest, 0), ca);
  const validity = { notBefore: new Date(begin * 1000), notAfter: new Date((begin + durationSeconds) * 1000) };
  return { kind: 'ok', validity };
}

interface Limits {
  readonly kind: 'ok';
  readonly backdate: number;
  readonly maximum: number | undefined;
  readonly minimum: number | undefined;
}

function limitsOf({ backdate, maxDuration, minDuration }: IssuerSpec['validity']): Limits | Refused {
  const read = { backdate, maxDuration, minDuration };
  const values: Record<string, number> = {};
  for (const [name, text] of Object.entries(read)) {
    if (text === undefined) continue;
    const duration = parseDuration(text);
    if (duration.kind === 'malformed' || duration.seconds < 0) {
      const message = `the issuer's setting is no duration. Correct spec.validity.${name} of the issuer.`;
      return refuse(refusalReasons.invalidIssuerSettings, `issuer spec.validity.${name}`, message);
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

function outsideLimits(asked: number, { maximum, minimum }: Limits, ca: IssuingCA): Refused | undefined {
  if (maximum !== undefined && asked > maximum) {
    const message = `${formatDuration(asked)} is longer than the issuer allows (spec.validity.maxDuration ${formatDuration(maximum)}). Ask for at most ${formatDuration(maximum)}.`;
    return refuse(refusalReasons.durationTooLong, field, message);
  }
  if (minimum !== undefined && asked < minimum) {
    const message = `${formatDuration(asked)} is shorter than the issuer allows (spec.validity.minDuration ${formatDuration(minimum)}). Ask for at least ${formatDuration(minimum)}.`;
    return refuse(refusalReasons.durationTooShort, field, message);
  }
  if (ca.maxValiditySeconds !== undefined && asked > ca.maxValiditySeconds) {
    const message = `${formatDuration(asked)} is longer than CA "${ca.identifier}" may give (CertMaxTime ${formatDuration(ca.maxValiditySeconds)}). Ask for at most ${formatDuration(ca.maxValiditySeconds)}.`;
    return refuse(refusalReasons.durationTooLong, field, message);
  }
  return undefined;
}

function beyondCA(asked: number, longest: number, ca: IssuingCA): Refused {
  const message = `${formatDuration(asked)} from now lies beyond the end of CA "${ca.identifier}" (notAfter ${formatMoment(ca.notAfter)}). The longest duration possible now is ${formatDuration(longest)}: ask for less, or renew the CA.`;
  return refuse(refusalReasons.durationTooLong, field, message);
}

function seconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}
