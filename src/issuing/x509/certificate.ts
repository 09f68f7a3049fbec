// X.509 certificates, read by the strict DER reader; node:crypto checks their signatures.
import { hash, verify, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { checkFurtherExtensions, keyIdentifiersOf } from './certificate-extensions.ts';
import type { KeyIdentifiers } from './certificate-extensions.ts';
import {
  bitStringOf,
  childrenOf,
  decodeDer,
  DerError,
  derTags,
  expectTag,
  integerOf,
  oidOf,
  sequenceOf,
  smallIntegerOf,
  wholeOctetsOf,
} from './der.ts';
import type { DerElement, DerResult } from './der.ts';
import { nameOf } from './distinguished-name.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import { extensionTypesOf } from './extension-types.ts';
import type { ExtensionTypes } from './extension-types.ts';
import { extensionsById, extensionsOf } from './extensions.ts';
import type { ExtensionFacts } from './extensions.ts';
import { encodePem } from './pem.ts';
import { checkCertificateKey, verifyingKey } from './public-key.ts';
import type { KeyFamily } from './public-key.ts';
import { usualAlgorithmOf } from './signature-algorithm.ts';
import type { SignatureAlgorithm } from './signature-algorithm.ts';
import { usageAllows } from './usages.ts';
import { checkWellFormed } from './well-formed.ts';

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
  readonly facts: CertificateFacts;
  readonly signature: Signature;
}

/** The signature of a certificate; `algorithm` is undefined for one that hardly any CA uses. */
export interface Signature {
  readonly algorithm: SignatureAlgorithm | undefined;
  /** The octets that are signed. */
  readonly signed: Buffer;
  readonly octets: Buffer;
}

/**
 * Reads the DER of one certificate. `provenKey`: DER of a SubjectPublicKeyInfo with which a signature was checked, so that it is not
 * asked again whether it is a key.
 */
export function readCertificate(der: Buffer, provenKey?: Buffer): DerResult<ReadCertificate> {
  return decodeDer(der, (root) => ({ der, ...certificateOf(root, provenKey) }));
}

/** SHA-256 of the certificate as tools show it: `AB:CD:…`. */
export function fingerprintOf({ der }: Pick<ReadCertificate, 'der'>): string {
  return hash('sha256', der)
    .toUpperCase()
    .replaceAll(/..(?=.)/g, '$&:');
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
  const key = keyOf(issuer);
  if (key === undefined) return false;
  const { algorithm, signed, octets } = certificate.signature;
  try {
    if (algorithm === undefined) return isSignedUnusually(certificate, key);
    return key.asymmetricKeyType === keyTypes[algorithm.family] && verify(algorithm.digest, signed, key, octets);
  } catch {
    // A key that node:crypto cannot use signs nothing that could be proven.
    return false;
  }
}

// An RSA key may be restricted to RSASSA-PSS, and has another type then.
const keyTypes: Readonly<Partial<Record<KeyFamily, string>>> = { RSA: 'rsa', ECC: 'ec' };

/**
 * The same for the algorithms that hardly any CA uses, whichever OpenSSL knows. It looks for PEM first, wherever that stands, and so
 * finds another certificate inside of one.
 */
function isSignedUnusually({ der }: ReadCertificate, key: KeyObject): boolean {
  const parsed = new X509Certificate(der);
  return parsed.raw.equals(der) && parsed.verify(key);
}

// A CA's key is imported once for as long as its certificate is known, not once per certificate that it issues.
const keys = new WeakMap<ReadCertificate, { readonly key: KeyObject | undefined }>();

function keyOf(issuer: ReadCertificate): KeyObject | undefined {
  const known = keys.get(issuer) ?? { key: verifyingKey(issuer.facts.spki) };
  keys.set(issuer, known);
  return known.key;
}

/** Whether subject and issuer are the same name; what is self-signed is proven with isIssuedBy(). */
export function isSelfIssued({ facts }: ReadCertificate): boolean {
  return facts.issuer.der.equals(facts.subject.der);
}

function certificateOf(root: DerElement, provenKey: Buffer | undefined): Pick<ReadCertificate, 'facts' | 'signature'> {
  const [body, algorithm, signature, ...rest] = sequenceOf(root, 'the certificate');
  if (signature === undefined || rest.length > 0) throw new DerError('the certificate has the wrong number of parts');
  const octets = wholeOctetsOf(signature, 'the signature');
  const { version, parts } = bodyOf(body);
  const [serial, inner, issuer, validity, subject, spki, ...optional] = parts;
  checkAlgorithm(inner, algorithm);
  const [notBefore, notAfter, ...others] = sequenceOf(validity, 'the validity');
  if (others.length > 0) throw new DerError('the validity has too many parts');
  const { raw } = expectTag(spki, derTags.sequence, 'the public key');
  if (provenKey?.equals(raw) !== true) checkCertificateKey(spki);
  const extensions = extensionsById(extensionsElement(optional, version));
  checkFurtherExtensions(extensions);
  return {
    facts: {
      serialNumber: serialNumberOf(serial),
      issuer: nameOf(issuer, 'the issuer'),
      subject: nameOf(subject, 'the subject'),
      notBefore: timeOf(notBefore, 'notBefore'),
      notAfter: timeOf(notAfter, 'notAfter'),
      spki: raw,
      extensions: extensionsOf(extensions),
      keyIdentifiers: keyIdentifiersOf(extensions),
      types: extensionTypesOf(extensions),
    },
    signature: { algorithm: usualAlgorithmOf(algorithm), signed: body?.raw ?? Buffer.alloc(0), octets },
  };
}

/** The version, from 1, and the parts after it; only certificates of version 1 name none. */
function bodyOf(body: DerElement | undefined): { readonly version: number; readonly parts: readonly DerElement[] } {
  const [first, ...rest] = sequenceOf(body, 'the body of the certificate');
  if (first === undefined || first.tag !== 0xa0)
    return { version: 1, parts: first === undefined ? [] : [first, ...rest] };
  const [number, ...others] = childrenOf(first);
  const version = Number(smallIntegerOf(number, 'the version')) + 1;
  if (version < 1 || version > 3 || others.length > 0) throw new DerError('the version is not 1, 2 or 3');
  return { version, parts: rest };
}

/** The algorithm under the signature is the one beside it. */
function checkAlgorithm(inner: DerElement | undefined, outer: DerElement | undefined): void {
  const what = 'the algorithm of the signature';
  const [type, ...rest] = sequenceOf(inner, what);
  oidOf(type, what);
  if (rest.length > 1) throw new DerError(`${what} has too many parts`);
  for (const parameters of rest) checkWellFormed(parameters, what);
  if (inner?.raw.equals(outer?.raw ?? Buffer.alloc(0)) !== true)
    throw new DerError(`${what} is another in the body than beside it`);
}

/** What follows the public key: perhaps unique identifiers of issuer and subject, then perhaps the extensions. */
function extensionsElement(optional: readonly DerElement[], version: number): DerElement | undefined {
  const tags = optional.map(({ tag }) => tag);
  const isInOrder = tags.every((tag, index) => index === 0 || tag > (tags[index - 1] ?? 0));
  const allowed = [[], [], [0x81, 0x82], [0x81, 0x82, 0xa3]][version] ?? [];
  if (!isInOrder || !tags.every((tag) => allowed.includes(tag)))
    throw new DerError('the body of the certificate has parts that its version does not have');
  for (const identifier of optional.filter(({ tag }) => tag !== 0xa3))
    bitStringOf(identifier.withTag(derTags.bitString), 'a unique identifier');
  const wrapper = optional.find(({ tag }) => tag === 0xa3);
  if (wrapper === undefined) return undefined;
  const [extensions, ...rest] = childrenOf(wrapper);
  if (extensions === undefined || rest.length > 0) throw new DerError('the extensions have the wrong form');
  return extensions;
}

/** Go refuses negative numbers; RFC 5280 forbids them. */
function serialNumberOf(element: DerElement | undefined): string {
  const octets = integerOf(element, 'the serial number');
  if ((octets[0] ?? 0) >= 0x80) throw new DerError('the serial number is negative');
  const hex = octets.toString('hex');
  return hex.length > 2 && hex.startsWith('00') ? hex.slice(2) : hex;
}

/** UTCTime and GeneralizedTime in the one form that RFC 5280 allows each: to the second, in UTC. */
function timeOf(element: DerElement | undefined, what: string): Date {
  if (element === undefined) throw new DerError(`${what} is missing`);
  const digits = yearDigits(element);
  if (digits === undefined) throw new DerError(`${what} is not a time`);
  const written = numberIn(element, 0, digits);
  const year = digits === 4 ? written : written + (written >= 50 ? 1900 : 2000);
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = [0, 2, 4, 6, 8].map((from) =>
    numberIn(element, digits + from, 2),
  );
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  time.setUTCHours(hour, minute, second);
  // What there is not in the calendar or on the clock has become another time.
  const read = [
    time.getUTCMonth() + 1,
    time.getUTCDate(),
    time.getUTCHours(),
    time.getUTCMinutes(),
    time.getUTCSeconds(),
  ];
  if (![month, day, hour, minute, second].every((part, index) => part === read[index]))
    throw new DerError(`${what} is not a time`);
  return time;
}

/** The number that so many digits are; NaN where one of them is none. */
function numberIn(element: DerElement, from: number, count: number): number {
  let value = 0;
  for (let index = from; index < from + count; index += 1) {
    const digit = (element.octet(index) ?? 0) - 0x30;
    value = digit < 0 || digit > 9 ? Number.NaN : value * 10 + digit;
  }
  return value;
}

/** How many digits the year has; undefined where this has the form of no time. */
function yearDigits(element: DerElement): 2 | 4 | undefined {
  const { tag, length } = element;
  if (element.octet(-1) !== 0x5a) return undefined;
  if (tag === derTags.utcTime && length === 13) return 2;
  return tag === derTags.generalizedTime && length === 15 ? 4 : undefined;
}
