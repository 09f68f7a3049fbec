// The X.509 v3 extensions of RFC 5280 that the simulated CAs put into certificates, each as a complete Extension element.
import { isIP } from 'node:net';
import {
  booleanTrue,
  contextual,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  unsignedInteger,
} from './der-writer.ts';

/** Object identifiers of the extensions. */
export const extensionType = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

const encodedTypes = new Map<string, Buffer>(
  Object.values(extensionType).map((type) => [type, objectIdentifier(type)]),
);

/** One Extension element around the value's DER. */
export function extension(type: string, critical: boolean, value: Uint8Array): Buffer {
  const identifier = encodedTypes.get(type) ?? objectIdentifier(type);
  return critical ? sequence(identifier, booleanTrue, octetString(value)) : sequence(identifier, octetString(value));
}

/** An extension that is to stand in a certificate; the value is DER. */
export interface ExtensionContent {
  readonly type: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

/** Bits of KeyUsage. */
export const keyUsageBit = {
  digitalSignature: 0,
  contentCommitment: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  crlSign: 6,
  encipherOnly: 7,
  decipherOnly: 8,
} as const;

/** KeyUsage's value. */
export function keyUsage(bits: readonly number[]): Buffer {
  return namedBits(bits);
}

/** Extended key usages by the names of the documents. */
export const purposes: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
};

/** ExtendedKeyUsage's value from dotted identifiers. */
export function extendedKeyUsage(identifiers: readonly string[]): Buffer {
  return sequence(...identifiers.map(objectIdentifier));
}

/** BasicConstraints' value; `pathLength` only for CAs. */
export function basicConstraints(ca: boolean, pathLength?: number): Buffer {
  if (!ca) return sequence();
  return pathLength === undefined
    ? sequence(booleanTrue)
    : sequence(booleanTrue, unsignedInteger(Buffer.of(pathLength)));
}

/** CRLDistributionPoints' value with one address. */
export function crlDistributionPoints(url: string): Buffer {
  const name = contextual(6, 'primitive', Buffer.from(url, 'latin1'));
  return sequence(sequence(contextual(0, 'constructed', contextual(0, 'constructed', name))));
}

/** SubjectKeyIdentifier's value. */
export function subjectKeyIdentifier(identifier: Uint8Array): Buffer {
  return octetString(identifier);
}

/** AuthorityKeyIdentifier's value with the key identifier alone. */
export function authorityKeyIdentifier(identifier: Uint8Array): Buffer {
  return sequence(contextual(0, 'primitive', identifier));
}

/** The four kinds of name that the documents describe. */
export type AlternativeNameType = 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier' | 'iPAddress';

/** One entry of SubjectAlternativeName. */
export interface AlternativeName {
  readonly type: AlternativeNameType;
  readonly value: string;
}

/** Tags of the kinds of name, which the numbers of `SanType` and `Sans` are too. */
export const generalNameTags: Readonly<Record<AlternativeNameType, number>> = {
  rfc822Name: 1,
  dNSName: 2,
  uniformResourceIdentifier: 6,
  iPAddress: 7,
};

/** SubjectAlternativeName's value; the values must have been checked before (see `isAlternativeName`). */
export function subjectAlternativeName(names: readonly AlternativeName[]): Buffer {
  return sequence(...names.map(generalName));
}

/** One name as it stands in SubjectAlternativeName's value; it must have been checked before. */
export function generalName({ type, value }: AlternativeName): Buffer {
  const contents = type === 'iPAddress' ? (addressBytes(value) ?? Buffer.alloc(0)) : Buffer.from(value, 'latin1');
  return contextual(generalNameTags[type], 'primitive', contents);
}

const namePatterns: Readonly<Record<Exclude<AlternativeNameType, 'iPAddress'>, RegExp>> = {
  rfc822Name: /^[\x21-\x7e]+@[\x21-\x7e]+$/,
  dNSName:
    /^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$/,
  uniformResourceIdentifier: /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/,
};

/** Whether the value can stand in a name of that type. */
export function isAlternativeName({ type, value }: AlternativeName): boolean {
  return type === 'iPAddress'
    ? addressBytes(value) !== undefined
    : value.length <= 2048 && namePatterns[type].test(value);
}

/** The 4 or 16 bytes of an IP address, undefined when it is not one. */
export function addressBytes(address: string): Buffer | undefined {
  const version = isIP(address);
  if (version === 4) return Buffer.from(address.split('.').map(Number));
  if (version !== 6 || address.includes('%')) return undefined;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const groups = dotted === null ? address : withoutDottedTail(dotted);
  const [head = '', tail] = groups.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const words = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return Buffer.from(words.map((word) => word.padStart(4, '0')).join(''), 'hex');
}

function withoutDottedTail([, prefix = '', ...octets]: readonly string[]): string {
  const [first = '', second = '', third = '', fourth = ''] = octets.map((octet) =>
    Number(octet).toString(16).padStart(2, '0'),
  );
  return `${prefix}${first}${second}:${third}${fourth}`;
}
