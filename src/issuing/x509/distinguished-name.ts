// Distinguished names: the attributes inside the DER, how they are shown, and the lengths that X.520 allows.
import { childrenOf, DerError, derTags, expectTag, oidOf, sequenceOf } from './der.ts';
import type { DerElement } from './der.ts';
import { shownList, shownText } from './shown-text.ts';

/** One attribute. `rdn` counts the relative names: attributes of a multi-valued one share it. */
export interface NameAttribute {
  readonly rdn: number;
  readonly oid: string;
  readonly value: string;
}

/** A name: its DER as it stands in the request or certificate, and its attributes in that order. */
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

/** Reads a Name; for use inside decodeDer(). */
export function nameOf(element: DerElement | undefined, what: string): DistinguishedName {
  const relativeNames = sequenceOf(element, what);
  if (relativeNames.length > mostAttributes) throw tooMany(what);
  const attributes = relativeNames.flatMap((relativeName, rdn) => {
    const members = childrenOf(expectTag(relativeName, derTags.set, `an attribute of ${what}`));
    if (members.length === 0) throw new DerError(`an attribute of ${what} is empty`);
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

/** Why X.520 forbids these attributes; undefined when it allows them. */
export function nameFault(attributes: readonly Pick<NameAttribute, 'oid' | 'value'>[]): string | undefined {
  for (const { oid, value } of attributes) {
    const { minLength = 1, maxLength } = attributeTypes[oid] ?? {};
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

/** The text of a string of any type that names use. */
function textOf(element: DerElement | undefined, what: string): string {
  if (element === undefined) throw new DerError(`${what} has no value`);
  const { tag, content } = element;
  switch (tag) {
    case derTags.utf8String:
      return strictText(content, 'utf-8', what);
    case derTags.printableString:
    case derTags.ia5String:
    case derTags.numericString:
      if (content.some((octet) => octet >= 0x80)) throw new DerError(`${what} is not ASCII`);
      return content.toString('latin1');
    case derTags.teletexString:
      return content.toString('latin1');
    case derTags.bmpString:
      return strictText(content, 'utf-16be', what);
    case derTags.universalString:
      return universalText(content, what);
    default:
      throw new DerError(`${what} is not text`);
  }
}

function strictText(content: Buffer, encoding: string, what: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new DerError(`${what} is not valid ${encoding.toUpperCase()}`);
  }
}

function universalText(content: Buffer, what: string): string {
  if (content.length % 4 !== 0) throw new DerError(`${what} is not valid UTF-32`);
  const points: number[] = [];
  for (let offset = 0; offset < content.length; offset += 4) points.push(content.readUInt32BE(offset));
  if (points.some((point) => point > 0x10ffff || (point >= 0xd800 && point < 0xe000)))
    throw new DerError(`${what} is not valid UTF-32`);

  return String.fromCodePoint(...points);
}
