// The extensions of a certificate as those see them who validate a path: which there are, which are critical, and what a CA's
// say about the names below it.
import type { Extension } from './extensions.ts';
import { nameConstraintsOf } from './name-constraints.ts';
import type { NameConstraints } from './name-constraints.ts';

/** What validating a path asks of the extensions beyond their contents. */
export interface ExtensionTypes {
  /** Every type, dotted, in the order of the certificate. */
  readonly all: readonly string[];
  /** Those that may not be passed over. */
  readonly critical: readonly string[];
  readonly nameConstraints: NameConstraints | undefined;
}

/** The type of name constraints. */
export const nameConstraintsType = '2.5.29.30';

/** Tells the types of extensions that were read; for use inside decodeDer(). */
export function extensionTypesOf(extensions: ReadonlyMap<string, Extension>): ExtensionTypes {
  const constraints = extensions.get(nameConstraintsType)?.value;
  return {
    all: [...extensions.keys()],
    critical: [...extensions].flatMap(([type, { critical }]) => (critical ? [type] : [])),
    nameConstraints: constraints === undefined ? undefined : nameConstraintsOf(constraints),
  };
}

// RFC 5280 §4.2.1: extensions that validating a path takes into account, and that may so be critical.
const processed: ReadonlySet<string> = new Set([
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  nameConstraintsType,
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extKeyUsage
  '2.5.29.54', // inhibitAnyPolicy
]);

/** A critical extension that validators do not know, so that they refuse the certificate; undefined where there is none. */
export function unknownCritical({ critical }: ExtensionTypes): string | undefined {
  return critical.find((type) => !processed.has(type));
}

// Only a CA's certificate may have them.
const ofCAs: ReadonlySet<string> = new Set([nameConstraintsType, '2.5.29.33', '2.5.29.36', '2.5.29.54']);

/** An extension that has no meaning but in a CA's certificate. */
export function extensionOfCAs({ all }: ExtensionTypes): string | undefined {
  return all.find((type) => ofCAs.has(type));
}

// What CAs add to every certificate: it says where to find what, or how the certificate came about, and grants nothing.
const usual: ReadonlySet<string> = new Set([
  ...processed,
  '2.5.29.9', // subjectDirectoryAttributes
  '2.5.29.14', // subjectKeyIdentifier
  '2.5.29.16', // privateKeyUsagePeriod
  '2.5.29.18', // issuerAltName
  '2.5.29.35', // authorityKeyIdentifier
  '2.5.29.46', // freshestCRL
  '1.3.6.1.5.5.7.1.1', // authorityInfoAccess
  '1.3.6.1.5.5.7.1.11', // subjectInfoAccess
  '1.3.6.1.4.1.11129.2.4.2', // signed certificate timestamps
  '2.16.840.1.113730.1.13', // Netscape comment
]);

/** Extensions that are neither asked for by anybody nor usual. */
export function unusualExtensions({ all }: ExtensionTypes): readonly string[] {
  return all.filter((type) => !usual.has(type));
}
