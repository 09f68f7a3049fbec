// Why a request cannot be met: a value that ends the request, with what to change.

/** Reasons of refusals, in CamelCase as conditions and events want them. */
export const refusalReasons = {
  invalidCSR: 'InvalidCSR',
  invalidDuration: 'InvalidDuration',
  durationTooLong: 'DurationTooLong',
  durationTooShort: 'DurationTooShort',
  unknownUsage: 'UnknownUsage',
  usageNotSupported: 'UsageNotSupported',
  csrContradictsSpec: 'CSRContradictsSpec',
  caNotSupported: 'CANotSupported',
  keyNotSupported: 'KeyNotSupported',
  keyFamilyMismatch: 'KeyFamilyMismatch',
  nameNotSupported: 'NameNotSupported',
  nameConstraintsNotSupported: 'NameConstraintsNotSupported',
  nameForbiddenByCA: 'NameForbiddenByCA',
  noName: 'NoName',
  subjectNotSupported: 'SubjectNotSupported',
  invalidIssuerSettings: 'InvalidIssuerSettings',
} as const;

/** One of the reasons. */
export type RefusalReason = (typeof refusalReasons)[keyof typeof refusalReasons];

/** Why a request is refused for good. `field` names the field at fault; `message` says it, why, and what to do. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly field: string;
  readonly message: string;
}

/** The outcome that carries a refusal. */
export interface Refused {
  readonly kind: 'refused';
  readonly refusal: Refusal;
}

/** Builds the outcome of a refusal. */
export function refuse(reason: RefusalReason, field: string, message: string): Refused {
  return { kind: 'refused', refusal: { reason, field, message: `${field}: ${message}` } };
}
