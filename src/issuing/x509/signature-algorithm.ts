// The algorithms of signatures, in exact forms alone. In a request the field is not under the signature, so that anything else that
// it may hold could be changed unnoticed.
import { childrenOf, DerError, isNull, oidOf, sequenceOf, smallIntegerOf } from './der.ts';
import type { DerElement } from './der.ts';
import type { KeyFamily } from './public-key.ts';

/** How something is signed. `saltLength`: octets, for RSASSA-PSS only. */
export interface SignatureAlgorithm {
  readonly family: KeyFamily;
  /** A name of node:crypto; undefined where the algorithm has its own. */
  readonly digest: string | undefined;
  readonly saltLength: number | undefined;
}

const what = 'the algorithm of the signature';
const rsaPss = '1.2.840.113549.1.1.10';
const maskFunction = '1.2.840.113549.1.1.8';

const algorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  '1.2.840.113549.1.1.11': { family: 'RSA', digest: 'sha256', saltLength: undefined },
  '1.2.840.113549.1.1.12': { family: 'RSA', digest: 'sha384', saltLength: undefined },
  '1.2.840.113549.1.1.13': { family: 'RSA', digest: 'sha512', saltLength: undefined },
  '1.2.840.10045.4.3.2': { family: 'ECC', digest: 'sha256', saltLength: undefined },
  '1.2.840.10045.4.3.3': { family: 'ECC', digest: 'sha384', saltLength: undefined },
  '1.2.840.10045.4.3.4': { family: 'ECC', digest: 'sha512', saltLength: undefined },
  '1.3.101.112': { family: 'Ed25519', digest: undefined, saltLength: undefined },
};

const hashes: Readonly<Record<string, { readonly digest: string; readonly octets: number }>> = {
  '2.16.840.1.101.3.4.2.1': { digest: 'sha256', octets: 32 },
  '2.16.840.1.101.3.4.2.2': { digest: 'sha384', octets: 48 },
  '2.16.840.1.101.3.4.2.3': { digest: 'sha512', octets: 64 },
};

const weak: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'MD5',
  '1.2.840.113549.1.1.5': 'SHA-1',
  '1.3.14.3.2.29': 'SHA-1',
  '1.2.840.10045.4.1': 'SHA-1',
};

/** Reads the AlgorithmIdentifier of a request; for use inside decodeDer(). */
export function signatureAlgorithmOf(element: DerElement | undefined): SignatureAlgorithm {
  const [type, parameters, ...rest] = sequenceOf(element, what);
  const id = oidOf(type, what);
  if (rest.length > 0) throw unfitting();
  if (id === rsaPss) return pssOf(parameters);
  const hash = weak[id];
  if (hash !== undefined) throw new DerError(`it is signed with ${hash}; sign it with SHA-256, SHA-384 or SHA-512`);
  const known = algorithms[id];
  if (known === undefined)
    throw new DerError(`it is signed with algorithm ${id}; sign it with RSA or ECDSA and SHA-256, SHA-384 or SHA-512`);
  if (!isFitting(known, parameters)) throw unfitting();
  return known;
}

/**
 * Reads an AlgorithmIdentifier where it is one of RSASSA-PKCS1-v1_5 or ECDSA with SHA-256, SHA-384 or SHA-512; undefined for any
 * other. For use inside decodeDer().
 */
export function usualAlgorithmOf(element: DerElement | undefined): SignatureAlgorithm | undefined {
  const [type, parameters, ...rest] = sequenceOf(element, what);
  const known = algorithms[oidOf(type, what)];
  return known !== undefined && isUsual(known) && rest.length === 0 && isFitting(known, parameters) ? known : undefined;
}

/** Whether it is RSASSA-PKCS1-v1_5 or ECDSA. */
export function isUsual({ family, saltLength }: SignatureAlgorithm): boolean {
  return (family === 'RSA' || family === 'ECC') && saltLength === undefined;
}

function isFitting({ family }: SignatureAlgorithm, parameters: DerElement | undefined): boolean {
  return parameters === undefined || (family === 'RSA' && isNull(parameters));
}

/** The three forms that Go knows: one hash for message and mask, and a salt that is as long as it. */
function pssOf(parameters: DerElement | undefined): SignatureAlgorithm {
  const [hash, mask, salt, ...rest] = sequenceOf(parameters, what);
  const [maskType, maskHash, ...others] = sequenceOf(explicit(mask, 0xa1), what);
  const id = hashOf(explicit(hash, 0xa0));
  const known = hashes[id];
  const fits =
    rest.length + others.length === 0 &&
    oidOf(maskType, what) === maskFunction &&
    hashOf(maskHash) === id &&
    known !== undefined &&
    smallIntegerOf(explicit(salt, 0xa2), what) === BigInt(known.octets);
  if (!fits) throw unfitting();
  return { family: 'RSA', digest: known.digest, saltLength: known.octets };
}

function hashOf(element: DerElement | undefined): string {
  const [type, parameters, ...rest] = sequenceOf(element, what);
  if (rest.length > 0 || !(parameters === undefined || isNull(parameters))) throw unfitting();
  return oidOf(type, what);
}

function explicit(element: DerElement | undefined, tag: number): DerElement {
  const [inner, ...rest] = element?.tag === tag ? childrenOf(element) : [];
  if (inner === undefined || rest.length > 0) throw unfitting();
  return inner;
}

function unfitting(): DerError {
  return new DerError(`${what} has parameters that do not belong there`);
}
