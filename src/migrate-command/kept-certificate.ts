// Whether cert-manager leaves a certificate alone once its request is gone: it then compares names only, loosely
// (cert-manager: pkg/util/pki, FuzzyX509AltNamesMatchSpec). Pure.
import { readCertificates } from '../issuing/x509/certificate-chain.ts';
import type { ReadCertificate } from '../issuing/x509/certificate.ts';
import type { NameKind } from '../issuing/x509/alternative-name.ts';
import type { AskedNames } from './facts.ts';

const commonNameType = '2.5.4.3';

/** The first certificate of a chain in PEM. */
export function certificateIn(chain: string | undefined): ReadCertificate | undefined {
  if (chain === undefined || chain === '') return undefined;
  const read = readCertificates([chain]);
  return read.kind === 'ok' ? read.certificates[0] : undefined;
}

/** The fields of the Certificate's spec from which the names in its certificate differ. */
export function nameDifferences({ facts }: ReadCertificate, asked: AskedNames): readonly string[] {
  const names = facts.extensions.alternativeNames.names;
  const of = (kind: NameKind): readonly string[] =>
    names.filter((name) => name.kind === kind).map(({ value }) => value);
  // cert-manager lets a name be the common name, a DNS name, or both.
  const commonName = facts.subject.attributes.findLast(({ oid }) => oid === commonNameType)?.value ?? '';
  const pairs: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    [
      'spec.commonName or spec.dnsNames',
      [...of('dns'), commonName].filter((name) => name !== ''),
      [...(asked.dnsNames ?? []), asked.commonName ?? ''].filter((name) => name !== ''),
    ],
    ['spec.ipAddresses', of('ip'), (asked.ipAddresses ?? []).map(canonicalAddress)],
    ['spec.uris', of('uri'), asked.uris ?? []],
    ['spec.emailAddresses', of('email'), asked.emailAddresses ?? []],
  ];
  return pairs.filter(([, found, wanted]) => !isSameSet(found, wanted)).map(([field]) => field);
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return new Set(left).symmetricDifference(new Set(right)).size === 0;
}

/** IPv6 as certificates' readers write it; anything else as it is. */
function canonicalAddress(text: string): string {
  const url = text.includes(':') ? URL.parse(`http://[${text}]`) : null;
  return url === null ? text : url.hostname.slice(1, -1);
}
