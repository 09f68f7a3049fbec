// Whether a CertificateRequest is one that cert-manager made for a Certificate, or a copy of such a one: told from the object
// alone, so that the usual request costs no further read.
import {
  certificateNameAnnotation,
  certificateRevisionAnnotation,
  controllingCertificate,
} from '../../../crds/cert-manager.ts';
import type { CertificateRequest, ManagedFields } from '../../../crds/cert-manager.ts';

/** What a request that cert-manager made for a Certificate, or a copy of it, says of its origin. */
export interface Provenance {
  /** Name of the Certificate that it was made for, in its own namespace. */
  readonly certificateName: string;
  /** The Certificate that controls it. */
  readonly controller: { readonly name: string; readonly uid: string } | undefined;
  /** Whether this very object was created by cert-manager, so that its controller is right and its revision the next one. */
  readonly isFirstHand: boolean;
}

/** Why nobody would use the certificate of a request that cert-manager once made for a Certificate. */
export type RestoredCause =
  /** No Certificate controls it. */
  | 'NoController'
  /** The Certificate that controls it does not exist. */
  | 'CertificateGone'
  /** A Certificate of another name controls it, or the one of that name is another object. */
  | 'OtherCertificate'
  /** The Certificate has had a certificate of this revision. */
  | 'RevisionOver';

// cert-manager: pkg/controller/context.go makes the field manager of "cert-manager" and the controller's name, which is
// certificates-request-manager in pkg/controller/certificates/requestmanager. It writes a request once, when it creates it.
const requestManager = 'cert-manager-certificates-request-manager';
// Managed fields have their time before the webhooks are asked, and the object its own afterwards. A restore may bring the
// managed fields of the original along, but not the time of its creation.
const createdWithinMs = 60_000;

/** The origin of a request; undefined where cert-manager did not make it for a Certificate (csi-driver, istio-csr, people). */
export function provenanceOf(request: Pick<CertificateRequest, 'metadata'>): Provenance | undefined {
  const { annotations = {}, creationTimestamp, managedFields = [] } = request.metadata;
  const certificateName = annotations[certificateNameAnnotation];
  if (certificateName === undefined || annotations[certificateRevisionAnnotation] === undefined) return undefined;
  const createdAt = Date.parse(creationTimestamp);
  return {
    certificateName,
    controller: controllingCertificate(request),
    isFirstHand: managedFields.some((fields) => isCreation(fields, createdAt)),
  };
}

function isCreation({ manager, subresource = '', time = '' }: ManagedFields, createdAt: number): boolean {
  return manager === requestManager && subresource === '' && Math.abs(Date.parse(time) - createdAt) <= createdWithinMs;
}
