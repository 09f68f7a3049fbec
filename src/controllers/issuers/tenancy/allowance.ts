// What a rule still says when a certificate is asked for: its limits.
import type { LifetimeLimit } from '../../../issuing/validity.ts';
import { formatMoment } from '../../../timing/moment.ts';

/** Limits on numbers of certificates. */
export interface CertificateLimits {
  readonly certificatesPerHour?: number;
  readonly certificatesPerDay?: number;
}

/** The limits of a rule; those on numbers are for all AlibabaPCAIssuers of a namespace together. */
export interface Allowance extends CertificateLimits {
  readonly rule: string;
  readonly contact: string;
  readonly lifetime: LifetimeLimit | undefined;
}

/** Why a request waits: a limit of the rule, used up by `most` certificates until `freeAt` (wall clock, ms). */
export function allowanceMessage(
  { rule, contact }: Allowance,
  namespace: string | undefined,
  { field, most, freeAt }: { readonly field: string; readonly most: number; readonly freeAt: number },
): string {
  const whose = namespace === undefined ? 'this issuer' : `the AlibabaPCAIssuers of namespace "${namespace}" together`;
  const until = formatMoment(new Date(freeAt));
  return `Held: ${field} ${most} of the administrator's rule "${rule}" for ${whose} is used up. It continues automatically at ${until}. Ask for another rule if more are wanted. Contact: ${contact}`;
}
