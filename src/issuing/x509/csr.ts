// PKCS#10 certificate requests: PEM to facts, with the signature verified. All of it is read from the request's own bytes by the
// strict DER reader (docs/adr/0004-csr-and-leaf-with-our-own-der-reader.md).
import { constants, hash, verify } from 'node:crypto';
import { decodeDer, DerError, expectTag, smallIntegerOf, sequenceOf, wholeOctetsOf } from './der.ts';
import type { DerElement } from './der.ts';
import { requestedNameOf } from './distinguished-name.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import { extensionsOf } from './extensions.ts';
import type { ExtensionFacts } from './extensions.ts';
import { encodePem, readOnlyPem } from './pem.ts';
import { importKey, publicKeyOf } from './public-key.ts';
import type { PublicKeyFacts } from './public-key.ts';
import { requestedExtensionsOf } from './request/attributes.ts';
import type { Unseconded } from './request/second-opinion.ts';
import { isUsual, signatureAlgorithmOf } from './signature-algorithm.ts';
import type { SignatureAlgorithm } from './signature-algorithm.ts';

/** The contents of a certificate request. */
export interface CsrFacts {
  /** The request as PEM with the label CERTIFICATE REQUEST, LF and a trailing newline. */
  readonly pem: string;
  readonly subject: DistinguishedName;
  readonly publicKey: PublicKeyFacts;
  readonly extensions: ExtensionFacts;
}

/**
 * Facts whose signature was proven, or the fault of the request; `message` never quotes it. `unseconded`: they count only once
 * a second reader has taken the request as well. `unsupportedKey` names a kind of key with which no signature is proven here:
 * SM2, rare curves and algorithms, RSA of unusual size. `proof` stands for these very octets, wherever they are read again.
 */
export type CsrResult =
  | { readonly kind: 'ok'; readonly csr: CsrFacts; readonly proof: string; readonly algorithm: SignatureAlgorithm }
  | { readonly kind: 'unseconded'; readonly csr: CsrFacts; readonly proof: string; readonly unseconded: Unseconded }
  | { readonly kind: 'unsupportedKey'; readonly publicKey: PublicKeyFacts }
  | { readonly kind: 'malformed'; readonly message: string };

const maxOctets = 64 * 1024;
const labels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];

/**
 * Reads a request given as PEM, of at most 64 KiB. `proven`: the proof of one that has been taken before, whose signature is not
 * checked again.
 */
export function readCsr(pem: string, proven?: string): CsrResult {
  if (pem.length > maxOctets) return malformed(`it is larger than ${maxOctets / 1024} KiB`);
  const block = readOnlyPem(pem, labels);
  if (block.kind === 'malformed') return block;
  const { der } = block;
  const decoded = decodeDer(der, requestOf);
  if (decoded.kind === 'malformed') return decoded;
  const { isUsable, algorithm, publicKey, subject, extensions } = decoded.value;
  if (!isUsable) return { kind: 'unsupportedKey', publicKey };
  if (algorithm.family !== publicKey.family)
    return malformed('the algorithm of its signature does not fit its public key');
  const proof = hash('sha256', der, 'base64');
  const isProven = proof === proven;
  const fault = isProven ? undefined : signatureFault(decoded.value);
  if (fault !== undefined) return malformed(fault);
  const csr = { pem: encodePem(der, 'CERTIFICATE REQUEST'), subject, publicKey, extensions };
  return isUsual(algorithm) || isProven
    ? { kind: 'ok', csr, proof, algorithm }
    : { kind: 'unseconded', csr, proof, unseconded: { der, algorithm } };
}

interface RequestParts {
  readonly signed: Buffer;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Buffer;
  readonly isUsable: boolean;
  readonly subject: DistinguishedName;
  readonly publicKey: PublicKeyFacts;
  readonly extensions: ExtensionFacts;
}

function requestOf(root: DerElement): RequestParts {
  const [info, algorithm, signature, ...rest] = sequenceOf(root, 'the request');
  if (rest.length > 0) throw new DerError('the request has too many parts');
  const read = signatureAlgorithmOf(algorithm);
  const [version, subject, spki, attributes, ...others] = sequenceOf(info, 'the body of the request');
  if (others.length > 0 || attributes === undefined) throw new DerError('the body has the wrong number of parts');
  if (smallIntegerOf(version, 'the version') !== 0n) throw new DerError('the version is not 1');
  const octets = wholeOctetsOf(signature, 'the signature');
  const { facts, isUsable } = publicKeyOf(spki);
  return {
    signed: info?.raw ?? Buffer.alloc(0),
    algorithm: read,
    signature: octets,
    isUsable,
    subject: requestedNameOf(subject, 'the subject'),
    publicKey: facts,
    extensions: extensionsOf(requestedExtensionsOf(expectTag(attributes, 0xa0, 'the list of attributes'))),
  };
}

/** Why the signature proves nothing; undefined where it proves that the requester holds the key. */
function signatureFault({ publicKey: { spki }, algorithm, signed, signature }: RequestParts): string | undefined {
  const { digest, saltLength } = algorithm;
  // Not imported first: what is imported stays in memory until it is collected. As DER it would take longer, by 0.02 ms.
  const key = encodePem(spki, 'PUBLIC KEY');
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  try {
    if (verify(digest, signed, saltLength === undefined ? key : pss, signature)) return undefined;
  } catch {
    const imported = decodeDer(spki, () => importKey(spki));
    if (imported.kind === 'malformed') return imported.message;
  }
  return 'its signature does not match its public key, so the requester has not proven that it holds the key';
}

function malformed(message: string): CsrResult & { readonly kind: 'malformed' } {
  return { kind: 'malformed', message };
}
