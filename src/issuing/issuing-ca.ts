// The issuing CA as PCA describes it, and whether an operation can issue from it.
import { certificatePem } from './x509/certificate.ts';
import type { ReadCertificate } from './x509/certificate.ts';
import { missingLink, pathOfCA, readCertificates } from './x509/certificate-chain.ts';
import type { CACertificates } from './x509/certificate-chain.ts';
import { firstToEnd, lastToBegin, pathFault } from './x509/certification-path.ts';
import type { CertificationPath } from './x509/certification-path.ts';
import { showName } from './x509/distinguished-name.ts';
import { shownText } from './x509/shown-text.ts';
import type { IssueCall, IssuingOperation } from './operation.ts';
import { asCount, asIdentifier, asMoment, asObject, asText, asTexts } from './reply-body.ts';
import type { JsonObject } from './reply-body.ts';
import { formatMoment } from '../timing/moment.ts';

/** A CA as PCA describes it (Alibaba: DescribeCACertificate). */
export interface IssuingCA {
  readonly identifier: string;
  /** ISSUE while active. */
  readonly status: string;
  /** ROOT or SUB_ROOT. */
  readonly type: string;
  /** RSA, ECC or SM2. */
  readonly keyFamily: string;
  /** local, external, or iTrusChina for compliance CAs. */
  readonly issuerType: string;
  readonly subject: string;
  /** When its certificate and all above it are valid, and PCA says so. */
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Longest lifetime that it may give; undefined when PCA names none. */
  readonly maxValiditySeconds: number | undefined;
  /** Certificates that remain of the purchased quota; undefined when PCA names none. */
  readonly remainingCertificates: number | undefined;
  /** The purchased quota itself; undefined when PCA names none. */
  readonly totalCertificates: number | undefined;
  /** PEM. */
  readonly certificate: string;
  /** PEMs of the certificates above it, in any order; may hold its own. */
  readonly chain: readonly string[];
}

/** Why a CA cannot be used. */
export type UnusableReason =
  | 'IssuingCAIsRoot'
  | 'OperationRefusedByCA'
  | 'IssuingCAKeyNotSupported'
  | 'IssuingCANotActive'
  | 'IssuingCAExpired'
  | 'IssuingCAPathInvalid'
  | 'IssuingCANotYetValid'
  | 'IssuingCAExhausted';

/** Whether the CA can be used; `message` says what to do. */
export type Assessment =
  | { readonly kind: 'usable' }
  | { readonly kind: 'unusable'; readonly reason: UnusableReason; readonly message: string };

const secondsPerDay = 86_400;
// As many as the status of an issuer holds.
const longestSubject = 1024;

/** The call that describes a CA (Alibaba: DescribeCACertificate, API 2020-06-30). */
export function describeIssuingCACall(parentIdentifier: string): IssueCall {
  return { action: 'DescribeCACertificate', version: '2020-06-30', parameters: { Identifier: parentIdentifier } };
}

/** Reads the answer. Dates come in milliseconds; where they are missing, the CA's certificate has them. */
export function readIssuingCA(
  body: unknown,
): { readonly kind: 'ok'; readonly ca: IssuingCA } | { readonly kind: 'malformed'; readonly message: string } {
  const described = asObject(asObject(body)?.['Certificate']);
  if (described === undefined) return malformed('the answer to DescribeCACertificate holds no certificate');
  const required = requiredFields(described);
  if (required.kind === 'malformed') return required;
  const { Identifier, Status, CertificateType, Algorithm, X509Certificate } = required.fields;
  const own = readCertificates([X509Certificate]);
  const chain = readCertificates(asTexts(described['CaCertChain']));
  if (own.kind === 'broken') return malformed(`X509Certificate of the CA cannot be read: ${own.message}`);
  if (chain.kind === 'broken') return malformed(`CaCertChain of the CA cannot be read: ${chain.message}`);
  const [certificate, ...above] = own.certificates;
  if (certificate === undefined) return malformed('X509Certificate of the CA holds no certificate');
  const others = [...above, ...chain.certificates];
  const path = pathOfCA(certificate, others);
  const ca: IssuingCA = {
    identifier: Identifier,
    status: Status,
    type: CertificateType,
    keyFamily: Algorithm,
    ...describedFields(described, path),
    certificate: certificatePem(certificate),
    chain: others.map(certificatePem),
  };
  readCAs.set(ca, { path, certificates: [certificate, ...others] });
  return { kind: 'ok', ca };
}

// A CA's certificates are read once for as long as its description lives, not once per certificate that it issues.
const readCAs = new WeakMap<IssuingCA, CACertificates>();

/** The certificates of a CA, read; none where nobody has described it. */
export function certificatesOf(ca: IssuingCA): CACertificates {
  const known = readCAs.get(ca);
  if (known !== undefined) return known;
  const own = readCertificates([ca.certificate]);
  const above = readCertificates(ca.chain);
  const certificates = [own, above].flatMap((read) => (read.kind === 'ok' ? read.certificates : []));
  const [certificate, ...others] = certificates;
  const path = certificate === undefined || own.kind === 'broken' ? undefined : pathOfCA(certificate, others);
  const found: CACertificates = { path, certificates };
  readCAs.set(ca, found);
  return found;
}

type DescribedField =
  | 'issuerType'
  | 'subject'
  | 'notBefore'
  | 'notAfter'
  | 'maxValiditySeconds'
  | 'remainingCertificates'
  | 'totalCertificates';

/** Fields that PCA may leave out; the CA's certificate knows some of them as well. No certificate outlives those above it. */
function describedFields(described: JsonObject, path: CertificationPath): Pick<IssuingCA, DescribedField> {
  const maximumDays = asCount(described['CertMaxTime']) ?? 0;
  const [{ facts }] = path;
  const { notBefore } = lastToBegin(path).facts;
  const { notAfter } = firstToEnd(path).facts;
  const begin = asMoment(described['BeforeDate']) ?? notBefore;
  const end = asMoment(described['AfterDate']) ?? notAfter;
  const subject = asText(described['SubjectDN']);
  return {
    issuerType: asIdentifier(described['IssuerType']) ?? 'local',
    subject: subject === undefined ? showName(facts.subject.attributes) : shownText(subject, longestSubject),
    notBefore: begin > notBefore ? begin : notBefore,
    notAfter: end < notAfter ? end : notAfter,
    // The unit is documented nowhere for this answer; CreateExternalCACertificate, which sets it, takes days.
    maxValiditySeconds: maximumDays > 0 ? maximumDays * secondsPerDay : undefined,
    remainingCertificates: asCount(described['CertRemainingCount']),
    totalCertificates: asCount(described['CertTotalCount']),
  };
}

const requiredNames = ['Identifier', 'Status', 'CertificateType', 'Algorithm', 'X509Certificate'] as const;
type RequiredFields = Readonly<Record<(typeof requiredNames)[number], string>>;

function requiredFields(
  described: JsonObject,
): { readonly kind: 'ok'; readonly fields: RequiredFields } | ReturnType<typeof malformed> {
  const fieldOf = (name: (typeof requiredNames)[number]): string | undefined =>
    name === 'X509Certificate' ? asText(described[name]) : asIdentifier(described[name]);
  const missing = requiredNames.find((name) => fieldOf(name) === undefined);
  if (missing !== undefined) return malformed(`the answer to DescribeCACertificate has no ${missing}`);
  const fields = Object.fromEntries(requiredNames.map((name) => [name, fieldOf(name) ?? '']));
  return { kind: 'ok', fields: fields as RequiredFields };
}

/** Whether `operation` can issue from `ca` now. */
export function assessIssuingCA(ca: IssuingCA, operation: IssuingOperation, now: Date): Assessment {
  return unusableKind(ca, operation) ?? unusableState(ca, now) ?? unusablePath(ca) ?? { kind: 'usable' };
}

/** Faults that time does not change: the kind of CA. */
function unusableKind(ca: IssuingCA, { action, capabilities }: IssuingOperation): Assessment | undefined {
  const name = `CA "${ca.identifier}"`;
  if (ca.type === 'ROOT') {
    return unusable(
      'IssuingCAIsRoot',
      `${name} is a root CA, and PCA issues certificates from subordinate CAs only. Set spec.parentIdentifier to a subordinate CA.`,
    );
  }
  if (capabilities.refusedIssuerTypes.includes(ca.issuerType)) {
    return unusable(
      'OperationRefusedByCA',
      `${name} is a compliance CA (IssuerType ${ca.issuerType}), from which ${action} cannot issue. Set spec.operation to one that it supports, or spec.parentIdentifier to a private CA.`,
    );
  }
  if (ca.keyFamily !== 'RSA' && ca.keyFamily !== 'ECC') {
    return unusable(
      'IssuingCAKeyNotSupported',
      `${name} has a key of family ${ca.keyFamily}, whose certificates cert-manager cannot verify. Set spec.parentIdentifier to a CA with an RSA or ECC key.`,
    );
  }
  return undefined;
}

/** Faults that time or an administrator of PCA changes: status, dates, quota. */
function unusableState(ca: IssuingCA, now: Date): Assessment | undefined {
  const name = `CA "${ca.identifier}"`;
  if (ca.status !== 'ISSUE') {
    return unusable(
      'IssuingCANotActive',
      `${name} is not active (Status ${ca.status}, not ISSUE). Activate it in PCA, or set spec.parentIdentifier to another CA.`,
    );
  }
  if (now.getTime() >= ca.notAfter.getTime()) {
    return unusable(
      'IssuingCAExpired',
      `${name} expired at ${endOfCA(ca)}. Renew it in PCA, or set spec.parentIdentifier to another CA.`,
    );
  }
  if (now.getTime() < ca.notBefore.getTime()) {
    return unusable(
      'IssuingCANotYetValid',
      `${name} is not valid before ${formatMoment(ca.notBefore)}${above(ca, lastToBegin, 'notBefore')}. Wait until then, check the clock of this machine, or set spec.parentIdentifier to another CA.`,
    );
  }
  if (ca.remainingCertificates !== undefined && ca.remainingCertificates <= 0) {
    return unusable(
      'IssuingCAExhausted',
      `${name} has no certificates left. Buy or assign more certificates to it in PCA.`,
    );
  }
  return undefined;
}

/** When the CA ends, with the certificate above it that ends it where that is not its own. */
export function endOfCA(ca: IssuingCA): string {
  return `${formatMoment(ca.notAfter)}${above(ca, firstToEnd, 'notAfter')}`;
}

/** Names the certificate above the CA's own whose end, or begin, is the CA's; empty where it is its own. */
function above(
  ca: IssuingCA,
  decisive: (path: CertificationPath) => ReadCertificate,
  end: 'notBefore' | 'notAfter',
): string {
  const { path } = certificatesOf(ca);
  if (path === undefined) return '';
  const [own] = path;
  const { facts } = decisive(path);
  if (facts === own.facts || facts[end].getTime() !== ca[end].getTime()) return '';
  return `, with the certificate of CA "${showName(facts.subject.attributes)}" above it`;
}

/** What no certificate below it could be valid with: the CA's own certificate and those above it. */
function unusablePath(ca: IssuingCA): Assessment | undefined {
  const known = certificatesOf(ca);
  const fault = (known.path && pathFault(known.path)) ?? missingLink(known);
  return fault === undefined
    ? undefined
    : unusable(
        'IssuingCAPathInvalid',
        `clients would refuse every certificate of CA "${ca.identifier}": ${fault} Correct that in PCA, or set spec.parentIdentifier to another CA.`,
      );
}

function unusable(reason: UnusableReason, message: string): Assessment {
  return { kind: 'unusable', reason, message };
}

function malformed(message: string): { readonly kind: 'malformed'; readonly message: string } {
  return { kind: 'malformed', message };
}
