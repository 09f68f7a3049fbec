// What the identifier of a CA and the ID of a region look like, wherever an issuer names one.
import type { ValidationRule } from '../schema.ts';

/** Rules of the identifier of a subordinate CA. */
export const identifierRules = [
  {
    rule: "self.matches('^[A-Za-z0-9][A-Za-z0-9_.-]*$')",
    message: 'must be the identifier of a subordinate CA: letters, digits, -, _ and .',
  },
] as const satisfies readonly ValidationRule[];

/** Rules of the ID of a region. */
export const regionRules = [
  {
    rule: "self.matches('^[a-z]{2}(-[a-z0-9]+)+$')",
    message: 'must be the ID of a region, such as cn-hangzhou or ap-southeast-1',
  },
] as const satisfies readonly ValidationRule[];
