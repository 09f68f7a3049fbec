// The actions that are simulated, by name and version. A further one is a file and a line here.
import type { Action } from './action.ts';
import { assumeRole, assumeRoleWithOidc } from './assume-role.ts';
import { createCertificateWithExtension } from './create-certificate-with-extension.ts';
import { createClientCertificateWithCsr } from './create-client-certificate-with-csr.ts';
import { createCustomCertificate } from './create-custom-certificate.ts';
import { createExternalCACertificate } from './create-external-ca-certificate.ts';
import { createRevokeClientCertificate } from './create-revoke-client-certificate.ts';
import { createServerCertificateWithCsr } from './create-server-certificate-with-csr.ts';
import { createWHClientCertificate } from './create-wh-client-certificate.ts';
import { deleteClientCertificate } from './delete-client-certificate.ts';
import { describeCACertificate } from './describe-ca-certificate.ts';
import { describeCACertificateList } from './describe-ca-certificate-list.ts';
import { describeClientCertificate } from './describe-client-certificate.ts';
import { describeWarehouseCert } from './describe-warehouse-cert.ts';
import { getCAInstanceStatus } from './get-ca-instance-status.ts';
import { getCallerIdentity } from './get-caller-identity.ts';
import { listCert } from './list-cert.ts';
import { listClientCertificate } from './list-client-certificate.ts';
import { listWarehouseCert } from './list-warehouse-cert.ts';
import { revokeWHClientCertificate } from './revoke-wh-client-certificate.ts';

const actions: readonly Action[] = [
  assumeRole,
  assumeRoleWithOidc,
  createCertificateWithExtension,
  createClientCertificateWithCsr,
  createCustomCertificate,
  createExternalCACertificate,
  createRevokeClientCertificate,
  createServerCertificateWithCsr,
  createWHClientCertificate,
  deleteClientCertificate,
  describeCACertificate,
  describeCACertificateList,
  describeClientCertificate,
  describeWarehouseCert,
  getCAInstanceStatus,
  getCallerIdentity,
  listCert,
  listClientCertificate,
  listWarehouseCert,
  revokeWHClientCertificate,
];

/** The action of that name and version; the name alone tells whether only the version is wrong. */
export function findAction(name: string, version: string): Action | 'WrongVersion' | undefined {
  const named = actions.filter((action) => action.name === name);
  return named.find((action) => action.version === version) ?? (named.length > 0 ? 'WrongVersion' : undefined);
}
