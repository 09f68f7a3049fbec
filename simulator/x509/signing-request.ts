// PKCS #10 certificate signing requests (RFC 2986): read from PEM and proven to be signed by their own key.
import { createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DerError, expectTag, readBitString, readChildren, readElement, readObjectIdentifier } from './der-reader.ts';
import type { DerElement } from './der-reader.ts';
import { derTag } from './der-writer.ts';
import { decodeName } from './names.ts';
import { fromPem } from './pem.ts';

/** The parts of a signing request that go into a certificate; every buffer is DER. */
export interface CertificationRequest {
  /** The subject's Name, whole. */
  readonly subject: Buffer;
  readonly subjectPublicKeyInfo: Buffer;
  /** The bits of the public key, from which key identifiers are hashed. */
  readonly publicKeyBits: Buffer;
  readonly keyFamily: 'RSA' | 'ECC';
  /** Bits of the modulus, or of the curve: 256, 384, 521; 0 for another curve. */
  readonly keySize: number;
  /** Requested extensions by object identifier; the value is what the extension's OCTET STRING holds. */
  readonly extensions: ReadonlyMap<string, { readonly critical: boolean; readonly value: Buffer }>;
}

/** Outcome of reading: `malformed` is unreadable, `unproven` is readable with a signature or key that does not hold. */
export type ReadCertificationRequest =
  | { readonly kind: 'read'; readonly request: CertificationRequest }
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'unproven'; readonly message: string };

const signatureHashes: Readonly<Record<string, { readonly family: 'RSA' | 'ECC'; readonly hash: string }>> = {
  '1.2.840.113549.1.1.5': { family: 'RSA', hash: 'sha1' },
  '1.2.840.113549.1.1.11': { family: 'RSA', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { family: 'RSA', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { family: 'RSA', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { family: 'ECC', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { family: 'ECC', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { family: 'ECC', hash: 'sha512' },
};
const keyFamilies: Readonly<Record<string, 'RSA' | 'ECC'>> = {
  '1.2.840.113549.1.1.1': 'RSA',
  '1.2.840.10045.2.1': 'ECC',
};
const extensionRequest = '1.2.840.113549.1.9.14';

/** Reads and verifies one PEM signing request. */
export function readCertificationRequest(pem: string): ReadCertificationRequest {
  const der = fromPem(pem, ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']);
  if (der === undefined) return { kind: 'malformed', message: 'not one PEM certificate request' };
  return readCertificationRequestDer(der);
}

/** Reads and verifies one DER signing request. */
export function readCertificationRequestDer(der: Buffer): ReadCertificationRequest {
  try {
    return readParts(der);
  } catch (error) {
    if (error instanceof DerError) return { kind: 'malformed', message: error.message };
    throw error;
  }
}

function readParts(der: Buffer): ReadCertificationRequest {
  const [info, signatureAlgorithm, signature] = readChildren(
    expectTag(readElement(der), derTag.sequence, 'certification request'),
  );
  const toBeSigned = expectTag(info, derTag.sequence, 'certification request information');
  const [version, subject, keyInfo, attributes] = readChildren(toBeSigned);
  expectTag(version, derTag.integer, 'version');
  const name = expectTag(subject, derTag.sequence, 'subject');
  // Issuing shows the subject, so one that cannot be shown is refused here.
  decodeName(name.encoding);
  const key = expectTag(keyInfo, derTag.sequence, 'subject public key info');
  const [keyAlgorithm, keyBits] = readChildren(key);
  const keyFamily = keyFamilies[algorithmOf(keyAlgorithm)];
  const method = signatureHashes[algorithmOf(signatureAlgorithm)];
  if (keyFamily === undefined || method === undefined || method.family !== keyFamily)
    return { kind: 'unproven', message: 'key or signature algorithm is not supported' };

  const publicKey = loadKey(key.encoding);
  const request: CertificationRequest = {
    subject: name.encoding,
    subjectPublicKeyInfo: key.encoding,
    publicKeyBits: readBitString(keyBits, 'public key'),
    keyFamily,
    keySize: keySizeOf(publicKey),
    extensions: readRequestedExtensions(attributes),
  };
  const signatureBytes = readBitString(signature, 'signature');
  return publicKey !== undefined && signatureHolds(publicKey, method.hash, toBeSigned.encoding, signatureBytes)
    ? { kind: 'read', request }
    : { kind: 'unproven', message: 'the signature was not made with the key of the request' };
}

function algorithmOf(identifier: DerElement | undefined): string {
  const [algorithm] = readChildren(expectTag(identifier, derTag.sequence, 'algorithm identifier'));
  return readObjectIdentifier(algorithm);
}

// OpenSSL throws for keys that it cannot load, such as points that are not on their curve.
function loadKey(keyInfo: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: keyInfo, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

const curveSizes: Readonly<Record<string, number>> = { prime256v1: 256, secp384r1: 384, secp521r1: 521 };

function keySizeOf(key: KeyObject | undefined): number {
  const { modulusLength, namedCurve = '' } = key?.asymmetricKeyDetails ?? {};
  return modulusLength ?? curveSizes[namedCurve] ?? 0;
}

function signatureHolds(key: KeyObject, hash: string, data: Buffer, signature: Buffer): boolean {
  try {
    return verify(hash, data, key, signature);
  } catch {
    return false;
  }
}

function readRequestedExtensions(attributes: DerElement | undefined): CertificationRequest['extensions'] {
  const extensions = new Map<string, { critical: boolean; value: Buffer }>();
  if (attributes === undefined) return extensions;
  for (const attribute of readChildren(expectTag(attributes, 0xa0, 'attributes'))) {
    const [type, values] = readChildren(expectTag(attribute, derTag.sequence, 'attribute'));
    if (readObjectIdentifier(type) !== extensionRequest) continue;
    const [list] = readChildren(expectTag(values, derTag.set, 'attribute values'));
    for (const extension of readChildren(expectTag(list, derTag.sequence, 'extensions'))) {
      const [identifier, ...parts] = readChildren(expectTag(extension, derTag.sequence, 'extension'));
      const critical = parts.length > 1 && parts[0]?.contents[0] === 0xff;
      const value = expectTag(parts.at(-1), derTag.octetString, 'extension value').contents;
      extensions.set(readObjectIdentifier(identifier), { critical, value });
    }
  }
  return extensions;
}
