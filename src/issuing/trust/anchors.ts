// Which certificates clients are to trust, and which of them a chain is verified by.
import type { IssuerSpec } from '../../crds/issuer.ts';
import { fingerprintOf, isIssuedBy } from '../x509/certificate.ts';
import type { ReadCertificate } from '../x509/certificate.ts';
import { isSameCA, topOf } from '../x509/certificate-chain.ts';
import type { CertificationPath } from '../x509/certification-path.ts';
import { showName } from '../x509/distinguished-name.ts';

/**
 * What clients are to trust: `trusted` in the order in which it is written, and of these the ones that verify the path, of which
 * there is at least one.
 */
export interface Anchors {
  readonly trusted: readonly ReadCertificate[];
  readonly verifying: readonly ReadCertificate[];
}

/** Where the certificates come from (spec.trust.source). */
export type TrustSource = IssuerSpec['trust']['source'];

/**
 * The anchors of a path without its leaf, whose last certificate is the root where that is known, and otherwise stands in for it
 * as in cert-manager. `given`: for AllActiveRoots the account's roots, for Static the certificates that were given. Undefined: none of
 * those given verifies the path.
 */
export function anchorsOf(
  source: TrustSource,
  path: CertificationPath,
  given: readonly ReadCertificate[],
): Anchors | undefined {
  const top = topOf(path);
  switch (source) {
    case 'Root':
      return { trusted: [top], verifying: [top] };
    case 'IssuingCA':
      return { trusted: [path[0]], verifying: [path[0]] };
    case 'AllActiveRoots':
      return { trusted: [top, ...given.filter(({ der }) => !der.equals(top.der))], verifying: [top] };
    case 'Static': {
      const verifying = given.filter((certificate) => verifies(certificate, top));
      return verifying.length === 0 ? undefined : { trusted: given, verifying };
    }
  }
}

/** Whether who trusts `certificate` can verify a path that ends with `top`: another certificate of the same CA will do. */
function verifies(certificate: ReadCertificate, top: ReadCertificate): boolean {
  return isSameCA(certificate, top) || isIssuedBy(top, certificate);
}

/** `"CN=Root" (SHA-256 AB:CD…)`: names a certificate in a sentence. */
export function shownAnchor(certificate: ReadCertificate): string {
  return `"${showName(certificate.facts.subject.attributes)}" (SHA-256 ${fingerprintOf(certificate)})`;
}
