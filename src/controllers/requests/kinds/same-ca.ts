// What tells whether two requests are tries for one CA: made by the same requester, for the same subject and names.
import { createHash } from 'node:crypto';
import { certificateNameAnnotation, owningCertificateName } from '../../../crds/cert-manager.ts';
import type { CertificateRequest } from '../../../crds/cert-manager.ts';
import { readSigningRequest } from '../../../issuing/signing-request.ts';
import { nameKey } from '../../../issuing/x509/alternative-name.ts';

// Clients such as SPIRE make the subject of each try unique with a serial number in it.
const serialNumber = '2.5.4.5';

/**
 * A digest that is the same for all tries of one client for one CA. undefined where a request is no such try: it is for no CA,
 * belongs to a Certificate (cert-manager ends what it asks for no longer, and asks for all Certificates as one requester), names
 * no requester, or cannot be read.
 */
export function sameCA(request: CertificateRequest): string | undefined {
  const { isCA = false, username = '', request: csr, duration, usages } = request.spec;
  const { annotations, uid } = request.metadata;
  if (!isCA || username === '' || owningCertificateName(request) !== undefined) return undefined;
  if (annotations?.[certificateNameAnnotation] !== undefined) return undefined;
  const read = readSigningRequest({ uid, request: csr, duration, isCA, usages });
  if (read.kind === 'refused') return undefined;
  const { subject, extensions } = read.request.csr;
  const attributes = subject.attributes.filter(({ oid }) => oid !== serialNumber).map(({ oid, value }) => [oid, value]);
  const names = extensions.alternativeNames.names.map(nameKey).sort();
  return createHash('sha256')
    .update(JSON.stringify([username, attributes, names]))
    .digest('base64')
    .slice(0, 22);
}
