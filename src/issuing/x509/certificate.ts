// X.509 certificates: facts through the strict DER reader, signatures and issuer relations through node:crypto.
import { X509Certificate } from 'node:crypto';
import { extensionTypesOf } from './certificate-extensions.ts';
import type { ExtensionTypes } from './certificate-extensions.ts';
import { childrenOf, decodeDer, DerError, derTags, expectTag, integerOf, sequenceOf } from './der.ts';
import type { DerElement, DerResult } from './der.ts';
import { nameOf } from './distinguished-name.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import { extensionsOf, keyIdentifiersOf } from './extensions.ts';
import type { ExtensionFacts, KeyIdentifiers } from './extensions.ts';
import { encodePem } from './pem.ts';
import { verifyingKey } from './public-key.ts';
import { usageAllows } from './usages.ts';

/** The contents of a certificate. */
export interface CertificateFacts {
  /** Lower-case hex without leading zero octets. */
  readonly serialNumber: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  readonly extensions: ExtensionFacts;
  readonly keyIdentifiers: KeyIdentifiers;
  readonly types: ExtensionTypes;
}

/** A certificate in every form that its readers need. */
export interface ReadCertificate {
  readonly der: Buffer;
  readonly x509: X509Certificate;
  readonly facts: CertificateFacts;
}

/** Reads the DER of one certificate. */
export function readCertificate(der: Buffer): DerResult<ReadCertificate> {
  const facts = decodeDer(der, certificateOf);
  if (facts.kind === 'malformed') return facts;
  try {
    return { kind: 'ok', value: { der, x509: new X509Certificate(der), facts: facts.value } };
  } catch {
    return { kind: 'malformed', message: 'it is not an X.509 certificate' };
  }
}

/** The certificate as PEM with LF and a trailing newline. */
export function certificatePem({ der }: Pick<ReadCertificate, 'der'>): string {
  return encodePem(der, 'CERTIFICATE');
}

/** Whether `issuer` may have signed `certificate`: names match, and the issuer may sign certificates. Costs nothing. */
export function mayHaveSigned(issuer: ReadCertificate, certificate: ReadCertificate): boolean {
  const { subject, extensions } = issuer.facts;
  if (!certificate.facts.issuer.der.equals(subject.der)) return false;
  return extensions.isCA === true && usageAllows(extensions.keyUsages, 'keyCertSign');
}

/** Whether the identifiers of the keys say that `issuer` signed `certificate`. A hint: anybody may write them. */
export function namesKeyOf(certificate: ReadCertificate, issuer: ReadCertificate): boolean {
  const { own } = issuer.facts.keyIdentifiers;
  return own !== undefined && certificate.facts.keyIdentifiers.issuers?.equals(own) === true;
}

/** Whether `issuer` signed `certificate`: it may have, and the signature is its. */
export function isIssuedBy(certificate: ReadCertificate, issuer: ReadCertificate): boolean {
  if (!mayHaveSigned(issuer, certificate)) return false;
  const key = verifyingKey(issuer.facts.spki);
  if (key === undefined) return false;
  try {
    return certificate.x509.verify(key);
  } catch {
    // A key that node:crypto cannot use signs nothing that could be proven.
    return false;
  }
}

/** Whether subject and issuer are the same name; what is self-signed is proven with isIssuedBy(). */
export function isSelfIssued({ facts }: ReadCertificate): boolean {
  return facts.issuer.der.equals(facts.subject.der);
}

function certificateOf(root: DerElement): CertificateFacts {
  const [body, , signature, ...rest] = sequenceOf(root, 'the certificate');
  if (signature === undefined || rest.length > 0) throw new DerError('the certificate has the wrong number of parts');
  const [serial, , issuer, validity, subject, spki, ...optional] = bodyParts(body);
  const [notBefore, notAfter, ...others] = sequenceOf(validity, 'the validity');
  if (others.length > 0) throw new DerError('the validity has too many parts');
  const { raw } = expectTag(spki, derTags.sequence, 'the public key');
  const extensions = certificateExtensions(optional);
  return {
    serialNumber: serialNumberOf(serial),
    issuer: nameOf(issuer, 'the issuer'),
    subject: nameOf(subject, 'the subject'),
    notBefore: timeOf(notBefore, 'notBefore'),
    notAfter: timeOf(notAfter, 'notAfter'),
    spki: raw,
    extensions: extensionsOf(extensions),
    keyIdentifiers: keyIdentifiersOf(extensions),
    types: extensionTypesOf(extensions),
  };
}

/** The parts of the body without the version, which only certificates of version 1 lack. */
function bodyParts(body: DerElement | undefined): readonly DerElement[] {
  const parts = sequenceOf(body, 'the body of the certificate');
  return parts[0]?.tag === 0xa0 ? parts.slice(1) : parts;
}

function certificateExtensions(optional: readonly DerElement[]): DerElement | undefined {
  const wrapper = optional.find(({ tag }) => tag === 0xa3);
  if (wrapper === undefined) return undefined;
  const [extensions, ...rest] = childrenOf(wrapper);
  if (extensions === undefined || rest.length > 0) throw new DerError('the extensions have the wrong form');
  return extensions;
}

function serialNumberOf(element: DerElement | undefined): string {
  const hex = integerOf(element, 'the serial number').toString('hex');
  return hex.length > 2 && hex.startsWith('00') ? hex.slice(2) : hex;
}

/** UTCTime and GeneralizedTime in the one form that RFC 5280 allows each: to the second, in UTC. */
function timeOf(element: DerElement | undefined, what: string): Date {
  if (element === undefined) throw new DerError(`${what} is missing`);
  const text = element.content.toString('latin1');
  const isUtcTime = element.tag === derTags.utcTime && /^\d{12}Z$/.test(text);
  const isGeneralized = element.tag === derTags.generalizedTime && /^\d{14}Z$/.test(text);
  if (!isUtcTime && !isGeneralized) throw new DerError(`${what} is not a time`);
  const full = isUtcTime ? `${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}` : text;
  const iso = full.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6.000Z');
  const time = new Date(iso);
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso) throw new DerError(`${what} is not a time`);
  return time;
}
