// Whether the certificates of a CA and of those above it are a valid path (RFC 5280 §6.1), signatures apart.
import type { ReadCertificate } from './certificate.ts';
import { isSelfIssued } from './certificate.ts';
import { unknownCritical } from './extension-types.ts';
import { showName } from './distinguished-name.ts';
import { forbiddenName } from './name-constraints.ts';
import type { ConstrainedNames } from './name-constraints.ts';
import { usageAllows } from './usages.ts';

/** A path: a CA's certificate and those above it, each signed by the next. */
export type CertificationPath = readonly [ReadCertificate, ...ReadCertificate[]];

/** The last certificate to become valid. */
export function lastToBegin(path: CertificationPath): ReadCertificate {
  return path.reduce((last, each) => (each.facts.notBefore > last.facts.notBefore ? each : last));
}

/** The first certificate that is not valid any more. */
export function firstToEnd(path: CertificationPath): ReadCertificate {
  return path.reduce((first, each) => (each.facts.notAfter < first.facts.notAfter ? each : first));
}

/**
 * Why no certificate that is not a CA's can be valid below this path, whenever that is: a sentence about one of its certificates;
 * undefined when one can. Policies are left to those who demand one: without a demand, none is asked for (§6.1.1).
 */
export function pathFault(path: CertificationPath): string | undefined {
  for (const [index, certificate] of path.entries()) {
    const fault = caFault(certificate) ?? depthFault(path, index) ?? forbiddenBelow(path, index);
    if (fault !== undefined) return `${nameOf(certificate)} ${fault}.`;
  }
  return undefined;
}

/** What the certificates of a path forbid about these names: a sentence about one of them; undefined when they allow them. */
export function forbiddenByPath(path: readonly ReadCertificate[], held: ConstrainedNames): string | undefined {
  for (const certificate of path) {
    const { nameConstraints } = certificate.facts.types;
    const forbidden = nameConstraints && forbiddenName(nameConstraints, held);
    if (forbidden !== undefined) return `${nameOf(certificate)} ${forbidden}.`;
  }
  return undefined;
}

/** The names of a certificate that constraints concern. */
export function constrainedNamesOf({ facts }: ReadCertificate): ConstrainedNames {
  const { alternativeNames, isCA = false } = facts.extensions;
  return { ...alternativeNames, subject: facts.subject.attributes, isCA };
}

function caFault({ facts: { extensions, types } }: ReadCertificate): string | undefined {
  if (extensions.isCA !== true) return 'is not marked as a CA';
  if (!usageAllows(extensions.keyUsages, 'keyCertSign'))
    return 'may not sign certificates (its keyUsage lacks keyCertSign)';
  const critical = unknownCritical(types);
  if (critical !== undefined)
    return `has the critical extension ${critical}, which nobody knows, so that clients refuse it`;
  return types.nameConstraints?.kind === 'unreadable' ? 'has name constraints that cannot be read' : undefined;
}

/** A CA's own certificate that renews its key counts as none. */
function depthFault(path: CertificationPath, index: number): string | undefined {
  const allowed = path[index]?.facts.extensions.pathLength;
  const below = path.slice(0, index).filter((certificate) => !isSelfIssued(certificate)).length;
  if (allowed === undefined || below <= allowed) return undefined;
  return `allows ${allowed} CAs below it (pathLenConstraint), but there are ${below}`;
}

function forbiddenBelow(path: CertificationPath, index: number): string | undefined {
  const constraints = path[index]?.facts.types.nameConstraints;
  if (constraints === undefined) return undefined;
  return path
    .slice(0, index)
    .filter((certificate) => !isSelfIssued(certificate))
    .map((certificate) => forbiddenName(constraints, constrainedNamesOf(certificate)))
    .find((forbidden) => forbidden !== undefined);
}

/** `The certificate of CA "CN=Root"`: the beginning of a sentence. */
function nameOf({ facts }: ReadCertificate): string {
  return `the certificate of CA "${showName(facts.subject.attributes)}"`;
}
