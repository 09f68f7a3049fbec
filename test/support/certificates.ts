// Test material: certificate requests, CAs and certificates of every kind, made with an implementation of X.509 that the
// product uses for nothing but a second opinion on unusual requests. Key pairs are made once per kind and process.
// oxlint-disable-next-line import/no-unassigned-import -- it installs what @peculiar/x509 needs
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** The reference implementation, for comparisons. It loads only behind reflect-metadata, so it is taken from here. */
export { Extension, Pkcs10CertificateRequest, X509Certificate } from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);

/** Kinds of key pairs. */
export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'RSA-1024' | 'RSA-2048' | 'RSA-4096' | 'RSA-2048-SHA1' | 'Ed25519';

/** A name: `dns`, `ip`, `email` and `uri` are the product's kinds; `dn` stands for those that it cannot express. */
export interface TestName {
  readonly kind: 'dns' | 'ip' | 'email' | 'uri' | 'dn';
  readonly value: string;
}

/** What goes into a request or certificate; nothing is added by itself. */
export interface TestContent {
  /** In @peculiar/x509's JSON form, one object per relative name; default none. */
  readonly subject?: x509.JsonName;
  readonly names?: readonly TestName[];
  /** Bits in RFC 5280's order, by name. */
  readonly keyUsages?: readonly string[];
  readonly extendedKeyUsages?: readonly string[];
  readonly isCA?: boolean;
  /** Together with isCA. */
  readonly pathLength?: number | undefined;
  /** Any further extension. */
  readonly extensions?: readonly x509.Extension[];
}

/** A CA with everything needed to issue from it. */
export interface TestCA {
  readonly certificate: x509.X509Certificate;
  readonly pem: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** A root and the sub CA below it. */
export interface TestHierarchy {
  readonly root: TestCA;
  readonly issuing: TestCA;
}

const bits = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];
const pairs = new Map<string, Promise<webcrypto.CryptoKeyPair>>();
let lastSerial = 0x1000;

/** The key pair of this kind; `label` tells several of one kind apart. */
export async function keyPair(kind: KeyKind, label = ''): Promise<webcrypto.CryptoKeyPair> {
  const name = `${kind}/${label}`;
  const known = pairs.get(name);
  if (known !== undefined) return known;
  const made = webcrypto.subtle.generateKey(generation(kind), true, [
    'sign',
    'verify',
  ]) as Promise<webcrypto.CryptoKeyPair>;
  pairs.set(name, made);
  return made;
}

/** A request as PEM, signed with the key pair of `kind`. */
export async function makeCsr(kind: KeyKind, content: TestContent = {}, label = ''): Promise<string> {
  const keys = await keyPair(kind, label);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name(content.subject ?? []),
    keys,
    signingAlgorithm: signing(kind),
    extensions: extensionsFor(content),
  });
  return `${request.toString('pem')}\n`;
}

/** `spec.request` of a CertificateRequest with this PEM. */
export function encoded(pem: string): string {
  return Buffer.from(pem).toString('base64');
}

/** A root CA and a sub CA with keys of `kind`, valid for `years` from `from`. */
export async function makeHierarchy(kind: KeyKind, from: Date, years = 10): Promise<TestHierarchy> {
  const until = new Date(from.getTime() + years * 365 * 86_400_000);
  const root = await makeCA(kind, { name: `Test Root ${kind}`, from, until });
  return { root, issuing: await makeCA(kind, { name: `Test Issuing CA ${kind}`, from, until }, root) };
}

/** What a CA's certificate has; `key` is the label of its key pair, by default its name. */
export interface CAContent extends Omit<TestContent, 'subject'> {
  readonly name: string;
  readonly from: Date;
  readonly until: Date;
  readonly key?: string;
}

/** A CA, self-signed unless `parent` signs it. */
export async function makeCA(
  kind: KeyKind,
  { name, from, until, key = name, ...content }: CAContent,
  parent?: TestCA,
): Promise<TestCA> {
  const keys = await keyPair(kind, key);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: nextSerial(),
    subject: new x509.Name([{ CN: [name] }]),
    issuer: parent?.certificate.subjectName ?? new x509.Name([{ CN: [name] }]),
    notBefore: from,
    notAfter: until,
    publicKey: keys.publicKey,
    signingKey: (parent?.keys ?? keys).privateKey,
    signingAlgorithm: signing(kind),
    extensions: extensionsFor({ subject: [], isCA: true, keyUsages: ['keyCertSign', 'cRLSign'], ...content }),
  });
  return { certificate, pem: `${certificate.toString('pem')}\n`, keys };
}

/** A certificate for the public key `spki`, signed by `ca`; `subject` may be the DER of a Name. */
export async function issue(
  ca: TestCA,
  leaf: {
    readonly spki: Buffer;
    readonly subject: Buffer | x509.JsonName;
    readonly content: Omit<TestContent, 'subject'>;
    readonly notBefore: Date;
    readonly notAfter: Date;
  },
): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: nextSerial(),
    subject: new x509.Name(leaf.subject),
    issuer: ca.certificate.subjectName,
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
    publicKey: new x509.PublicKey(leaf.spki),
    signingKey: ca.keys.privateKey,
    signingAlgorithm: signing(ca.keys.publicKey.algorithm.name === 'ECDSA' ? 'P-256' : 'RSA-2048'),
    extensions: extensionsFor(leaf.content),
  });
  return `${certificate.toString('pem')}\n`;
}

/** The body of DescribeCACertificate for a CA, as PCA writes it: dates in milliseconds, the chain as one text. */
export function describedCA(
  { root, issuing }: TestHierarchy,
  changes: Readonly<Record<string, unknown>> = {},
): { readonly RequestId: string; readonly Certificate: Readonly<Record<string, unknown>> } {
  const ecc = issuing.keys.publicKey.algorithm.name === 'ECDSA';
  return {
    RequestId: '15C66C7B-671A-4297-9187-2C4477247A74',
    Certificate: {
      Identifier: '1ed4068c-6f1b-6deb-8e32-3f8439a851cb',
      CertificateType: 'SUB_ROOT',
      Status: 'ISSUE',
      Algorithm: ecc ? 'ECC' : 'RSA',
      IssuerType: 'local',
      SubjectDN: issuing.certificate.subject,
      BeforeDate: issuing.certificate.notBefore.getTime(),
      AfterDate: issuing.certificate.notAfter.getTime(),
      CertRemainingCount: 40,
      X509Certificate: issuing.pem,
      CaCertChain: `${issuing.pem}${root.pem}`,
      ...changes,
    },
  };
}

/** The request's DER with `from` replaced by `to`, which must be as long, as PEM again. */
export function withBytes(pem: string, from: string, to: string): string {
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64').toString('hex');
  if (!der.includes(from) || from.length !== to.length) throw new Error('The bytes to replace are not there.');
  const lines =
    Buffer.from(der.replace(from, to), 'hex')
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}

function nextSerial(): string {
  lastSerial += 1;
  return lastSerial.toString(16).padStart(32, '5');
}

function generation(kind: KeyKind): Parameters<typeof webcrypto.subtle.generateKey>[0] {
  if (kind === 'Ed25519') return { name: 'Ed25519' };
  if (kind.startsWith('P-')) return { name: 'ECDSA', namedCurve: kind } as never;
  const publicExponent = Uint8Array.of(1, 0, 1);
  return { ...signing(kind), modulusLength: Number(kind.split('-')[1]), publicExponent } as never;
}

function signing(kind: KeyKind): { readonly name: string; readonly hash: string } {
  if (kind === 'Ed25519') return { name: 'Ed25519', hash: 'SHA-512' };
  if (kind.startsWith('P-')) return { name: 'ECDSA', hash: kind === 'P-384' ? 'SHA-384' : 'SHA-256' };
  return { name: 'RSASSA-PKCS1-v1_5', hash: kind.endsWith('SHA1') ? 'SHA-1' : 'SHA-256' };
}

function extensionsFor(content: TestContent): x509.Extension[] {
  const { names = [], keyUsages, extendedKeyUsages, isCA, pathLength, extensions = [] } = content;
  const flags = (keyUsages ?? []).reduce((sum, usage) => sum | (1 << bits.indexOf(usage)), 0);
  return [
    ...(names.length > 0 ? [alternativeNames(names, content.subject === undefined)] : []),
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- several flags make a number that no member has
    ...(flags > 0 ? [new x509.KeyUsagesExtension(flags, true)] : []),
    ...(extendedKeyUsages === undefined || extendedKeyUsages.length === 0
      ? []
      : [new x509.ExtendedKeyUsageExtension([...extendedKeyUsages])]),
    ...(isCA === undefined ? [] : [new x509.BasicConstraintsExtension(isCA, pathLength, true)]),
    ...extensions,
  ];
}

function alternativeNames(names: readonly TestName[], critical: boolean): x509.Extension {
  const entries = names.map(({ kind, value }) => ({ type: kind === 'uri' ? ('url' as const) : kind, value }));
  return new x509.SubjectAlternativeNameExtension(entries, critical);
}
