// Name constraints (RFC 5280 §4.2.1.10): which names the certificates below a CA may carry.
import { alternativeNamesOf, showAlternativeName } from './alternative-name.ts';
import type { AlternativeName, NameKind } from './alternative-name.ts';
import { isPrintableAscii } from './ascii.ts';
import { childrenOf, DerError, sequenceOf } from './der.ts';
import type { DerElement } from './der.ts';
import { nameOf, showName } from './distinguished-name.ts';
import type { NameAttribute } from './distinguished-name.ts';

/** What a CA's certificate says about the names below it. `unreadable`: nobody can tell what it forbids. */
export type NameConstraints =
  | { readonly kind: 'ok'; readonly permitted: readonly Subtree[]; readonly excluded: readonly Subtree[] }
  | { readonly kind: 'unreadable' };

/** Names of one kind. `text`: as in the constraint, in lower case; `other`: of kinds that no certificate of ours has. */
export type Subtree =
  | { readonly kind: Exclude<NameKind, 'ip'>; readonly text: string }
  | { readonly kind: 'ip'; readonly address: Buffer; readonly mask: Buffer }
  | { readonly kind: 'directoryName'; readonly attributes: readonly NameAttribute[] }
  | { readonly kind: 'other'; readonly label: string };

/**
 * The names that are held against constraints. `subject`: with `mayAdd` the attributes are in no certain order, and the service
 * may add further ones of these types; without it they are the whole subject in its order.
 */
export interface ConstrainedNames {
  readonly names: readonly AlternativeName[];
  /** Kinds of further names, by their RFC 5280 name. */
  readonly unsupported: readonly string[];
  readonly subject: readonly NameAttribute[];
  /** The CN of a CA is no host. */
  readonly isCA: boolean;
  readonly mayAdd?: readonly string[] | undefined;
}

// Every name is held against every one of them, and the endpoint that describes the CA chose them.
const mostSubtrees = 100;
const commonName = '2.5.4.3';
const emailAddress = '1.2.840.113549.1.9.1';

/** Reads the value of the extension; for use inside decodeDer(). */
export function nameConstraintsOf(value: DerElement): NameConstraints {
  try {
    const [constraints, ...rest] = childrenOf(value);
    if (rest.length > 0) throw new DerError('the name constraints have too many parts');
    const lists = sequenceOf(constraints, 'the name constraints');
    const elementsOf = (tag: number): readonly DerElement[] =>
      lists.filter((list) => list.tag === tag).flatMap(childrenOf);
    const [permitted, excluded] = [elementsOf(0xa0), elementsOf(0xa1)];
    const isWhole = lists.length > 0 && lists.every(({ tag }) => tag === 0xa0 || tag === 0xa1);
    if (!isWhole || permitted.length + excluded.length > mostSubtrees) return { kind: 'unreadable' };
    return { kind: 'ok', permitted: permitted.map(subtreeOf), excluded: excluded.map(subtreeOf) };
  } catch (error) {
    if (error instanceof DerError) return { kind: 'unreadable' };
    throw error;
  }
}

/** A GeneralSubtree, whose minimum is 0 and which has no maximum. */
function subtreeOf(element: DerElement): Subtree {
  const [base, ...distances] = sequenceOf(element, 'a name constraint');
  const isPlain = distances.every(({ tag, content }) => tag === 0x80 && content.equals(Buffer.of(0)));
  if (base === undefined || !isPlain) throw new DerError('a name constraint has bounds that nobody uses');
  switch (base.tag) {
    case 0x81:
      return { kind: 'email', text: domainInLowerCase(textOf(base)) };
    case 0x82:
      return { kind: 'dns', text: textOf(base).toLowerCase() };
    case 0x86:
      return { kind: 'uri', text: textOf(base).toLowerCase() };
    case 0x87:
      return rangeOf(base.content);
    case 0xa4: {
      const [name] = childrenOf(base);
      return { kind: 'directoryName', attributes: nameOf(name, 'a name constraint').attributes };
    }
    default: {
      // Read as the only name of a list.
      const [label = ''] = alternativeNamesOf(base.inSequence()).unsupported;
      return { kind: 'other', label };
    }
  }
}

function textOf({ text }: DerElement): string {
  if (!isPrintableAscii(text)) throw new DerError('a name constraint is not ASCII');
  return text;
}

function rangeOf(content: Buffer): Subtree {
  const half = content.length / 2;
  if (half !== 4 && half !== 16) throw new DerError('a range of addresses has neither 8 nor 32 octets');
  return { kind: 'ip', address: content.subarray(0, half), mask: content.subarray(half) };
}

/**
 * What the constraints forbid about these names: the rest of a sentence about the CA's certificate; undefined when they allow
 * them.
 */
export function forbiddenName(constraints: NameConstraints, held: ConstrainedNames): string | undefined {
  if (constraints.kind === 'unreadable') return 'has name constraints that cannot be read';
  const { permitted, excluded } = constraints;
  if (permitted.length === 0 && excluded.length === 0) return undefined;
  for (const name of namesIn(held)) {
    const located = locate(name);
    const exclusion = excluded.find((subtree) => subtree.kind === name.kind && isExcluded(located, subtree));
    if (exclusion !== undefined) return `forbids ${showAlternativeName(name)} (excluded: ${shownSubtree(exclusion)})`;
    const allowed = permitted.filter(({ kind }) => kind === name.kind);
    if (allowed.length > 0 && !allowed.some((subtree) => isWithin(located, subtree)))
      return `forbids ${showAlternativeName(name)} (permitted: ${shownSubtrees(allowed)})`;
  }
  return forbiddenKind(constraints, held) ?? forbiddenSubject(constraints, held);
}

/** The alternative names, and what else readers take for one: e-mail addresses in the subject, and its CN without a DNS name. */
function namesIn({ names, subject, isCA }: ConstrainedNames): readonly AlternativeName[] {
  const valuesOf = (type: string): readonly string[] =>
    subject.flatMap(({ oid, value }) => (oid === type ? [value] : []));
  const hosts = isCA || names.some(({ kind }) => kind === 'dns') ? [] : valuesOf(commonName).filter(isHostName);
  return [
    ...names,
    ...valuesOf(emailAddress).map((value) => ({ kind: 'email', value }) as const),
    ...hosts.map((value) => ({ kind: 'dns', value }) as const),
  ];
}

/** What OpenSSL takes for a host in a CN. */
function isHostName(text: string): boolean {
  return text.includes('.') && text.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/i.test(label));
}

function forbiddenKind(
  { permitted, excluded }: Extract<NameConstraints, { readonly kind: 'ok' }>,
  { unsupported }: ConstrainedNames,
): string | undefined {
  const found = [...permitted, ...excluded].find(
    (subtree) => subtree.kind === 'other' && unsupported.includes(subtree.label),
  );
  const ofDirectory = [...permitted, ...excluded].some(({ kind }) => kind === 'directoryName');
  if (found?.kind === 'other') return `limits names of the kind ${found.label}, of which there is one`;
  return ofDirectory && unsupported.includes('directoryName')
    ? 'limits names of the kind directoryName, of which there is one'
    : undefined;
}

type DirectoryName = Extract<Subtree, { readonly kind: 'directoryName' }>;

function forbiddenSubject(
  { permitted, excluded }: Extract<NameConstraints, { readonly kind: 'ok' }>,
  held: ConstrainedNames,
): string | undefined {
  if (held.subject.length === 0) return undefined;
  const ofKind = (subtrees: readonly Subtree[]): readonly DirectoryName[] =>
    subtrees.flatMap((subtree) => (subtree.kind === 'directoryName' ? [subtree] : []));
  const shown = `the subject ${showName(held.subject)}`;
  // Where the order is not certain, what would be excluded is not either.
  const exclusion = held.mayAdd === undefined && ofKind(excluded).find((subtree) => isBelow(held, subtree));
  if (exclusion !== false && exclusion !== undefined) return `forbids ${shown} (excluded: ${shownSubtree(exclusion)})`;
  const allowed = ofKind(permitted);
  if (allowed.length === 0 || allowed.some((subtree) => isBelow(held, subtree))) return undefined;
  return `forbids ${shown} (permitted: ${shownSubtrees(allowed)})`;
}

function isBelow({ subject, mayAdd }: ConstrainedNames, { attributes }: DirectoryName): boolean {
  if (mayAdd !== undefined) {
    const has = new Set(subject.map(attributeKey));
    const types = new Set(subject.map(({ oid }) => oid));
    return attributes.every(
      (attribute) => has.has(attributeKey(attribute)) || (mayAdd.includes(attribute.oid) && !types.has(attribute.oid)),
    );
  }
  const names = relativeNames(subject);
  return relativeNames(attributes).every((name, index) => name === names[index]);
}

function relativeNames(attributes: readonly NameAttribute[]): readonly string[] {
  const grouped = Map.groupBy(attributes, ({ rdn }) => rdn);
  return [...grouped.values()].map((members) => JSON.stringify(members.map(attributeKey).sort()));
}

/** Equal where RFC 5280 §7.1 says that attributes are: regardless of case and of further blanks. */
function attributeKey({ oid, value }: Pick<NameAttribute, 'oid' | 'value'>): string {
  return `${oid}=${value.trim().split(/ +/).join(' ').toLowerCase()}`;
}

/** A name as constraints see it: its host or mailbox in lower case, empty where it has none; the octets of an address. */
interface Located {
  readonly host: string;
  readonly mailbox: string;
  readonly octets: Buffer;
}

const nothing = Buffer.alloc(0);

function locate({ kind, value }: AlternativeName): Located {
  switch (kind) {
    case 'dns':
      return { host: value.toLowerCase(), mailbox: '', octets: nothing };
    case 'ip':
      return { host: value, mailbox: '', octets: octetsOf(value) };
    case 'email': {
      const mailbox = domainInLowerCase(value);
      const at = mailbox.lastIndexOf('@');
      return { host: at < 0 ? '' : mailbox.slice(at + 1), mailbox, octets: nothing };
    }
    case 'uri':
      return { host: hostOf(value), mailbox: '', octets: nothing };
  }
}

// Of a name without a host nobody can tell where it belongs.
function isExcluded(name: Located, subtree: Subtree): boolean {
  if (name.host === '' || isWithin(name, subtree)) return true;
  // A wildcard stands for names of which one may be excluded.
  if (subtree.kind !== 'dns' || !name.host.startsWith('*.') || !subtree.text.endsWith(name.host.slice(1))) return false;
  const label = subtree.text.slice(0, 1 - name.host.length);
  return label !== '' && !label.includes('.');
}

function isWithin({ host, mailbox, octets }: Located, subtree: Subtree): boolean {
  if (host === '') return false;
  switch (subtree.kind) {
    case 'dns':
      return isHostWithin(host, subtree.text) || isHostBelow(host, subtree.text);
    case 'uri':
      return isHostWithin(host, subtree.text);
    case 'email':
      return subtree.text.includes('@') ? mailbox === subtree.text : isHostWithin(host, subtree.text);
    case 'ip':
      return isInRange(octets, subtree);
    case 'directoryName':
    case 'other':
      return false;
  }
}

/** Whether it is this host, or with a point in front one below; the empty text stands for all. */
function isHostWithin(host: string, base: string): boolean {
  if (base === '') return true;
  return base.startsWith('.') ? host.endsWith(base) && host.length > base.length : host === base;
}

/** Thousands of names are held against hundreds of constraints, so no text is made for it. */
function isHostBelow(host: string, base: string): boolean {
  return host.length > base.length && host[host.length - base.length - 1] === '.' && host.endsWith(base);
}

/** The host of a URI in lower case; empty where it has none, or an address. */
function hostOf(uri: string): string {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '');
  return /^[\d.]+$|:/.test(host) ? '' : host.toLowerCase();
}

function domainInLowerCase(mailbox: string): string {
  const at = mailbox.lastIndexOf('@');
  return mailbox.slice(0, at + 1) + mailbox.slice(at + 1).toLowerCase();
}

function isInRange(octets: Buffer, { address, mask }: { readonly address: Buffer; readonly mask: Buffer }): boolean {
  if (octets.length !== address.length) return false;
  return octets.every((octet, index) => ((octet ^ (address[index] ?? 0)) & (mask[index] ?? 0)) === 0);
}

/** The octets of an address in canonical text form. */
function octetsOf(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groupsOf = (text: string): readonly string[] => (text === '' ? [] : text.split(':'));
  const [front, back] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return Buffer.from([...front, ...zeros, ...back].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function shownSubtrees(subtrees: readonly Subtree[]): string {
  const shown = subtrees.slice(0, 5).map(shownSubtree).join(', ');
  return subtrees.length > 5 ? `${shown} and ${subtrees.length - 5} more` : shown;
}

function shownSubtree(subtree: Subtree): string {
  switch (subtree.kind) {
    case 'ip': {
      const shown = (octets: Buffer): string => (octets.length === 4 ? octets.join('.') : octets.toString('hex'));
      return `IP ${shown(subtree.address)}/${shown(subtree.mask)}`;
    }
    case 'directoryName':
      return showName(subtree.attributes);
    case 'other':
      return subtree.label;
    case 'dns':
    case 'email':
    case 'uri':
      return subtree.text === ''
        ? `every ${subtree.kind}`
        : showAlternativeName({ kind: subtree.kind, value: subtree.text });
  }
}
