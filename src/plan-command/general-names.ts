// Alternative names and name constraints as cert-manager writes them into a request (cert-manager: pkg/util/pki).
import { isIPv4, isIPv6 } from 'node:net';
import type { CertificateSpec } from './certificate-schema.ts';
import { der, derOid, derSequence } from './der-writer.ts';

/** Value of an extension, undefined where it is left out; `fault` begins with the field's path. */
export type ExtensionResult =
  { readonly kind: 'ok'; readonly value: Buffer | undefined } | { readonly kind: 'unfit'; readonly fault: string };

const tags = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;

/** Value of SubjectAltName: DNS names, e-mail addresses, IP addresses, URIs, names of other kinds, in this order. */
export function alternativeNamesOf(spec: CertificateSpec): ExtensionResult {
  const { dnsNames = [], emailAddresses = [], ipAddresses = [], uris = [], otherNames = [] } = spec;
  return join([
    ...dnsNames.map((name, index) => ia5(tags.dns, name, `spec.dnsNames[${index}]`)),
    ...emailAddresses.map((name, index) => ia5(tags.email, name, `spec.emailAddresses[${index}]`)),
    ...ipAddresses.map((name, index) => address(name, `spec.ipAddresses[${index}]`)),
    ...uris.map((name, index) => ia5(tags.uri, name, `spec.uris[${index}]`)),
    ...otherNames.map((name, index) => otherName(name, `spec.otherNames[${index}]`)),
  ]);
}

/** Value of NameConstraints. */
export function nameConstraintsOf({ nameConstraints = { critical: false } }: CertificateSpec): ExtensionResult {
  const parts: Buffer[] = [];
  for (const [kind, tag] of [
    ['permitted', 0xa0],
    ['excluded', 0xa1],
  ] as const) {
    const { dnsDomains = [], ipRanges = [], emailAddresses = [], uriDomains = [] } = nameConstraints[kind] ?? {};
    const path = `spec.nameConstraints.${kind}`;
    const subtrees = [
      ...dnsDomains.map((name, index) => ia5(tags.dns, name, `${path}.dnsDomains[${index}]`)),
      ...ipRanges.map((range, index) => network(range, `${path}.ipRanges[${index}]`)),
      ...emailAddresses.map((name, index) => ia5(tags.email, name, `${path}.emailAddresses[${index}]`)),
      ...uriDomains.map((name, index) => ia5(tags.uri, name, `${path}.uriDomains[${index}]`)),
    ];
    const fault = subtrees.find((subtree) => typeof subtree === 'string');
    if (fault !== undefined) return { kind: 'unfit', fault };
    if (subtrees.length > 0) parts.push(der(tag, ...subtrees.map((subtree) => derSequence(subtree as Buffer))));
  }
  return { kind: 'ok', value: parts.length === 0 ? undefined : derSequence(...parts) };
}

function join(names: readonly (Buffer | string)[]): ExtensionResult {
  const fault = names.find((name) => typeof name === 'string');
  if (fault !== undefined) return { kind: 'unfit', fault };
  return { kind: 'ok', value: names.length === 0 ? undefined : derSequence(...(names as readonly Buffer[])) };
}

function ia5(tag: number, text: string, path: string): Buffer | string {
  const plain = Array.from(text).every((character) => character <= '\u007f');
  return plain ? der(tag, Buffer.from(text)) : `${path} is not ASCII. Write it in its ASCII form (punycode).`;
}

function otherName(
  { oid, utf8Value }: { readonly oid: string; readonly utf8Value: string },
  path: string,
): Buffer | string {
  const type = derOid(oid);
  if (type === undefined) return `${path}.oid is not an object identifier. Write it as 1.3.6.1.4.1.311.20.2.3.`;
  return der(0xa0, type, der(0xa0, der(0x0c, Buffer.from(utf8Value))));
}

function address(text: string, path: string): Buffer | string {
  const octets = addressOctets(text);
  return octets === undefined ? `${path} is not an IP address. Write it as 10.0.0.1 or fd00::1.` : der(tags.ip, octets);
}

function network(range: string, path: string): Buffer | string {
  const [, text = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(range) ?? [];
  const octets = addressOctets(text);
  const bits = Number(digits);
  if (octets === undefined || digits === '' || bits > octets.length * 8)
    return `${path} is not a range of IP addresses. Write it as 10.0.0.0/8 or fd00::/8.`;

  const mask = Buffer.from(octets.map((_, index) => 0xff00 >> Math.min(8, Math.max(0, bits - index * 8))));
  return der(tags.ip, Buffer.from(octets.map((octet, index) => octet & (mask[index] ?? 0))), mask);
}

function addressOctets(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (!isIPv6(text) || text.includes('%')) return undefined;
  // A URL's host is the canonical form, in which every group is hexadecimal.
  const [head = '', tail = ''] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::');
  const left = groupsOf(head);
  const right = groupsOf(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0000');
  const octets = Buffer.from([...left, ...zeros, ...right].join(''), 'hex');
  const mapped = octets.subarray(0, 12).equals(Buffer.from('00000000000000000000ffff', 'hex'));
  // As Go does: an IPv4 address is written in four octets however it was given.
  return mapped ? octets.subarray(12) : octets;
}

function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':').map((group) => group.padStart(4, '0'));
}
