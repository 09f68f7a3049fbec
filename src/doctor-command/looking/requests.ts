// Requests for our issuers: those of cert-manager, also where they name our kinds in another group, and those of Kubernetes.
import { certificateRequestsPath } from '../../crds/cert-manager.ts';
import type { CertificateRequest } from '../../crds/cert-manager.ts';
import { isSignerOfGroup, signingRequestsPath } from '../../crds/certificate-signing-request.ts';
import type { CertificateSigningRequest } from '../../crds/certificate-signing-request.ts';
import { apiGroup, issuerKind } from '../../crds/issuer.ts';
import type { RequestFacts } from '../facts.ts';
import { mapSeen } from '../../cluster-reading/seen.ts';
import type { Seen } from '../../cluster-reading/seen.ts';
import type { Listed, Reader } from '../../cluster-reading/reader.ts';

// Each holds a CSR and mostly a certificate: some 40 MB.
const mostRequests = 10_000;

/** All requests that have to do with our group or our kinds. */
export async function lookAtRequests(reader: Reader): Promise<RequestFacts> {
  const [certificateRequests, signingRequests] = await Promise.all([
    reader.list<CertificateRequest>(certificateRequestsPath, {}, mostRequests),
    reader.list<CertificateSigningRequest>(signingRequestsPath, {}, mostRequests),
  ]);
  return {
    certificateRequests: itemsOf(certificateRequests, ({ spec }) => isOurs(spec.issuerRef)),
    signingRequests: itemsOf(signingRequests, ({ spec }) => isSignerOfGroup(spec.signerName)),
    more: [certificateRequests, signingRequests].some((look) => look.kind === 'seen' && look.value.more),
  };
}

/** Whether a reference means one of our issuers, by its group, or by mistake by its kind alone. */
export function isOurs({ group, kind }: { readonly group?: string; readonly kind?: string }): boolean {
  return group === apiGroup || issuerKind(kind) !== undefined;
}

function itemsOf<T>(look: Seen<Listed<T>>, wanted: (item: T) => boolean): Seen<readonly T[]> {
  return mapSeen(look, ({ items }) => items.filter(wanted));
}
