/** The actions that are simulated, by name and version. A further one is a file and a line here. */
import type { Action } from './action.ts';
import { createCustomCertificate } from './create-custom-certificate.ts';
import { createRevokeClientCertificate } from './create-revoke-client-certificate.ts';
import { describeCACertificate } from './describe-ca-certificate.ts';
import { describeClientCertificate } from './describe-client-certificate.ts';
import { listCert } from './list-cert.ts';

const actions: readonly Action[] = [
  createCustomCertificate,
  createRevokeClientCertificate,
  describeCACertificate,
  describeClientCertificate,
  listCert,
];

/** The action of that name and version; the name alone tells whether only the version is wrong. */
export function findAction(name: string, version: string): Action | 'WrongVersion' | undefined {
  const named = actions.filter((action) => action.name === name);
  return named.find((action) => action.version === version) ?? (named.length > 0 ? 'WrongVersion' : undefined);
}
