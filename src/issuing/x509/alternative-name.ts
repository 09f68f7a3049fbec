// Subject alternative names: the four kinds that PCA's operations know, and what else a request may carry.
import { childrenOf, DerError, derTags, expectTag } from './der.ts';
import type { DerElement } from './der.ts';

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

/** Reads GeneralNames; for use inside decodeDer(). */
export function alternativeNamesOf(element: DerElement): AlternativeNames {
  const names: AlternativeName[] = [];
  const unsupported: string[] = [];
  for (const child of childrenOf(expectTag(element, derTags.sequence, 'the list of alternative names'))) {
    const kind = textKinds[child.tag];
    const other = unsupportedKinds[child.tag];
    if (kind !== undefined) names.push({ kind, value: asciiOf(child.content, kind) });
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

/** `DNS a.example`, for messages. */
export function showAlternativeName({ kind, value }: AlternativeName): string {
  return `${{ dns: 'DNS', ip: 'IP', email: 'e-mail', uri: 'URI' }[kind]} ${value}`;
}

/**
 * Whether readers of addresses may take this text for one: IPv6 (no DNS name has a colon), or one to four numbers, decimal,
 * octal or hexadecimal, as inet_aton and URLs have it, such as `10.0.0.1`, `10.1` and `0x0a000001`; with a prefix length, too.
 */
export function isAddress(text: string): boolean {
  const [bare = ''] = text.trim().split('/');
  return bare.includes(':') || /^(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}\.?$/i.test(bare);
}

function asciiOf(content: Buffer, kind: NameKind): string {
  if (content.length === 0) throw new DerError(`a ${kind} name is empty`);
  if (content.some((octet) => octet < 0x20 || octet > 0x7e))
    throw new DerError(`a ${kind} name is not printable ASCII`);
  return content.toString('latin1');
}

function addressOf(content: Buffer): string {
  if (content.length === 4) return content.join('.');
  if (content.length !== 16) throw new DerError('an IP address has neither 4 nor 16 octets');
  const groups = Array.from({ length: 8 }, (_, index) => content.readUInt16BE(index * 2).toString(16));
  const full = groups.join(':');
  // RFC 5952: the longest run of two or more zero groups, the first of equals, is written as "::".
  const runs = [...full.matchAll(/(?<![0-9a-f])0(:0)+(?![0-9a-f])/g)].map(([run]) => run);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return full;
  const start = full.search(new RegExp(`(?<![0-9a-f])${longest}(?![0-9a-f])`));
  return `${full.slice(0, start).replace(/:$/, '')}::${full.slice(start + longest.length).replace(/^:/, '')}`;
}
