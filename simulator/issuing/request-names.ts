// The SubjectAlternativeName that a signing request asks for, element by element.
import { DerError, readChildren, readElement } from '../x509/der-reader.ts';
import { extensionType } from '../x509/extensions.ts';
import type { AlternativeName } from '../x509/extensions.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';

const types = {
  0x81: 'rfc822Name',
  0x82: 'dNSName',
  0x86: 'uniformResourceIdentifier',
  0x87: 'iPAddress',
} as const;

/** The names' encodings in their order; none when the CSR has none or they cannot be read. */
export function requestedNameElements({ extensions }: CertificationRequest): readonly Buffer[] {
  return children(extensions.get(extensionType.subjectAlternativeName)?.value).map(({ encoding }) => encoding);
}

/** The names as far as they are of the four kinds; for lists and descriptions. */
export function requestedNames({ extensions }: CertificationRequest): readonly AlternativeName[] {
  return children(extensions.get(extensionType.subjectAlternativeName)?.value).flatMap(({ tag, contents }) => {
    const type = types[tag as keyof typeof types] as AlternativeName['type'] | undefined;
    if (type === undefined) return [];
    return [{ type, value: type === 'iPAddress' ? showAddress(contents) : contents.toString('latin1') }];
  });
}

function children(value: Buffer | undefined): ReturnType<typeof readChildren> {
  if (value === undefined) return [];
  try {
    return readChildren(readElement(value));
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}

function showAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  return (bytes.toString('hex').match(/.{1,4}/g) ?? []).map((word) => Number.parseInt(word, 16).toString(16)).join(':');
}
