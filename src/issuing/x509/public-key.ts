// Public keys as requests and certificates carry them: family, size, curve.
import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DerError, oidOf, sequenceOf } from './der.ts';
import type { DerElement } from './der.ts';

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

/** A key and its form in node:crypto; `key` is undefined for families that node:crypto cannot verify with. */
export interface ReadPublicKey {
  readonly facts: PublicKeyFacts;
  readonly key: KeyObject | undefined;
}

/** Reads a SubjectPublicKeyInfo; for use inside decodeDer(). */
export function publicKeyOf(element: DerElement | undefined): ReadPublicKey {
  const [algorithm] = sequenceOf(element, 'the public key');
  const [type, parameters] = sequenceOf(algorithm, 'the algorithm of the public key');
  const id = oidOf(type, 'the algorithm of the public key');
  const spki = element?.raw ?? Buffer.alloc(0);
  switch (id) {
    case '1.2.840.113549.1.1.1':
      return rsaKey(spki);
    case '1.2.840.10045.2.1':
      return curveKey(spki, oidOf(parameters, 'the curve of the public key'));
    case '1.3.101.112':
      return { facts: { family: 'Ed25519', bits: 256, name: 'Ed25519', spki }, key: importKey(spki) };
    default:
      return { facts: { family: 'other', bits: 0, name: `algorithm ${id}`, spki }, key: undefined };
  }
}

function rsaKey(spki: Buffer): ReadPublicKey {
  const key = importKey(spki);
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (publicExponent < 3n || publicExponent % 2n === 0n)
    throw new DerError('the exponent of the RSA key is not an odd number above 1');

  return { facts: { family: 'RSA', bits: modulusLength, name: `RSA ${modulusLength}`, spki }, key };
}

function curveKey(spki: Buffer, curveId: string): ReadPublicKey {
  const curve = curves[curveId] ?? { family: 'other' as const, bits: 0, name: `curve ${curveId}` };
  return { facts: { ...curve, spki }, key: curve.family === 'ECC' ? importKey(spki) : undefined };
}

function importKey(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    throw new DerError('the public key is not a valid key of its algorithm');
  }
}
