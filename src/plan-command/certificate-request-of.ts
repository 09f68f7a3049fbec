// The CSR that cert-manager would make from a Certificate (cert-manager 1.21: pki.GenerateCSR), with a throw-away key.
// Besides src/issuing/x509/request/second-reader.ts the only importer of @peculiar/x509: that one reads requests, this one makes them.
// oxlint-disable-next-line import/no-unassigned-import -- it installs what @peculiar/x509 needs
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  Extension,
  ExtendedKeyUsageExtension,
  KeyUsagesExtension,
  Name,
  Pkcs10CertificateRequestGenerator,
} from '@peculiar/x509';
import { encodePem } from '../issuing/x509/pem.ts';
import { keyUsages, readUsages } from '../issuing/x509/usages.ts';
import type { CertificateSpec } from './certificate-schema.ts';
import { alternativeNamesOf, nameConstraintsOf } from './general-names.ts';
import { subjectOf } from './subject.ts';

/** The request as PEM and the kind of its throw-away key, or why there can be none; `fault` names the field. */
export type RequestOfCertificate =
  | { readonly kind: 'made'; readonly pem: string; readonly key: string }
  | { readonly kind: 'unfit'; readonly fault: string };

interface KeyChoice {
  readonly name: string;
  readonly generation: webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyGenParams | webcrypto.Algorithm;
  readonly signing: { readonly name: string; readonly hash: string };
}

type Unfit = Extract<RequestOfCertificate, { readonly kind: 'unfit' }>;

/** The key pairs of a run: one of each kind and size, as making one takes a second for large RSA keys. */
export class ThrowAwayKeys {
  readonly #pairs = new Map<string, Promise<webcrypto.CryptoKeyPair>>();

  /** The key pair of this kind; made when it is asked for first. */
  async of(generation: KeyChoice['generation']): Promise<webcrypto.CryptoKeyPair> {
    const kind = JSON.stringify(generation);
    const known = this.#pairs.get(kind);
    if (known !== undefined) return known;
    const made = webcrypto.subtle.generateKey(generation, false, [
      'sign',
      'verify',
    ]) as Promise<webcrypto.CryptoKeyPair>;
    this.#pairs.set(kind, made);
    return made;
  }
}

/** Makes the request with one of these keys. */
export async function certificateRequestOf(spec: CertificateSpec, keys: ThrowAwayKeys): Promise<RequestOfCertificate> {
  const content = contentOf(spec);
  if (content.kind === 'unfit') return content;
  const choice = keyChoiceOf(spec);
  if ('fault' in choice) return choice;
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: new Name(content.subject),
    keys: await keys.of(choice.generation),
    signingAlgorithm: choice.signing,
    extensions: [...content.extensions],
  });
  return { kind: 'made', pem: encodePem(Buffer.from(request.rawData), 'CERTIFICATE REQUEST'), key: choice.name };
}

function contentOf(
  spec: CertificateSpec,
): { readonly kind: 'ok'; readonly subject: Buffer; readonly extensions: readonly Extension[] } | Unfit {
  const subject = subjectOf(spec);
  if (subject.kind === 'unfit') return subject;
  const names = alternativeNamesOf(spec);
  if (names.kind === 'unfit') return names;
  const constraints = nameConstraintsOf(spec);
  if (constraints.kind === 'unfit') return constraints;
  if (subject.commonName === '' && names.value === undefined) {
    return unfit(
      'spec has neither a commonName nor an alternative name, and cert-manager asks for one. Set dnsNames, ipAddresses, uris, emailAddresses, otherNames or commonName.',
    );
  }
  const emptySubject = subject.der.length === 2;
  return {
    kind: 'ok',
    subject: subject.der,
    extensions: [
      ...(names.value === undefined ? [] : [new Extension('2.5.29.17', emptySubject, names.value)]),
      ...(spec.encodeUsagesInRequest ? usageExtensions(spec) : []),
      ...(constraints.value === undefined
        ? []
        : [new Extension('2.5.29.30', spec.nameConstraints?.critical === true, constraints.value)]),
    ],
  };
}

/** Unknown words are left out: reading the request refuses them in the controller's own words. */
function usageExtensions({ usages, isCA }: CertificateSpec): readonly Extension[] {
  const words = usages === undefined || usages.length === 0 ? [undefined] : usages.map((word) => [word]);
  // Word by word, because cert-manager keeps repetitions of extended usages.
  const read = words.flatMap((word) => {
    const result = readUsages(word);
    return result.kind === 'ok' ? [result.usages] : [];
  });
  const bits = new Set([...read.flatMap((each) => each.keyUsages), ...(isCA ? ['keyCertSign' as const] : [])]);
  const flags = keyUsages.reduce((sum, usage, bit) => (bits.has(usage) ? sum | (1 << bit) : sum), 0);
  const extended = read.flatMap((each) => each.extendedKeyUsages);
  return [
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- several flags make a number that no member has
    ...(flags === 0 ? [] : [new KeyUsagesExtension(flags, true)]),
    ...(extended.length === 0 ? [] : [new ExtendedKeyUsageExtension(extended)]),
  ];
}

const curves: ReadonlyMap<number, { readonly namedCurve: string; readonly hash: string }> = new Map([
  [256, { namedCurve: 'P-256', hash: 'SHA-256' }],
  [384, { namedCurve: 'P-384', hash: 'SHA-384' }],
  [521, { namedCurve: 'P-521', hash: 'SHA-512' }],
]);

const signatureAlgorithms = { RSA: /^SHA(\d+)WithRSA$/, ECDSA: /^ECDSAWithSHA(\d+)$/, Ed25519: /^PureEd()25519$/ };

function keyChoiceOf({ privateKey: { algorithm, size = 0 }, signatureAlgorithm }: CertificateSpec): KeyChoice | Unfit {
  const chosen = signatureAlgorithm === undefined ? [] : signatureAlgorithms[algorithm].exec(signatureAlgorithm);
  if (chosen === null) {
    return unfit(
      `spec.signatureAlgorithm ${signatureAlgorithm} does not fit a key of algorithm ${algorithm}. Choose one that does, or leave it out.`,
    );
  }
  const hash = chosen[1] === undefined ? undefined : `SHA-${chosen[1]}`;
  switch (algorithm) {
    case 'RSA':
      return rsaChoice(size === 0 ? 2048 : size, hash);
    case 'ECDSA':
      return ecdsaChoice(size === 0 ? 256 : size, hash);
    case 'Ed25519':
      return choice('Ed25519', { name: 'Ed25519' }, { name: 'Ed25519', hash: 'SHA-512' });
  }
}

function ecdsaChoice(bits: number, chosenHash: string | undefined): KeyChoice | Unfit {
  const curve = curves.get(bits);
  if (curve === undefined)
    return unfit(`spec.privateKey.size is ${bits}, but ECDSA keys have 256, 384 or 521. Choose one of these.`);

  const { namedCurve, hash } = curve;
  return choice(`ECDSA ${namedCurve}`, { name: 'ECDSA', namedCurve }, { name: 'ECDSA', hash: chosenHash ?? hash });
}

function rsaChoice(bits: number, chosenHash: string | undefined): KeyChoice | Unfit {
  if (bits < 2048 || bits > 8192) {
    return unfit(
      `spec.privateKey.size is ${bits}, but cert-manager makes RSA keys of 2048 to 8192 bits. Choose such a size.`,
    );
  }
  const hash = chosenHash ?? (bits >= 4096 ? 'SHA-512' : bits >= 3072 ? 'SHA-384' : 'SHA-256');
  const signing = { name: 'RSASSA-PKCS1-v1_5', hash };
  return choice(`RSA ${bits}`, { ...signing, modulusLength: bits, publicExponent: Uint8Array.of(1, 0, 1) }, signing);
}

function choice(name: string, generation: KeyChoice['generation'], signing: KeyChoice['signing']): KeyChoice {
  return { name, generation, signing };
}

function unfit(fault: string): Unfit {
  return { kind: 'unfit', fault };
}
