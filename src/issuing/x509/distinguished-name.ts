// Distinguished names: the attributes inside the DER, how they are shown, and the lengths that X.520 allows.
import { isAscii } from './ascii.ts';
import { childrenOf, decodeDer, DerError, derTags, expectTag, oidOf, sequenceOf } from './der.ts';
import type { DerElement } from './der.ts';
import { shownList, shownText } from './shown-text.ts';

/** One attribute. `rdn` counts the relative names: attributes of a multi-valued one share it. */
export interface NameAttribute {
  readonly rdn: number;
  readonly oid: string;
  readonly value: string;
}

/**
 * A name: its DER as it stands in the request or certificate, and its attributes in that order, those without a value among
 * them. Relative names without an attribute only count.
 */
export interface DistinguishedName {
  readonly der: Buffer;
  readonly attributes: readonly NameAttribute[];
}

interface AttributeType {
  readonly label: string;
  readonly maxLength?: number;
  readonly minLength?: number;
}

// Upper bounds of RFC 5280 appendix A (X.520).
const attributeTypes: Readonly<Record<string, AttributeType>> = {
  '2.5.4.3': { label: 'CN', maxLength: 64 },
  '2.5.4.4': { label: 'SN', maxLength: 40 },
  '2.5.4.5': { label: 'serialNumber', maxLength: 64 },
  '2.5.4.6': { label: 'C', minLength: 2, maxLength: 2 },
  '2.5.4.7': { label: 'L', maxLength: 128 },
  '2.5.4.8': { label: 'ST', maxLength: 128 },
  '2.5.4.9': { label: 'STREET', maxLength: 128 },
  '2.5.4.10': { label: 'O', maxLength: 64 },
  '2.5.4.11': { label: 'OU', maxLength: 64 },
  '2.5.4.12': { label: 'title', maxLength: 64 },
  '2.5.4.17': { label: 'postalCode', maxLength: 40 },
  '1.2.840.113549.1.9.1': { label: 'emailAddress', maxLength: 255 },
  '0.9.2342.19200300.100.1.1': { label: 'UID' },
  '0.9.2342.19200300.100.1.25': { label: 'DC' },
};

// A name has some ten; each one more is work for everybody who reads the name.
const mostAttributes = 100;

/**
 * Reads a Name that is asked for: as nameOf(), but without control characters, which readers cut off or show in different
 * ways. For use inside decodeDer().
 */
export function requestedNameOf(element: DerElement | undefined, what: string): DistinguishedName {
  const name = nameOf(element, what);
  const odd = name.attributes.find(({ value }) => controlCharacter.test(value));
  if (odd !== undefined) throw new DerError(`attribute ${attributeLabel(odd.oid)} of ${what} has a control character`);
  return name;
}

/**
 * Whether the attributes of each multi-valued relative name are in the order of DER. Many tools do not sort them, and
 * whoever writes such a name anew writes other octets.
 */
export function isInDerOrder({ der }: DistinguishedName): boolean {
  const read = decodeDer(der, (root) =>
    sequenceOf(root, 'the name').every((relativeName) => {
      const members = childrenOf(relativeName).map(({ raw }) => raw);
      return members.every((raw, index) => index === 0 || raw.compare(members[index - 1] ?? raw) >= 0);
    }),
  );
  return read.kind === 'ok' && read.value;
}

/**
 * The attributes that have a value. X.520 has none without, but many programs write one where they mean no such attribute:
 * Istio's always write `O=`. So whoever decides what is asked for or was given takes these alone.
 */
export function withValue<Attribute extends Pick<NameAttribute, 'value'>>(
  attributes: readonly Attribute[],
): readonly Attribute[] {
  return attributes.filter(({ value }) => value !== '');
}

/** Whether each attribute stands in a relative name of its own. */
export function hasNoGroups(attributes: readonly NameAttribute[]): boolean {
  return new Set(attributes.map(({ rdn }) => rdn)).size === attributes.length;
}

/** Whether two names are the same to the octet, but for attributes without a value and relative names without an attribute. */
export function isSameName(left: DistinguishedName, right: DistinguishedName): boolean {
  if (left.der.equals(right.der)) return true;
  const read = encodedWithValue(left);
  return read !== undefined && read === encodedWithValue(right);
}

function encodedWithValue({ der }: DistinguishedName): string | undefined {
  const read = decodeDer(der, (root) =>
    sequenceOf(root, 'the name')
      .map((relativeName) =>
        childrenOf(relativeName)
          .filter((member) => childrenOf(member)[1]?.length !== 0)
          .map(({ raw }) => raw.toString('hex')),
      )
      .filter((members) => members.length > 0),
  );
  return read.kind === 'ok' ? JSON.stringify(read.value) : undefined;
}

// Those of Unicode, and its separators of lines and paragraphs.
const controlCharacter = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** Reads a Name as Go does; for use inside decodeDer(). */
export function nameOf(element: DerElement | undefined, what: string): DistinguishedName {
  const relativeNames = sequenceOf(element, what);
  if (relativeNames.length > mostAttributes) throw tooMany(what);
  const attributes = relativeNames.flatMap((relativeName, rdn) => {
    const members = childrenOf(expectTag(relativeName, derTags.set, `an attribute of ${what}`));
    if (members.length > mostAttributes) throw tooMany(what);
    return members.map((member): NameAttribute => {
      const [type, value, ...rest] = sequenceOf(member, `an attribute of ${what}`);
      if (rest.length > 0) throw new DerError(`an attribute of ${what} has too many parts`);
      const oid = oidOf(type, `the type of an attribute of ${what}`);
      return { rdn, oid, value: textOf(value, `attribute ${attributeLabel(oid)} of ${what}`) };
    });
  });
  if (attributes.length > mostAttributes) throw tooMany(what);
  return { der: expectTag(element, derTags.sequence, what).raw, attributes };
}

function tooMany(what: string): DerError {
  return new DerError(`${what} has more than ${mostAttributes} attributes`);
}

// A name as a reader wants to see it; the status of an issuer holds as many characters.
const mostShown = 20;
const longestName = 1024;

/** The name on one line, such as `CN=a.example, O=Example`, shortened; `(empty)` where it has no attribute. */
export function showName(attributes: readonly Pick<NameAttribute, 'oid' | 'value'>[]): string {
  if (attributes.length === 0) return '(empty)';
  const texts = attributes.map(({ oid, value }) => `${attributeLabel(oid)}=${value}`);
  return shownText(shownList(texts, mostShown), longestName);
}

/** Why X.520 forbids these attributes, which have values; undefined when it allows them. */
export function nameFault(attributes: readonly Pick<NameAttribute, 'oid' | 'value'>[]): string | undefined {
  for (const { oid, value } of attributes) {
    const { minLength = 0, maxLength } = attributeTypes[oid] ?? {};
    const length = Array.from(value).length;
    if (maxLength !== undefined && length > maxLength)
      return `${attributeLabel(oid)} has ${length} characters, X.520 allows ${maxLength}; shorten it`;

    if (length < minLength)
      return `${attributeLabel(oid)} has ${length} characters, X.520 asks for ${minLength}; correct it or leave it out`;
  }
  return undefined;
}

/** The short name of a type of attribute, such as CN; the identifier itself where there is none. */
export function attributeLabel(oid: string): string {
  return attributeTypes[oid]?.label ?? oid;
}

// As in Go: with the two characters that many write although the type does not have them.
const printable = /^[A-Za-z0-9 '()+,./:=?*&-]*$/;
const numeric = /^[0-9 ]*$/;

/**
 * The text of a string of a type that names have. UniversalString is not among them: Go reads no text in it, and neither
 * do approvers and cert-manager's webhook, so what it says would be issued although nobody saw it.
 */
function textOf(element: DerElement | undefined, what: string): string {
  if (element === undefined) throw new DerError(`${what} has no value`);
  const { tag, text } = element;
  switch (tag) {
    case derTags.utf8String:
      // What is ASCII is the same in both, and decoders are dear.
      return isAscii(text) ? text : strictText(element, 'utf-8', what);
    case derTags.printableString:
      return matching(text, printable, what);
    case derTags.ia5String:
      if (!isAscii(text)) throw new DerError(`${what} is not ASCII`);
      return text;
    case derTags.numericString:
      return matching(text, numeric, what);
    case derTags.teletexString:
      return text;
    case derTags.bmpString:
      return basicText(element, what);
    default:
      throw new DerError(`${what} is not text of a type that cert-manager reads; use UTF8String`);
  }
}

function matching(text: string, allowed: RegExp, what: string): string {
  if (!allowed.test(text)) throw new DerError(`${what} has characters that its type of string does not have`);
  return text;
}

/** BMPString: UTF-16 without surrogates and what stands for no character; no NUL at the end, which Go cuts off. */
function basicText(element: DerElement, what: string): string {
  const text = strictText(element, 'utf-16be', what);
  const isOdd = Array.from(text).some((character) => {
    const point = character.codePointAt(0) ?? 0;
    return point >= 0xfffe || (point >= 0xfdd0 && point <= 0xfdef);
  });
  if (isOdd || text.endsWith('\0')) throw new DerError(`${what} has characters that its type of string does not have`);
  return text;
}

function strictText({ content }: DerElement, encoding: string, what: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new DerError(`${what} is not valid ${encoding.toUpperCase()}`);
  }
}
