// The subject of the request that cert-manager makes from a Certificate, as DER, in the same order and grouping.
import type { CertificateSpec } from './certificate-schema.ts';
import { derOid, derSequence, derSet, derText } from './der-writer.ts';

/** DER of the Name and its common name, empty where it has none; `fault` begins with the field's path. */
export type SubjectResult =
  | { readonly kind: 'ok'; readonly der: Buffer; readonly commonName: string }
  | { readonly kind: 'unfit'; readonly fault: string };

interface Attribute {
  readonly type: string;
  readonly value: string;
}

const commonName = '2.5.4.3';

// The order of Go's pkix.Name.ToRDNSequence; all values of one type form one relative name there.
const subjectFields = [
  ['countries', '2.5.4.6'],
  ['provinces', '2.5.4.8'],
  ['localities', '2.5.4.7'],
  ['streetAddresses', '2.5.4.9'],
  ['postalCodes', '2.5.4.17'],
  ['organizations', '2.5.4.10'],
  ['organizationalUnits', '2.5.4.11'],
] as const;

const literalTypes: Readonly<Record<string, string>> = {
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  CN: commonName,
  SERIALNUMBER: '2.5.4.5',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  DC: '0.9.2342.19200300.100.1.25',
  UID: '0.9.2342.19200300.100.1.1',
};

/** The subject of a Certificate, from its literalSubject or from its subject and commonName. */
export function subjectOf(spec: CertificateSpec): SubjectResult {
  const { literalSubject = '', commonName: name = '', subject = {} } = spec;
  if (literalSubject === '') return encode(namesOf(spec));
  if (name !== '' || Object.values(subject).some((values) => values.length > 0))
    return unfit('spec.literalSubject cannot be combined with spec.commonName or spec.subject. Remove one of them.');

  const names = parseLiteral(literalSubject);
  // A written name goes from the leaf up, an encoded one from the root down.
  return typeof names === 'string' ? unfit(`spec.literalSubject ${names}`) : encode(names.toReversed());
}

function namesOf({ subject = {}, commonName: name = '' }: CertificateSpec): readonly (readonly Attribute[])[] {
  const { serialNumber = '' } = subject;
  return [
    ...subjectFields.map(([field, type]) => (subject[field] ?? []).map((value) => ({ type, value }))),
    name === '' ? [] : [{ type: commonName, value: name }],
    serialNumber === '' ? [] : [{ type: '2.5.4.5', value: serialNumber }],
  ].filter((attributes) => attributes.length > 0);
}

function encode(names: readonly (readonly Attribute[])[]): SubjectResult {
  const encoded = names.map((attributes) =>
    derSet(...attributes.map(({ type, value }) => derSequence(derOid(type) ?? Buffer.alloc(0), derText(value)))),
  );
  const found = names.flat().find(({ type }) => type === commonName);
  return { kind: 'ok', der: derSequence(...encoded), commonName: found?.value ?? '' };
}

/** Relative names of RFC 4514's notation, as written; a text says what is wrong. */
function parseLiteral(literal: string): readonly (readonly Attribute[])[] | string {
  const tokens = literal.match(/\\[0-9A-Fa-f]{2}|\\.|[^\\]/gsu) ?? [];
  if (tokens.join('') !== literal) return 'ends with a backslash. Write \\\\ for a backslash.';
  const names: Attribute[][] = [];
  for (const relativeName of split(tokens, /^[,;]$/)) {
    const attributes: Attribute[] = [];
    for (const part of split(relativeName, /^\+$/)) {
      const attribute = attributeOf(part);
      if (typeof attribute === 'string') return attribute;
      attributes.push(attribute);
    }
    names.push(attributes);
  }
  return names;
}

function attributeOf(tokens: readonly string[]): Attribute | string {
  const equals = tokens.indexOf('=');
  const label = tokens.slice(0, Math.max(equals, 0)).join('').trim();
  if (equals < 0) return 'has a part without "=". Write it as CN=web,O=Example.';
  const type = Object.hasOwn(literalTypes, label) ? (literalTypes[label] ?? label) : label;
  if (derOid(type) === undefined)
    return `has the unknown type ${JSON.stringify(label)}. Use ${Object.keys(literalTypes).join(', ')} or a dotted identifier.`;

  const value = trim(tokens.slice(equals + 1));
  if (value[0] === '#') return `has a value in hexadecimal form for ${label}. Write it as text.`;
  return { type, value: Buffer.concat(value.map(octetsOf)).toString('utf8') };
}

function octetsOf(token: string): Buffer {
  if (/^\\[0-9A-Fa-f]{2}$/.test(token)) return Buffer.from(token.slice(1), 'hex');
  return Buffer.from(token.length > 1 && token.startsWith('\\') ? token.slice(1) : token);
}

function split(tokens: readonly string[], separator: RegExp): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  for (const token of tokens) {
    if (separator.test(token)) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function trim(tokens: readonly string[]): readonly string[] {
  const from = tokens.findIndex((token) => token !== ' ');
  return from < 0 ? [] : tokens.slice(from, tokens.findLastIndex((token) => token !== ' ') + 1);
}

function unfit(fault: string): SubjectResult {
  return { kind: 'unfit', fault };
}
