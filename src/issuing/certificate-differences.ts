// How an issued certificate may differ from what was asked for, aspect by aspect, each with its message.
import { nameKey, showAlternativeName } from './x509/alternative-name.ts';
import type { AlternativeName } from './x509/alternative-name.ts';
import type { CertificateFacts } from './x509/certificate.ts';
import { showName } from './x509/distinguished-name.ts';
import { shownList } from './x509/shown-text.ts';
import { formatMoment } from '../timing/moment.ts';
import { formatDuration } from './duration.ts';
import type { ExpectedSubject, IssuePlan } from './plan.ts';
import { showUsages, usageAllows } from './x509/usages.ts';
import type { Usages } from './x509/usages.ts';

/**
 * Every difference that makes a certificate unusable, and what can bring it about. `request`: something in the request may,
 * since PCA copies it or makes something else of it; `issuer`: no request can, so the CA or the way to it is wrong for all.
 */
export const mismatchCauses = {
  // A CA copies parts of the CSR, and what is odd in them may make the certificate so.
  CertificateMalformed: 'request',
  KeyMismatch: 'request',
  ChainBroken: 'issuer',
  NotSignedByCA: 'issuer',
  CAFlagMismatch: 'request',
  PathLengthMismatch: 'request',
  CertificateExpired: 'request',
  SubjectMismatch: 'request',
  AlternativeNamesMismatch: 'request',
  KeyUsageMismatch: 'request',
  ExtendedKeyUsageMismatch: 'request',
  ExtensionMismatch: 'request',
  NameConstraintsMismatch: 'request',
  ValidityMismatch: 'request',
} as const satisfies Readonly<Record<string, 'request' | 'issuer'>>;

/** The difference that makes a certificate unusable. */
export type MismatchReason = keyof typeof mismatchCauses;

/** What to do about a difference, a sentence. */
export function mismatchAdvice(reason: MismatchReason): string {
  const aspect = settingOf[reason];
  if (aspect !== undefined)
    return `If certificates of this CA are to be so, set spec.verification.${aspect} of the issuer to Allow.`;
  return mismatchCauses[reason] === 'issuer'
    ? 'Look at the CA in PCA, at spec.parentIdentifier and at spec.endpoint of the issuer; if these are right, report it to Alibaba Cloud.'
    : 'Look at the CA in PCA, and report it to Alibaba Cloud.';
}

const settingOf: Readonly<Partial<Record<MismatchReason, keyof IssuePlan['verification']>>> = {
  SubjectMismatch: 'subject',
  AlternativeNamesMismatch: 'names',
  KeyUsageMismatch: 'usages',
  ExtendedKeyUsageMismatch: 'usages',
  ValidityMismatch: 'validity',
};

/** One difference between certificate and request. */
export interface Mismatch {
  readonly kind: 'mismatch';
  readonly reason: MismatchReason;
  readonly message: string;
}

/**
 * The plan that a certificate is compared with. `adopted`: it comes from an earlier call, of which the plan knows neither the
 * clock nor the settings of the issuer.
 */
export interface Comparison {
  readonly plan: IssuePlan;
  readonly now: Date;
  readonly adopted?: boolean;
}

/** How far the clocks of two replicas, or of a replica and the API server, may be apart (ms). */
export const clockMarginMs = 5 * 60_000;

/** Builds a mismatch; `message` is the rest of a sentence about the certificate. */
export function mismatch(reason: MismatchReason, message: string): Mismatch {
  return { kind: 'mismatch', reason, message };
}

type Check = (facts: CertificateFacts, comparison: Comparison) => Mismatch | undefined;

/** The differences that an issuer may accept (spec.verification), each with its check. */
export const aspects: readonly { readonly aspect: keyof IssuePlan['verification']; readonly check: Check }[] = [
  { aspect: 'subject', check: subjectFault },
  { aspect: 'names', check: namesFault },
  { aspect: 'usages', check: usagesFault },
  { aspect: 'validity', check: validityFault },
];

function subjectFault({ subject }: CertificateFacts, { plan }: Comparison): Mismatch | undefined {
  if (isExpectedSubject(subject, plan.expected.subject)) return undefined;
  return mismatch('SubjectMismatch', `its subject is ${showName(subject.attributes)}, not the one that was asked for.`);
}

function isExpectedSubject(subject: CertificateFacts['subject'], expected: ExpectedSubject): boolean {
  if (expected.kind === 'exact') return subject.der.equals(expected.der);
  const added = new Set(addedAttributes(subject.attributes, expected));
  const rest = subject.attributes.filter((attribute) => !added.has(attribute));
  return difference(keysOf(rest), keysOf(expected.attributes)) === undefined;
}

/** The attributes that the service added where it may. */
export function addedAttributes<Attribute extends { readonly oid: string }>(
  attributes: readonly Attribute[],
  expected: ExpectedSubject,
): readonly Attribute[] {
  return expected.kind === 'exact' ? [] : attributes.filter(({ oid }) => expected.mayAdd.includes(oid));
}

function keysOf(attributes: readonly { readonly oid: string; readonly value: string }[]): readonly string[] {
  return attributes.map(({ oid, value }) => `${oid}=${value}`).sort();
}

function namesFault({ extensions }: CertificateFacts, { plan }: Comparison): Mismatch | undefined {
  const reason = 'AlternativeNamesMismatch';
  const { names, unsupported } = extensions.alternativeNames;
  const expected = plan.expected.names;
  const has = new Set(names.map(nameKey));
  const wants = new Set([...expected, ...plan.expected.mayLack].map(nameKey));
  const missing = expected.filter((name) => !has.has(nameKey(name)));
  if (missing.length > 0) return mismatch(reason, `it lacks ${listed(missing)}.`);
  const extra = names.filter((name) => !wants.has(nameKey(name)));
  if (extra.length > 0) return mismatch(reason, `it has ${listed(extra)}, which was not asked for.`);
  const [foreign] = unsupported;
  return foreign === undefined
    ? undefined
    : mismatch(reason, `it has a name of the kind ${foreign}, which was not asked for.`);
}

/** The names that the certificate lacks as it may. */
export function droppedNames(
  { extensions }: CertificateFacts,
  { mayLack }: IssuePlan['expected'],
): readonly AlternativeName[] {
  const has = new Set(extensions.alternativeNames.names.map(nameKey));
  return mayLack.filter((name) => !has.has(nameKey(name)));
}

function listed(names: readonly AlternativeName[]): string {
  return shownList(names.map(showAlternativeName));
}

function usagesFault({ extensions }: CertificateFacts, { plan }: Comparison): Mismatch | undefined {
  const { usages: expected, isCA } = plan.expected;
  if (isCA) return caUsagesFault(extensions, expected);
  const usages = usagesDifference(extensions.keyUsages ?? [], expected.keyUsages);
  if (usages !== undefined) return mismatch('KeyUsageMismatch', `its key usages differ: ${usages}.`);
  const extended = usagesDifference(extensions.extendedKeyUsages ?? [], expected.extendedKeyUsages);
  return extended === undefined
    ? undefined
    : mismatch('ExtendedKeyUsageMismatch', `its extended key usages differ: ${extended}.`);
}

// The service decides the key usages of a CA certificate; it must be able to sign certificates, and may do what was asked.
function caUsagesFault(extensions: CertificateFacts['extensions'], expected: Usages): Mismatch | undefined {
  if (!usageAllows(extensions.keyUsages, 'keyCertSign'))
    return mismatch('KeyUsageMismatch', 'its key usages do not let it sign certificates.');

  const { extendedKeyUsages: given } = extensions;
  const missing = given === undefined ? [] : expected.extendedKeyUsages.filter((usage) => !given.includes(usage));
  return missing.length === 0
    ? undefined
    : mismatch('ExtendedKeyUsageMismatch', `it lacks the extended key usages ${showUsages(missing)}.`);
}

function usagesDifference(usages: readonly string[], expected: readonly string[]): string | undefined {
  const different = difference([...new Set(usages)].sort(), [...new Set(expected)].sort());
  if (different === undefined) return undefined;
  return `it has ${showUsages(usages)}; asked for: ${showUsages(expected)}`;
}

function difference(left: readonly string[], right: readonly string[]): true | undefined {
  return left.length === right.length && left.every((value, index) => value === right[index]) ? undefined : true;
}

/**
 * Both ends to the second, as sent. Of an adopted certificate only what the request itself fixes counts: how long it may live. Its
 * ends came from another clock, and a limit of the CA or of the issuer may have cut it.
 */
function validityFault(
  { notBefore, notAfter }: CertificateFacts,
  { plan, now, adopted }: Comparison,
): Mismatch | undefined {
  const { expected } = plan;
  if (notBefore.getTime() === expected.notBefore.getTime() && notAfter.getTime() === expected.notAfter.getTime())
    return undefined;
  const ends = `it is valid from ${formatMoment(notBefore)} to ${formatMoment(notAfter)}`;
  if (adopted !== true) {
    const asked = `${formatMoment(expected.notBefore)} to ${formatMoment(expected.notAfter)}`;
    return mismatch('ValidityMismatch', `${ends}; asked for: ${asked}.`);
  }
  const { durationSeconds } = plan.request;
  if (notAfter.getTime() - notBefore.getTime() > durationSeconds * 1_000)
    return mismatch('ValidityMismatch', `${ends}, longer than the ${formatDuration(durationSeconds)} asked for.`);
  return notBefore.getTime() > now.getTime() + clockMarginMs
    ? mismatch('ValidityMismatch', `${ends}, which begins in the future.`)
    : undefined;
}
