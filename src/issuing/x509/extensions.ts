// X.509 extensions, the same in requests and certificates: names, usages, CA flag, name constraints.
import { alternativeNamesOf } from './alternative-name.ts';
import type { AlternativeNames } from './alternative-name.ts';
import { bitStringOf, booleanOf, DerError, derTags, integerOf, oidOf, sequenceOf, wrappedIn } from './der.ts';
import type { DerElement } from './der.ts';
import { keyUsages } from './usages.ts';
import type { KeyUsage } from './usages.ts';

/** The contents of the extensions; a usage list is undefined where its extension is absent. */
export interface ExtensionFacts {
  readonly alternativeNames: AlternativeNames;
  readonly keyUsages: readonly KeyUsage[] | undefined;
  readonly extendedKeyUsages: readonly string[] | undefined;
  /** cA of BasicConstraints; undefined where the extension is absent. */
  readonly isCA: boolean | undefined;
  /** pathLenConstraint of BasicConstraints; undefined where it sets none. */
  readonly pathLength: number | undefined;
  readonly hasNameConstraints: boolean;
}

/** One extension. `value`: the OCTET STRING that wraps its content. */
export interface Extension {
  readonly value: DerElement;
  readonly critical: boolean;
}

/** Types of extensions that are read here. */
export const extensionIds = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

// There are some ten; each one more is work for everybody who reads them.
const mostExtensions = 100;

/** Reads `Extensions` by their types, none where there is no element; for use inside decodeDer(). */
export function extensionsById(element: DerElement | undefined): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  const list = element === undefined ? [] : sequenceOf(element, 'the list of extensions');
  if (list.length > mostExtensions) throw new DerError(`there are more than ${mostExtensions} extensions`);
  for (const extension of list) {
    const [id, ...rest] = sequenceOf(extension, 'an extension');
    const name = oidOf(id, 'the type of an extension');
    const value = rest.at(-1);
    if (value === undefined || rest.length > 2) throw new DerError(`extension ${name} has the wrong number of parts`);
    const flag = rest.length === 2 ? rest[0] : undefined;
    const critical = flag !== undefined && booleanOf(flag, `the critical flag of extension ${name}`);
    if (value.tag !== derTags.octetString) throw new DerError(`extension ${name} has no value`);
    if (extensions.has(name)) throw new DerError(`extension ${name} occurs twice`);
    extensions.set(name, { value, critical });
  }
  return extensions;
}

/** Reads what the extensions say; for use inside decodeDer(). */
export function extensionsOf(extensions: ReadonlyMap<string, Extension>): ExtensionFacts {
  const content = (id: string, what: string): DerElement | undefined => {
    const extension = extensions.get(id);
    return extension === undefined ? undefined : wrappedIn(extension.value, what);
  };
  const alternativeNames = content(extensionIds.alternativeNames, 'extension subjectAltName');
  const keyUsage = content(extensionIds.keyUsage, 'extension keyUsage');
  const extendedKeyUsage = content(extensionIds.extendedKeyUsage, 'extension extendedKeyUsage');
  const basicConstraints = content(extensionIds.basicConstraints, 'extension basicConstraints');
  return {
    alternativeNames:
      alternativeNames === undefined ? { names: [], unsupported: [] } : alternativeNamesOf(alternativeNames),
    keyUsages: keyUsage === undefined ? undefined : keyUsagesOf(keyUsage),
    extendedKeyUsages: extendedKeyUsage === undefined ? undefined : extendedKeyUsagesOf(extendedKeyUsage),
    ...(basicConstraints === undefined ? { isCA: undefined, pathLength: undefined } : constraintsOf(basicConstraints)),
    hasNameConstraints: extensions.has(extensionIds.nameConstraints),
  };
}

/** RFC 5280 4.2.1.3: at least one bit is set. */
function keyUsagesOf(element: DerElement): readonly KeyUsage[] {
  const { octets } = bitStringOf(element, 'extension keyUsage');
  const usages = keyUsages.filter((_, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
  if (usages.length === 0) throw new DerError('extension keyUsage names no usage');
  return usages;
}

// More than anybody has a name for.
const mostExtendedKeyUsages = 1_000;

/** RFC 5280 4.2.1.12: at least one usage; many clients take a certificate with none for nothing. */
function extendedKeyUsagesOf(element: DerElement): readonly string[] {
  const usages = sequenceOf(element, 'extension extendedKeyUsage');
  if (usages.length === 0) throw new DerError('extension extendedKeyUsage names no usage');
  if (usages.length > mostExtendedKeyUsages)
    throw new DerError(`there are more than ${mostExtendedKeyUsages} extended key usages`);
  return usages.map((usage) => oidOf(usage, 'an extended key usage'));
}

function constraintsOf(element: DerElement): { readonly isCA: boolean; readonly pathLength: number | undefined } {
  const parts = sequenceOf(element, 'extension basicConstraints');
  const [flag, pathLength, ...rest] = parts[0]?.tag === derTags.boolean ? parts : [undefined, ...parts];
  if (rest.length > 0) throw new DerError('extension basicConstraints has too many parts');
  return {
    isCA: flag !== undefined && booleanOf(flag, 'the CA flag of basicConstraints'),
    pathLength: pathLength === undefined ? undefined : pathLengthOf(pathLength),
  };
}

function pathLengthOf(element: DerElement): number {
  const octets = integerOf(element, 'the path length of basicConstraints');
  const value = Number(BigInt(`0x${octets.toString('hex')}`));
  if (((octets[0] ?? 0) & 0x80) !== 0 || value > 255)
    throw new DerError('the path length of basicConstraints is not a number from 0 to 255');
  return value;
}
