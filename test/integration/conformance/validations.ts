// What cert-manager's conformance suites check after each case, as whole values: the facts of what was issued beside the
// facts of what was asked for. Stricter than the suites: names, usages and lifetime must be equal, not merely contained.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ExtendedKeyUsageExtension, KeyUsagesExtension, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { Pkcs10CertificateRequest, X509Certificate as ParsedCertificate } from '../../support/certificates.ts';
import type { Wanted } from './cases.ts';
import { extendedUsageWords, keyUsageWords } from '../../support/usage-words.ts';

/** Facts of an issued certificate. */
export interface LeafFacts {
  /** One attribute after the other, in the certificate's own order. */
  readonly subject: readonly string[];
  /** `dns:a.example`, sorted. */
  readonly names: readonly string[];
  /** Key usages and extended key usages in cert-manager's words, sorted. */
  readonly usages: readonly string[];
  readonly isCA: boolean;
  readonly seconds: number;
  readonly key: string;
  /** Key and subject are those of the X.509 request, byte by byte. */
  readonly asRequested: { readonly key: boolean; readonly subject: boolean };
}

/** Facts of a chain: `links` tells for the leaf and each intermediate whether the next, at last the root, signed it. */
export interface ChainFacts {
  readonly links: readonly boolean[];
  readonly rootIsSelfSigned: boolean;
  readonly containsRoot: boolean;
  /** Whether the leaf serves the first DNS name; undefined when there is none. */
  readonly servesHost: boolean | undefined;
}

const synonyms: Readonly<Record<string, string>> = { signing: 'digital signature' };
// PCA decides the key usages of a CA: these, whatever was asked for.
const usagesOfCAs = ['cert sign', 'crl sign'];
const defaultUsages = ['digital signature', 'key encipherment'];
const defaultHours = 2160;
const nameKinds = { dnsNames: 'dns', ipAddresses: 'ip', emailAddresses: 'email', uris: 'url' } as const;
const subjectAttributes = { organizations: 'O', organizationalUnits: 'OU', countries: 'C', localities: 'L' } as const;

/** The certificates of a PEM text, in its order. */
export function certificatesOf(pem: string): readonly X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []).map(
    (block) => new X509Certificate(block),
  );
}

/** The facts of `leaf`, compared with the PEM of the X.509 request that it answers. */
export function leafFacts(leaf: X509Certificate, csrPem: string): LeafFacts {
  const parsed = new ParsedCertificate(leaf.raw);
  const request = new Pkcs10CertificateRequest(csrPem);
  const names = parsed.getExtension<SubjectAlternativeNameExtension>('2.5.29.17')?.names.items ?? [];
  return {
    subject: subjectOf(leaf),
    names: names.map(({ type, value }) => `${type}:${value}`).toSorted(),
    usages: usagesOf(parsed),
    isCA: leaf.ca,
    seconds: (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 1_000,
    key: keyOf(leaf),
    asRequested: {
      key: equalBytes(parsed.publicKey.rawData, request.publicKey.rawData),
      subject: equalBytes(parsed.subjectName.toArrayBuffer(), request.subjectName.toArrayBuffer()),
    },
  };
}

/** The facts that a certificate for `wanted` must have. */
export function wantedFacts(wanted: Wanted): LeafFacts {
  const { usages = defaultUsages, isCA = false, duration, privateKey } = wanted;
  const given = isCA ? usagesOfCAs : usages.map((usage) => synonyms[usage] ?? usage);
  return {
    subject: wantedSubject(wanted),
    names: Object.entries(nameKinds)
      .flatMap(([field, kind]) => (wanted[field as keyof typeof nameKinds] ?? []).map((value) => `${kind}:${value}`))
      .toSorted(),
    usages: given.toSorted(),
    isCA,
    seconds: (duration === undefined ? defaultHours : Number.parseInt(duration, 10)) * 3_600,
    key: wantedKey(privateKey),
    asRequested: { key: true, subject: true },
  };
}

/** The facts of a chain that starts with the leaf and ends below `rootPem`. */
export function chainFacts(
  chain: readonly X509Certificate[],
  rootPem: string,
  dnsNames: readonly string[] = [],
): ChainFacts {
  const [root] = certificatesOf(rootPem);
  const [host] = dnsNames;
  if (root === undefined) throw new Error('There is no root certificate.');
  return {
    links: chain.map((each, index) => signed(each, chain[index + 1] ?? root)),
    rootIsSelfSigned: signed(root, root),
    containsRoot: chain.some(({ raw }) => raw.equals(root.raw)),
    servesHost: host === undefined ? undefined : chain[0]?.checkHost(host.replace('*', 'any')) !== undefined,
  };
}

/** The facts that the chain of a certificate for `wanted` must have: one intermediate, the root left out. */
export function wantedChain({ dnsNames = [] }: Pick<Wanted, 'dnsNames'>): ChainFacts {
  const servesHost = dnsNames.length === 0 ? undefined : true;
  return { links: [true, true], rootIsSelfSigned: true, containsRoot: false, servesHost };
}

/** Whether this private key belongs to the certificate. */
export function keyMatches(leaf: X509Certificate, keyPem: string): boolean {
  return leaf.checkPrivateKey(createPrivateKey(keyPem));
}

function signed(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function subjectOf({ subject }: X509Certificate): readonly string[] {
  return (subject as string | undefined)?.split('\n').filter((line) => line !== '') ?? [];
}

// RFC 4514 writes a name from its end.
function wantedSubject({ literalSubject, subject = {}, commonName }: Wanted): readonly string[] {
  if (literalSubject !== undefined) return literalSubject.split(',').toReversed();
  // cert-manager puts the values of one attribute into one relative name.
  const attributes = Object.entries(subjectAttributes).map(([field, name]) =>
    (subject[field] ?? []).map((value) => `${name}=${value}`).join(' + '),
  );
  return [...attributes.filter((each) => each !== ''), ...(commonName === undefined ? [] : [`CN=${commonName}`])];
}

function usagesOf(parsed: ParsedCertificate): readonly string[] {
  const bits = parsed.getExtension<KeyUsagesExtension>('2.5.29.15')?.usages ?? 0;
  const extended = parsed.getExtension<ExtendedKeyUsageExtension>('2.5.29.37')?.usages ?? [];
  return [
    ...keyUsageWords.filter((_, bit) => (bits & (1 << bit)) !== 0),
    ...extended.map((usage) => extendedUsageWords[String(usage)] ?? String(usage)),
  ].toSorted();
}

function keyOf({ publicKey: { asymmetricKeyType, asymmetricKeyDetails } }: X509Certificate): string {
  return asymmetricKeyType === 'rsa'
    ? `RSA ${asymmetricKeyDetails?.modulusLength}`
    : `ECDSA ${asymmetricKeyDetails?.namedCurve}`;
}

const curves: Readonly<Record<number, string>> = { 256: 'prime256v1', 384: 'secp384r1', 521: 'secp521r1' };

function wantedKey({ algorithm = 'RSA', size }: NonNullable<Wanted['privateKey']> = {}): string {
  return algorithm === 'RSA' ? `RSA ${size ?? 2048}` : `ECDSA ${curves[size ?? 256]}`;
}

function equalBytes(one: ArrayBuffer, other: ArrayBuffer): boolean {
  return Buffer.from(one).equals(Buffer.from(other));
}
