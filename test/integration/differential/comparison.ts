// Whether both readers see the same in a request or certificate that both take.
import type { CertificateFacts } from '../../../src/issuing/x509/certificate.ts';
import type { CsrFacts } from '../../../src/issuing/x509/csr.ts';
import type { AlternativeNames } from '../../../src/issuing/x509/alternative-name.ts';
import type { DistinguishedName } from '../../../src/issuing/x509/distinguished-name.ts';
import { keyUsages } from '../../../src/issuing/x509/usages.ts';
import type { CertificateInGo, NameInGo, RequestInGo } from './go-reader.ts';

/** The same facts of one thing as both have read them, ready to be compared as whole values. */
export interface BothReadings {
  readonly ours: unknown;
  readonly go: unknown;
}

type ExtensionFacts = CsrFacts['extensions'];

/** What both read in a request. */
export function readingsOfRequest({ subject, publicKey, extensions }: CsrFacts, go: RequestInGo): BothReadings {
  return {
    ours: {
      ...nameFacts(subject),
      publicKey: publicKey.name,
      rawPublicKey: publicKey.spki.toString('base64'),
      ...extensionFacts(extensions),
      hasConstraints: extensions.isCA !== undefined,
    },
    go: {
      ...nameFactsInGo(go.subject, go.rawSubject),
      publicKey: go.publicKey,
      rawPublicKey: go.rawPublicKey,
      ...extensionFactsInGo(go),
      hasConstraints: go.hasConstraints,
    },
  };
}

/** What both read in a certificate. */
export function readingsOfCertificate(ours: CertificateFacts, go: CertificateInGo): BothReadings {
  return {
    ours: {
      ...nameFacts(ours.subject),
      issuer: nameFacts(ours.issuer),
      rawPublicKey: ours.spki.toString('base64'),
      ...extensionFacts(ours.extensions),
      serialNumber: BigInt(`0x${ours.serialNumber}`),
      notBefore: ours.notBefore.getTime() / 1000,
      notAfter: ours.notAfter.getTime() / 1000,
      subjectKeyId: ours.keyIdentifiers.own?.toString('hex') ?? '',
      authorityKeyId: ours.keyIdentifiers.issuers?.toString('hex') ?? '',
    },
    go: {
      ...nameFactsInGo(go.subject, go.rawSubject),
      issuer: nameFactsInGo(go.issuer, go.rawIssuer),
      rawPublicKey: go.rawPublicKey,
      ...extensionFactsInGo(go),
      serialNumber: BigInt(`0x${go.serialNumber}`),
      notBefore: go.notBefore,
      notAfter: go.notAfter,
      subjectKeyId: go.subjectKeyId,
      authorityKeyId: go.authorityKeyId,
    },
  };
}

function nameFacts({ der, attributes }: DistinguishedName): object {
  const sets = [...Map.groupBy(attributes, ({ rdn }) => rdn).values()].map((members) =>
    members.map(({ oid, value }) => ({ type: oid, value })),
  );
  return { name: sets, raw: der.toString('base64') };
}

// Go keeps relative names without an attribute, which say nothing; here they are not there. An attribute without a value has
// the empty text in both: that it counts as none is decided later (src/issuing/x509/distinguished-name.ts, withValue).
function nameFactsInGo(name: NameInGo, raw: string): object {
  return { name: name.filter((members) => members.length > 0), raw };
}

function extensionFacts(extensions: ExtensionFacts): object {
  const bits = (extensions.keyUsages ?? []).map((usage) => 1 << keyUsages.indexOf(usage));
  return {
    names: namesByKind(extensions.alternativeNames),
    keyUsage: bits.reduce((sum, bit) => sum | bit, 0),
    extKeyUsages: (extensions.extendedKeyUsages ?? []).toSorted(),
    isCA: extensions.isCA ?? false,
    pathLength: extensions.pathLength ?? null,
    hasNames: extensions.alternativeNames.names.length + extensions.alternativeNames.unsupported.length > 0,
    has: [
      extensions.keyUsages !== undefined,
      extensions.extendedKeyUsages !== undefined,
      extensions.hasNameConstraints,
    ],
  };
}

function extensionFactsInGo(go: RequestInGo | CertificateInGo): object {
  const isPresent = (id: string): boolean => go.extensions.some((extension) => extension.id === id);
  return {
    names: { ...go.names, addresses: go.names.addresses.map(addressText) },
    keyUsage: go.keyUsage,
    extKeyUsages: [...go.extKeyUsages, ...go.unknownExtKeyUsages].toSorted(),
    isCA: go.isCA,
    pathLength: go.pathLength,
    hasNames: isPresent('2.5.29.17'),
    has: [isPresent('2.5.29.15'), isPresent('2.5.29.37'), isPresent('2.5.29.30')],
  };
}

function namesByKind({ names }: AlternativeNames): object {
  const of = (wanted: string): readonly string[] =>
    names.filter(({ kind }) => kind === wanted).map(({ value }) => value);
  return { dns: of('dns'), emails: of('email'), addresses: of('ip'), uris: of('uri') };
}

/** The text of an address given in hex: dotted, or as URLs write it, which is RFC 5952. */
function addressText(hex: string): string {
  const octets = Buffer.from(hex, 'hex');
  if (octets.length === 4) return octets.join('.');
  return new URL(`http://[${hex.match(/.{4}/g)?.join(':') ?? ''}]`).hostname.slice(1, -1);
}
