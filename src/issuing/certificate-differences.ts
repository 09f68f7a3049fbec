// How an issued certificate may differ from what was asked for, aspect by aspect, each with its message.
import { nameKey, showAlternativeName } from './x509/alternative-name.ts';
import type { AlternativeName } from './x509/alternative-name.ts';
import type { CertificateFacts } from './x509/certificate.ts';
import { isSameName, showName, withValue } from './x509/distinguished-name.ts';
import type { NameAttribute } from './x509/distinguished-name.ts';
import { shownList } from './x509/shown-text.ts';
import { formatMoment } from '../timing/moment.ts';
import { formatDuration } from './duration.ts';
import type { SubjectAttribute } from './operation.ts';
import { subjectSettingOf } from './operations/settings.ts';
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
 * clock nor the settings of the issuer. `provenOwn`: our identifier proves that this call was for the same request, and nobody
 * knows its settings of the subject any more.
 */
export interface Comparison {
  readonly plan: IssuePlan;
  readonly now: Date;
  readonly adopted?: boolean;
  readonly provenOwn?: boolean;
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

function subjectFault({ subject }: CertificateFacts, comparison: Comparison): Mismatch | undefined {
  if (isAskedSubject(subject, comparison)) return undefined;
  if (settingOfFormerSubject(subject, comparison) !== undefined) return undefined;
  return mismatch('SubjectMismatch', `its subject is ${showName(subject.attributes)}, not the one that was asked for.`);
}

/** What is told of a subject that only other settings of the issuer can have made; undefined where it is the one asked for. */
export function formerSubject({ subject }: CertificateFacts, comparison: Comparison): string | undefined {
  if (isAskedSubject(subject, comparison)) return undefined;
  const field = settingOfFormerSubject(subject, comparison);
  return field === undefined
    ? undefined
    : `Its subject is ${showName(subject.attributes)}, though the issuer asks for another one by now (${field}): it was called for before that was set. The next certificate gets the subject of now.`;
}

/**
 * The setting behind a subject that was called for under other settings. Of each type that the request states, the certificate has
 * to have what the request or the settings of now say; all others only settings can have made.
 */
function settingOfFormerSubject(
  subject: CertificateFacts['subject'],
  { plan, provenOwn }: Comparison,
): string | undefined {
  const setting = provenOwn === true ? subjectSettingOf(plan.operation) : undefined;
  if (setting === undefined) return undefined;
  const attributes = withValue(subject.attributes);
  const stated = withValue(plan.request.csr.subject.attributes);
  const { subject: expected } = plan.expected;
  const now = expected.kind === 'exact' ? stated : expected.attributes;
  const types = new Set(stated.map(({ oid }) => oid));
  const isKept = [...types].every((type) => {
    const ofType = (list: readonly SubjectAttribute[]): readonly string[] =>
      keysOf(list.filter(({ oid }) => oid === type));
    return isSame(ofType(attributes), ofType(stated)) || isSame(ofType(attributes), ofType(now));
  });
  const isSettable = attributes.every(
    ({ oid }) => types.has(oid) || setting.types === 'any' || setting.types.includes(oid),
  );
  return isKept && isSettable ? setting.field : undefined;
}

/** Whether the subject is what was asked for, as the CSR says it or as it was sent beside the CSR. */
function isAskedSubject(subject: CertificateFacts['subject'], { plan, adopted }: Comparison): boolean {
  const { subject: expected } = plan.expected;
  return isExpectedSubject(subject, expected) || (adopted === true && isSentBeside(subject, expected));
}

function isExpectedSubject(subject: CertificateFacts['subject'], expected: ExpectedSubject): boolean {
  if (expected.kind === 'exact') return isSameName(subject, expected.name);
  const added = new Set(addedAttributes(subject.attributes, expected));
  const rest = withValue(subject.attributes).filter((attribute) => !added.has(attribute));
  return isSame(keysOf(rest), keysOf(expected.attributes));
}

/** Whether an earlier call may have sent this beside the CSR, which PCA refuses for attributes without a value. */
function isSentBeside(subject: CertificateFacts['subject'], expected: ExpectedSubject): boolean {
  if (expected.kind !== 'exact') return false;
  const { attributes } = expected.name;
  const asked = withValue(attributes);
  return asked.length < attributes.length && isSame(keysOf(withValue(subject.attributes)), keysOf(asked));
}

/** The attributes, of those with a value, that the service added where it may. */
export function addedAttributes(
  attributes: readonly NameAttribute[],
  expected: ExpectedSubject,
): readonly NameAttribute[] {
  return expected.kind === 'exact' ? [] : withValue(attributes).filter(({ oid }) => expected.mayAdd.includes(oid));
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
  if (isSame([...new Set(usages)].sort(), [...new Set(expected)].sort())) return undefined;
  return `it has ${showUsages(usages)}; asked for: ${showUsages(expected)}`;
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
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
