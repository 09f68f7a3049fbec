// Distinguished names: building them in DER and showing them as one line.
import { expectTag, readChildren, readElement, readObjectIdentifier } from './der-reader.ts';
import { derTag, objectIdentifier, sequence, set, text } from './der-writer.ts';

/** One attribute of a name, in a relative distinguished name of its own. */
export interface NameAttribute {
  /** Dotted object identifier of the attribute type. */
  readonly type: string;
  readonly value: string;
}

/** Object identifiers of the common attribute types. */
export const attributeType = {
  commonName: '2.5.4.3',
  serialNumber: '2.5.4.5',
  country: '2.5.4.6',
  locality: '2.5.4.7',
  state: '2.5.4.8',
  organization: '2.5.4.10',
  organizationUnit: '2.5.4.11',
} as const;

const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
};
const printable: ReadonlySet<string> = new Set([attributeType.country, attributeType.serialNumber]);

/** The DER of a Name with the attributes in the given order. */
export function encodeName(attributes: readonly NameAttribute[]): Buffer {
  return sequence(
    ...attributes.map(({ type, value }) => {
      const tag =
        printable.has(type) && /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value) ? derTag.printableString : derTag.utf8String;
      return set(sequence(objectIdentifier(type), text(tag, value)));
    }),
  );
}

/** The attributes of a DER Name; throws DerError for anything else. */
export function decodeName(name: Buffer): NameAttribute[] {
  return readChildren(readElement(name)).flatMap((relative) =>
    readChildren(expectTag(relative, derTag.set, 'relative distinguished name')).map((attribute) => {
      const [type, value] = readChildren(attribute);
      return { type: readObjectIdentifier(type), value: value?.contents.toString('utf8') ?? '' };
    }),
  );
}

/** Whether a DER Name has an attribute whose value is the empty text. */
export function hasEmptyAttribute(name: Buffer): boolean {
  return decodeName(name).some(({ value }) => value === '');
}

/** The same DER Name without the attributes whose value is the empty text; all others keep their octets. */
export function withoutEmptyAttributes(name: Buffer): Buffer {
  const relatives = readChildren(readElement(name)).map((relative) =>
    readChildren(relative)
      .filter((attribute) => readChildren(attribute)[1]?.contents.length !== 0)
      .map(({ encoding }) => encoding),
  );
  return sequence(...relatives.filter((members) => members.length > 0).map((members) => set(...members)));
}

/** One line in the order of the encoding, such as `C=CN,O=Example,CN=svc`. */
export function showName(attributes: readonly NameAttribute[]): string {
  return attributes.map(({ type, value }) => `${shortNames[type] ?? type}=${value}`).join(',');
}
