// X.509 extensions, the same in requests and certificates: names, usages, CA flag, name constraints.
import { alternativeNamesOf } from './alternative-name.ts';
import type { AlternativeNames } from './alternative-name.ts';
import {
  bitStringOf,
  booleanOf,
  childrenOf,
  DerError,
  derTags,
  integerOf,
  oidOf,
  sequenceOf,
  wrappedIn,
} from './der.ts';
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

/** What a certificate says about its own key and the one that signed it; undefined where it does not or cannot be read. */
export interface KeyIdentifiers {
  readonly own: Buffer | undefined;
  readonly issuers: Buffer | undefined;
}

const extensionIds = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** Reads `Extensions`, or nothing where there are none; for use inside decodeDer(). */
export function extensionsOf(element: DerElement | undefined): ExtensionFacts {
  const values = element === undefined ? new Map<string, DerElement>() : valuesById(element);
  const alternativeNames = values.get(extensionIds.alternativeNames);
  const keyUsage = values.get(extensionIds.keyUsage);
  const extendedKeyUsage = values.get(extensionIds.extendedKeyUsage);
  const basicConstraints = values.get(extensionIds.basicConstraints);
  return {
    alternativeNames:
      alternativeNames === undefined
        ? { names: [], unsupported: [] }
        : alternativeNamesOf(wrappedIn(alternativeNames, 'extension subjectAltName')),
    keyUsages: keyUsage === undefined ? undefined : keyUsagesOf(wrappedIn(keyUsage, 'extension keyUsage')),
    extendedKeyUsages:
      extendedKeyUsage === undefined
        ? undefined
        : extendedKeyUsagesOf(wrappedIn(extendedKeyUsage, 'extension extendedKeyUsage')),
    ...(basicConstraints === undefined ? { isCA: undefined, pathLength: undefined } : constraintsOf(basicConstraints)),
    hasNameConstraints: values.has(extensionIds.nameConstraints),
  };
}

/** Reads the identifiers of keys, which only help to find a signer and so may have any form; for use inside decodeDer(). */
export function keyIdentifiersOf(element: DerElement | undefined): KeyIdentifiers {
  const values = element === undefined ? new Map<string, DerElement>() : valuesById(element);
  return {
    own: contentOf(values.get(extensionIds.subjectKeyIdentifier), derTags.octetString),
    issuers: contentOf(values.get(extensionIds.authorityKeyIdentifier), derTags.sequence, 0x80),
  };
}

/** The content of the element below an extension's value whose tags are these, from the outside inwards. */
function contentOf(value: DerElement | undefined, ...tags: readonly number[]): Buffer | undefined {
  const found = tags.reduce((outer, tag) => {
    try {
      return outer === undefined ? undefined : childrenOf(outer).find((child) => child.tag === tag);
    } catch {
      return undefined;
    }
  }, value);
  return found?.content;
}

// There are some ten; each one more is work for everybody who reads them.
const mostExtensions = 100;

function valuesById(element: DerElement): Map<string, DerElement> {
  const values = new Map<string, DerElement>();
  const extensions = sequenceOf(element, 'the list of extensions');
  if (extensions.length > mostExtensions) throw new DerError(`there are more than ${mostExtensions} extensions`);
  for (const extension of extensions) {
    const [id, ...rest] = sequenceOf(extension, 'an extension');
    const name = oidOf(id, 'the type of an extension');
    const value = rest.at(-1);
    if (value === undefined || rest.length > 2) throw new DerError(`extension ${name} has the wrong number of parts`);
    if (rest.length === 2 && rest[0] !== undefined) booleanOf(rest[0], `the critical flag of extension ${name}`);
    if (value.tag !== derTags.octetString) throw new DerError(`extension ${name} has no value`);
    if (values.has(name)) throw new DerError(`extension ${name} occurs twice`);
    values.set(name, value);
  }
  return values;
}

function keyUsagesOf(element: DerElement): readonly KeyUsage[] {
  const { octets } = bitStringOf(element, 'extension keyUsage');
  return keyUsages.filter((_, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

// More than anybody has a name for.
const mostExtendedKeyUsages = 1_000;

function extendedKeyUsagesOf(element: DerElement): readonly string[] {
  const usages = sequenceOf(element, 'extension extendedKeyUsage');
  if (usages.length > mostExtendedKeyUsages)
    throw new DerError(`there are more than ${mostExtendedKeyUsages} extended key usages`);
  return usages.map((usage) => oidOf(usage, 'an extended key usage'));
}

function constraintsOf(value: DerElement): { readonly isCA: boolean; readonly pathLength: number | undefined } {
  const parts = sequenceOf(wrappedIn(value, 'extension basicConstraints'), 'extension basicConstraints');
  const [flag, pathLength] = parts[0]?.tag === derTags.boolean ? parts : [undefined, ...parts];
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
