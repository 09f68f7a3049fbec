// Public keys as requests and certificates carry them: family, size, curve.
import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { decodeDer, DerError, integerOf, isNull, oidOf, sequenceOf, wholeOctetsOf, wrappedInBits } from './der.ts';
import type { DerElement } from './der.ts';
import { checkWellFormed } from './well-formed.ts';

/** Families of keys. PCA names RSA, ECC and SM2; no PCA operation issues for the rest. */
export type KeyFamily = 'RSA' | 'ECC' | 'SM2' | 'Ed25519' | 'other';

/** A public key. `name` is for messages, such as `RSA 2048` or `P-256`; `bits` is the size of modulus or curve. */
export interface PublicKeyFacts {
  readonly family: KeyFamily;
  readonly bits: number;
  readonly name: string;
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Buffer;
}

const curves: Readonly<Record<string, { readonly family: KeyFamily; readonly bits: number; readonly name: string }>> = {
  '1.2.840.10045.3.1.7': { family: 'ECC', bits: 256, name: 'P-256' },
  '1.3.132.0.33': { family: 'ECC', bits: 224, name: 'P-224' },
  '1.3.132.0.34': { family: 'ECC', bits: 384, name: 'P-384' },
  '1.3.132.0.35': { family: 'ECC', bits: 521, name: 'P-521' },
  '1.2.156.10197.1.301': { family: 'SM2', bits: 256, name: 'SM2' },
};

// Shorter ones prove nothing, and Go, which cert-manager checks signatures with, refuses them.
/** Bits of the smallest RSA key with which a signature is checked. */
export const shortestModulus = 1024;
// What a signature costs to check grows with the cube of the modulus and with the length of the exponent, and whoever made
// the key chose both. PCA takes RSA keys of 8192 bits at most, and everybody's exponent is 65537.
/** Bits of the largest RSA key with which a signature is checked. */
export const longestModulus = 8192;
// Go's limit as well.
const longestExponent = 31;
const rsa = '1.2.840.113549.1.1.1';
const rsaPss = '1.2.840.113549.1.1.10';
const ellipticCurve = '1.2.840.10045.2.1';
const ed25519 = '1.3.101.112';
const x25519 = '1.3.101.110';
const dsa = '1.2.840.10040.4.1';

/** A key that was read and not imported yet. `isUsable` is false for one with which nothing is verified: rare, too small or too large. */
export interface ReadPublicKey {
  readonly facts: PublicKeyFacts;
  readonly isUsable: boolean;
}

/** Reads a SubjectPublicKeyInfo in the forms that Go takes, and does not import it; for use inside decodeDer(). */
export function publicKeyOf(element: DerElement | undefined): ReadPublicKey {
  const { id, parameters, bits } = partsOf(element);
  const spki = element?.raw ?? Buffer.alloc(0);
  switch (id) {
    case rsa:
      if (!isNull(parameters)) throw new DerError('the algorithm of the RSA key has other parameters than NULL');
      return rsaKey(spki, rsaBits(bits));
    case ellipticCurve:
      return curveKey(spki, oidOf(parameters, 'the curve of the public key'), bits);
    case ed25519:
      if (parameters !== undefined) throw new DerError('the algorithm of the Ed25519 key has parameters');
      return { facts: { family: 'Ed25519', bits: 256, name: 'Ed25519', spki }, isUsable: true };
    default:
      return { facts: { family: 'other', bits: 0, name: `algorithm ${id}`, spki }, isUsable: false };
  }
}

/**
 * Throws DerError for a key in a certificate that Go refuses to read, but for curves that it does not know: those are
 * reported as a fault of the CA, by name. For use inside decodeDer().
 */
export function checkCertificateKey(element: DerElement | undefined): void {
  const { id, parameters, bits } = partsOf(element);
  if (id === rsa) return checkRsaKey(parameters, bits);
  if (id === dsa || id === x25519) throw new DerError('the public key is of a kind that no certificate here has');
  if (id === ellipticCurve || id === ed25519) return checkImport(publicKeyOf(element));
  if (parameters !== undefined) checkWellFormed(parameters, 'the public key');
  wholeOctetsOf(bits, 'the public key');
}

function checkRsaKey(parameters: DerElement | undefined, bits: DerElement | undefined): void {
  if (!isNull(parameters)) throw new DerError('the algorithm of the RSA key has other parameters than NULL');
  const [modulus, exponent] = sequenceOf(wrappedInBits(bits, 'the RSA key'), 'the RSA key');
  for (const part of [integerOf(modulus, 'the modulus'), integerOf(exponent, 'the exponent')]) {
    const [first = 0] = part;
    if (first >= 0x80 || part.equals(Buffer.of(0))) throw new DerError('a number of the RSA key is not positive');
  }
  if (integerOf(exponent, 'the exponent').length > 8) throw new DerError('the exponent of the RSA key is too large');
}

function checkImport({ facts, isUsable }: ReadPublicKey): void {
  if (isUsable) importKey(facts.spki);
}

/** The key of a CA, from DER of SubjectPublicKeyInfo; undefined for one with which no signature is checked. */
export function verifyingKey(spki: Buffer): KeyObject | undefined {
  const read = decodeDer(spki, (element) => {
    const { id, bits } = partsOf(element);
    const { isUsable } = id === rsaPss ? rsaKey(spki, rsaBits(bits)) : publicKeyOf(element);
    return isUsable ? importKey(spki) : undefined;
  });
  return read.kind === 'ok' ? read.value : undefined;
}

function partsOf(element: DerElement | undefined): {
  readonly id: string;
  readonly parameters: DerElement | undefined;
  readonly bits: DerElement | undefined;
} {
  const [algorithm, bits, ...rest] = sequenceOf(element, 'the public key');
  const [type, parameters, ...others] = sequenceOf(algorithm, 'the algorithm of the public key');
  if (rest.length + others.length > 0) throw new DerError('the public key has too many parts');
  return { id: oidOf(type, 'the algorithm of the public key'), parameters, bits };
}

/** The size of the modulus of an RSA key whose exponent is one to work with. */
function rsaBits(bits: DerElement | undefined): number {
  const [modulus, exponent, ...rest] = sequenceOf(wrappedInBits(bits, 'the RSA key'), 'the RSA key');
  if (rest.length > 0) throw new DerError('the RSA key has too many parts');
  const octets = integerOf(exponent, 'the exponent of the RSA key');
  if (bitLength(octets) > longestExponent)
    throw new DerError(`the exponent of the RSA key has more than ${longestExponent} bits`);

  const value = BigInt(`0x${octets.toString('hex')}`);
  if (value < 3n || value % 2n === 0n) throw new DerError('the exponent of the RSA key is not an odd number above 1');
  const product = integerOf(modulus, 'the modulus of the RSA key');
  if (((product[0] ?? 0) & 0x80) !== 0 || ((product.at(-1) ?? 0) & 1) === 0)
    throw new DerError('the modulus of the RSA key is not a positive odd number');
  return bitLength(product);
}

function bitLength(integer: Buffer): number {
  const octets = integer[0] === 0 ? integer.subarray(1) : integer;
  return octets.length === 0 ? 0 : octets.length * 8 - Math.clz32(octets[0] ?? 0) + 24;
}

function rsaKey(spki: Buffer, bits: number): ReadPublicKey {
  const facts = { family: 'RSA', bits, name: `RSA ${bits}`, spki } as const;
  return { facts, isUsable: bits >= shortestModulus && bits <= longestModulus };
}

function curveKey(spki: Buffer, curveId: string, bits: DerElement | undefined): ReadPublicKey {
  const curve = curves[curveId] ?? { family: 'other' as const, bits: 0, name: `curve ${curveId}` };
  const point = wholeOctetsOf(bits, 'the public key');
  if (curve.family !== 'ECC') return { facts: { ...curve, spki }, isUsable: false };
  // OpenSSL knows two further ways of writing a point, Go does not.
  if (point[0] !== 0x04) throw new DerError('the public key is not an uncompressed point');
  return { facts: { ...curve, spki }, isUsable: true };
}

/** The key for node:crypto, which may find that it is none; for use inside decodeDer(). */
export function importKey(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    throw new DerError('the public key is not a valid key of its algorithm');
  }
}
