// PKCS#10 certificate requests: PEM to facts, with the signature verified. In the operator the only importer of @peculiar/x509.
// @peculiar/x509 checks the structure and names the signature's algorithm; everything that decides about a certificate
// is read from the request's own bytes by the strict DER reader (docs/adr/0004-csr-with-peculiar-leaf-with-der-reader.md).
// oxlint-disable-next-line import/no-unassigned-import -- it installs what @peculiar/x509 needs
import 'reflect-metadata';
import { constants, verify } from 'node:crypto';
import type { KeyObject, VerifyKeyObjectInput } from 'node:crypto';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { bitStringOf, childrenOf, decodeDer, DerError, derTags, expectTag } from './der.ts';
import type { DerElement } from './der.ts';
import { integerOf, oidOf, sequenceOf } from './der.ts';
import { nameOf } from './distinguished-name.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import { extensionsOf } from './extensions.ts';
import type { ExtensionFacts } from './extensions.ts';
import { encodePem, readOnlyPem } from './pem.ts';
import { publicKeyOf } from './public-key.ts';
import type { PublicKeyFacts } from './public-key.ts';

/** The contents of a certificate request. */
export interface CsrFacts {
  /** The request as PEM with the label CERTIFICATE REQUEST, LF and a trailing newline. */
  readonly pem: string;
  readonly subject: DistinguishedName;
  readonly publicKey: PublicKeyFacts;
  readonly extensions: ExtensionFacts;
}

/**
 * Facts whose signature was proven, or the fault of the request; `message` never quotes it. `unsupportedKey` names
 * a kind of key with which no signature is proven here: SM2, rare curves and algorithms, RSA above 8192 bits.
 */
export type CsrResult =
  | { readonly kind: 'unsupportedKey'; readonly publicKey: PublicKeyFacts }
  | { readonly kind: 'ok'; readonly csr: CsrFacts }
  | { readonly kind: 'malformed'; readonly message: string };

const maxOctets = 64 * 1024;
const labels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];
const rsaFamily = '1.2.840.113549.1.1.';
const rsaPss = '1.2.840.113549.1.1.10';
const extensionRequest = '1.2.840.113549.1.9.14';
const acceptedHashes: ReadonlyMap<string, string> = new Map([
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]);

/** Reads a request given as PEM, of at most 64 KiB. */
export function readCsr(pem: string): CsrResult {
  if (pem.length > maxOctets) return malformed(`it is larger than ${maxOctets / 1024} KiB`);
  const block = readOnlyPem(pem, labels);
  if (block.kind === 'malformed') return block;
  const { der } = block;
  const decoded = decodeDer(der, requestOf);
  if (decoded.kind === 'malformed') return decoded;
  const { key, signed, signature, publicKey, subject, extensions } = decoded.value;
  const facts = { pem: encodePem(der, 'CERTIFICATE REQUEST'), subject, publicKey, extensions };
  if (key === undefined) return { kind: 'unsupportedKey', publicKey };
  const algorithm = signatureAlgorithm(der);
  if (algorithm.kind === 'malformed') return algorithm;
  const digest = digestFor(algorithm, publicKey);
  if (digest.kind === 'malformed') return digest;
  if (!isSignedBy(key, { digest: digest.name, pss: algorithm.name === 'RSA-PSS', signed, signature })) {
    return malformed(
      'its signature does not match its public key, so the requester has not proven that it holds the key',
    );
  }
  return { kind: 'ok', csr: facts };
}

interface RequestParts {
  readonly signed: Buffer;
  readonly signature: Buffer;
  readonly key: KeyObject | undefined;
  readonly subject: DistinguishedName;
  readonly publicKey: PublicKeyFacts;
  readonly extensions: ExtensionFacts;
}

function requestOf(root: DerElement): RequestParts {
  const [info, algorithm, signature, ...rest] = sequenceOf(root, 'the request');
  if (rest.length > 0) throw new DerError('the request has too many parts');
  checkAlgorithm(algorithm);
  const [version, subject, spki, attributes, ...others] = sequenceOf(info, 'the body of the request');
  if (others.length > 0 || attributes === undefined) throw new DerError('the body has the wrong number of parts');
  if (!integerOf(version, 'the version').equals(Buffer.of(0))) throw new DerError('the version is not 1');
  const { unused, octets } = bitStringOf(signature, 'the signature');
  if (unused !== 0) throw new DerError('the signature is not a whole number of octets');
  const { facts, key } = publicKeyOf(spki);
  return {
    signed: info?.raw ?? Buffer.alloc(0),
    signature: octets,
    key,
    subject: nameOf(subject, 'the subject'),
    publicKey: facts,
    extensions: extensionsOf(requestedExtensions(expectTag(attributes, 0xa0, 'the list of attributes'))),
  };
}

// The algorithm is not under the signature, so anything that it may hold besides its name could be changed unnoticed.
function checkAlgorithm(element: DerElement | undefined): void {
  const what = 'the algorithm of the signature';
  const [type, parameters, ...rest] = sequenceOf(element, what);
  const id = oidOf(type, what);
  const isNull = parameters?.tag === derTags.null && parameters.content.length === 0;
  const fits = parameters === undefined || id === rsaPss || (isNull && id.startsWith(rsaFamily));
  if (!fits || rest.length > 0) throw new DerError(`${what} has parameters that do not belong there`);
}

// A request has two or three.
const mostAttributes = 100;

function requestedExtensions(list: DerElement): DerElement | undefined {
  const attributes = childrenOf(list);
  if (attributes.length > mostAttributes) throw new DerError(`there are more than ${mostAttributes} attributes`);
  const found = attributes.flatMap((attribute) => {
    const [type, values] = sequenceOf(attribute, 'an attribute');
    if (oidOf(type, 'the type of an attribute') !== extensionRequest) return [];
    return childrenOf(expectTag(values, derTags.set, 'the extension request'));
  });
  if (found.length > 1) throw new DerError('extensions are requested twice');
  return found[0];
}

type SignatureAlgorithm = { readonly kind: 'ok'; readonly name: string; readonly hash: string | undefined };
type Malformed = Extract<CsrResult, { readonly kind: 'malformed' }>;

function signatureAlgorithm(der: Buffer): SignatureAlgorithm | Malformed {
  try {
    const request = new Pkcs10CertificateRequest(der);
    const { name, hash } = request.signatureAlgorithm as {
      readonly name: string;
      readonly hash?: { readonly name: string };
    };
    return { kind: 'ok', name, hash: hash?.name };
  } catch {
    // The library's message may quote the request, and any fault that it finds means that this is not a PKCS#10 request.
    return malformed('it is not a PKCS#10 certificate request');
  }
}

function digestFor(
  { name, hash }: SignatureAlgorithm,
  { family }: PublicKeyFacts,
): { readonly kind: 'ok'; readonly name: string | undefined } | Malformed {
  const fits = {
    RSA: /^(RSASSA-PKCS1-v1_5|RSA-PSS)$/,
    ECC: /^ECDSA$/,
    Ed25519: /^Ed(25519|DSA)$/,
    SM2: /$^/,
    other: /$^/,
  }[family];
  if (!fits.test(name)) return malformed('the algorithm of its signature does not fit its public key');
  if (family === 'Ed25519') return { kind: 'ok', name: undefined };
  const digest = acceptedHashes.get(hash ?? '');
  if (digest === undefined)
    return malformed(`it is signed with ${hash ?? 'an unknown hash'}; sign it with SHA-256, SHA-384 or SHA-512`);

  return { kind: 'ok', name: digest };
}

function isSignedBy(
  key: KeyObject,
  proof: {
    readonly digest: string | undefined;
    readonly pss: boolean;
    readonly signed: Buffer;
    readonly signature: Buffer;
  },
): boolean {
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
  const verifier: VerifyKeyObjectInput = proof.pss ? { key, ...pss } : { key };
  try {
    return verify(proof.digest, proof.signed, verifier, proof.signature);
  } catch {
    return false;
  }
}

function malformed(message: string): Malformed {
  return { kind: 'malformed', message };
}
