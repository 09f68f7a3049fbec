// The `Validity` parameter: relative (`1y`, `6m`, `90d`) or one or two instants (Alibaba: CreateCustomCertificate).
import type { Authority } from './authority.ts';

/** From when until when a certificate is valid, or why the parameter cannot be used. */
export type ValidityOutcome =
  | { readonly kind: 'valid'; readonly notBefore: Date; readonly notAfter: Date }
  | { readonly kind: 'refused'; readonly message: string };

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Reads one `Validity` text; relative forms and a single instant begin now. `m` means months. */
export function readValidity(text: string, now: Date): ValidityOutcome {
  const start = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const relative = /^([1-9]\d{0,4})([ymd])$/.exec(text);
  if (relative !== null) return ordered(start, later(start, Number(relative[1]), relative[2] as 'd' | 'm' | 'y'));
  const parts = text.split('/').map(readInstant);
  const [first, second] = parts;
  if (parts.length > 2 || first === undefined || parts.includes(undefined))
    return { kind: 'refused', message: 'Validity must be <n>y, <n>m, <n>d, NotAfter or NotBefore/NotAfter in GMT' };

  return second === undefined ? ordered(start, first) : ordered(first, second);
}

function readInstant(text: string): Date | undefined {
  if (!instant.test(text)) return undefined;
  const date = new Date(text);
  // Date rolls impossible days over (February 30th), which the round trip reveals.
  return Number.isNaN(date.getTime()) || date.toISOString().replace('.000', '') !== text ? undefined : date;
}

/** So many days, months or years later; the 31st becomes a shorter month's last day. */
export function later(start: Date, count: number, unit: 'd' | 'm' | 'y'): Date {
  if (unit === 'd') return new Date(start.getTime() + count * 86_400_000);
  const end = new Date(start);
  const months = start.getUTCMonth() + count * (unit === 'y' ? 12 : 1);
  end.setUTCMonth(months);
  // The 31st of a shorter month rolls into the next one: take that month's last day.
  if (end.getUTCMonth() !== months % 12) end.setUTCDate(0);
  return end;
}

/** The two instants as a validity, refused when the end is not after the start. */
export function ordered(notBefore: Date, notAfter: Date): ValidityOutcome {
  return notBefore < notAfter
    ? { kind: 'valid', notBefore, notAfter }
    : { kind: 'refused', message: 'the certificate would end before it begins' };
}

/** Why the CA cannot give that validity, undefined when it can. */
export function validityObjection(authority: Authority, notBefore: Date, notAfter: Date): string | undefined {
  if (notAfter > authority.notAfter)
    return `the certificate would outlive its CA, which ends at ${authority.notAfter.toISOString()}`;

  const days = (notAfter.getTime() - notBefore.getTime()) / 86_400_000;
  if (authority.certMaxTimeDays !== undefined && days > authority.certMaxTimeDays)
    return `the CA gives at most ${authority.certMaxTimeDays} days`;

  return undefined;
}
