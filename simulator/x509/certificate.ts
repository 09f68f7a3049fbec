// Signs X.509 v3 certificates: the to-be-signed part from ready-made DER, the signature from node:crypto.
import { createHash, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import {
  bitString,
  contextual,
  derTag,
  element,
  objectIdentifier,
  sequence,
  time,
  unsignedInteger,
} from './der-writer.ts';

/** A key that signs, with what its certificates need precomputed. */
export interface Signer {
  readonly key: KeyObject;
  readonly hash: 'sha256' | 'sha384';
  /** AlgorithmIdentifier of the signatures. */
  readonly algorithm: Buffer;
  /** The signer's own Name. */
  readonly name: Buffer;
  /** SHA-1 of the signer's public key bits. */
  readonly keyIdentifier: Buffer;
}

/** The contents of a certificate except the issuer's part; all buffers are DER, the extensions complete elements. */
export interface CertificateContent {
  /** Big-endian, positive. */
  readonly serialNumber: Uint8Array;
  readonly subject: Buffer;
  readonly subjectPublicKeyInfo: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Buffer[];
}

const version3 = contextual(0, 'constructed', unsignedInteger(Buffer.of(2)));

/** The DER of the signed certificate. */
export function signCertificate(signer: Signer, content: CertificateContent): Buffer {
  const toBeSigned = sequence(
    version3,
    unsignedInteger(content.serialNumber),
    signer.algorithm,
    signer.name,
    sequence(time(content.notBefore), time(content.notAfter)),
    content.subject,
    content.subjectPublicKeyInfo,
    contextual(3, 'constructed', sequence(...content.extensions)),
  );
  return sequence(toBeSigned, signer.algorithm, bitString(sign(signer.hash, toBeSigned, signer.key)));
}

/** The AlgorithmIdentifier for a signing key's family and hash. */
export function signatureAlgorithm(family: 'RSA' | 'ECC', hash: 'sha256' | 'sha384'): Buffer {
  return family === 'RSA'
    ? sequence(objectIdentifier('1.2.840.113549.1.1.11'), element(derTag.nullValue))
    : sequence(objectIdentifier(hash === 'sha256' ? '1.2.840.10045.4.3.2' : '1.2.840.10045.4.3.3'));
}

/** The usual key identifier (RFC 5280, 4.2.1.2, method 1): SHA-1 of the public key's bits. */
export function keyIdentifier(publicKeyBits: Uint8Array): Buffer {
  return createHash('sha1').update(publicKeyBits).digest();
}
