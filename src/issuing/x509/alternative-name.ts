// Subject alternative names: the four kinds that PCA's operations know, and what else a request may carry.
import { isPrintableAscii } from './ascii.ts';
import { childrenOf, DerError, derTags, expectTag } from './der.ts';
import type { DerElement } from './der.ts';
import { shownText } from './shown-text.ts';
import { isPlainUri } from './uri.ts';

/** The kinds of names that can be asked for. */
export type NameKind = 'dns' | 'ip' | 'email' | 'uri';

/** One name. An `ip` is in canonical text form: dotted, or RFC 5952. */
export interface AlternativeName {
  readonly kind: NameKind;
  readonly value: string;
}

/** The names of a SubjectAltName extension; kinds that no operation can issue are listed by their RFC 5280 name. */
export interface AlternativeNames {
  readonly names: readonly AlternativeName[];
  readonly unsupported: readonly string[];
}

const textKinds: Readonly<Record<number, NameKind>> = { 0x81: 'email', 0x82: 'dns', 0x86: 'uri' };
const unsupportedKinds: Readonly<Record<number, string>> = {
  0xa0: 'otherName',
  0xa3: 'x400Address',
  0xa4: 'directoryName',
  0xa5: 'ediPartyName',
  0x88: 'registeredID',
};

// Public CAs issue for some hundred; each one more is work for everybody who reads the names.
const mostNames = 2_000;

/** Reads GeneralNames; for use inside decodeDer(). */
export function alternativeNamesOf(element: DerElement): AlternativeNames {
  const names: AlternativeName[] = [];
  const unsupported: string[] = [];
  const children = childrenOf(expectTag(element, derTags.sequence, 'the list of alternative names'));
  if (children.length === 0) throw new DerError('the list of alternative names is empty');
  if (children.length > mostNames) throw new DerError(`there are more than ${mostNames} alternative names`);
  for (const child of children) {
    const kind = textKinds[child.tag];
    const other = unsupportedKinds[child.tag];
    if (kind !== undefined) names.push({ kind, value: asciiOf(child, kind) });
    else if (child.tag === 0x87) names.push({ kind: 'ip', value: addressOf(child.content) });
    else if (other !== undefined) unsupported.push(other);
    else throw new DerError('an alternative name is of no known kind');
  }
  return { names, unsupported };
}

/** A key by which names are equal: host names and the domain of an e-mail address regardless of case. */
export function nameKey({ kind, value }: AlternativeName): string {
  if (kind === 'dns') return `dns:${value.toLowerCase()}`;
  if (kind !== 'email') return `${kind}:${value}`;
  const at = value.lastIndexOf('@');
  return `email:${value.slice(0, at + 1)}${value.slice(at + 1).toLowerCase()}`;
}

/** `DNS a.example`, for messages; shortened. */
export function showAlternativeName({ kind, value }: AlternativeName): string {
  return `${{ dns: 'DNS', ip: 'IP', email: 'e-mail', uri: 'URI' }[kind]} ${shownText(value)}`;
}

/**
 * Whether readers of addresses may take this text for one: IPv6 (no DNS name has a colon), or one to four numbers, decimal,
 * octal or hexadecimal, as inet_aton and URLs have it, such as `10.0.0.1`, `10.1` and `0x0a000001`; with a prefix length, too.
 */
export function isAddress(text: string): boolean {
  const [bare = ''] = text.trim().split('/');
  return bare.includes(':') || /^(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}\.?$/i.test(bare);
}

function asciiOf({ text }: DerElement, kind: NameKind): string {
  if (text === '') throw new DerError(`a ${kind} name is empty`);
  if (!isPrintableAscii(text)) throw new DerError(`a ${kind} name is not printable ASCII`);
  if (kind === 'uri' && !isPlainUri(text))
    throw new DerError('a uri name is not an absolute URI in the form of RFC 3986, without password and empty parts');
  return text;
}

function addressOf(content: Buffer): string {
  if (content.length === 4) return content.join('.');
  if (content.length !== 16) throw new DerError('an IP address has neither 4 nor 16 octets');
  const groups = Array.from({ length: 8 }, (_, index) => content.readUInt16BE(index * 2).toString(16));
  const zeros = longestZeros(groups);
  if (zeros.length < 2) return groups.join(':');
  return `${groups.slice(0, zeros.start).join(':')}::${groups.slice(zeros.start + zeros.length).join(':')}`;
}

/** The run of zero groups that RFC 5952 writes as "::": the longest, the first of equals. */
function longestZeros(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== '0') start = index + 1;
    else if (index + 1 - start > longest.length) longest = { start, length: index + 1 - start };
  });
  return longest;
}
