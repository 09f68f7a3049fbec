/** Every operation that the simulator answers; a new one is one file beside this one and one line here. */
import type { Action } from './action.ts';
import { createCustomCertificate } from './create-custom-certificate.ts';
import { createRevokeClientCertificate } from './create-revoke-client-certificate.ts';
import { describeCaCertificate } from './describe-ca-certificate.ts';
import { describeClientCertificate } from './describe-client-certificate.ts';
import { getCallerIdentity } from './get-caller-identity.ts';
import { listCert } from './list-cert.ts';

/** The operations; name and version together are unique. */
export const actions: readonly Action[] = [
  createCustomCertificate,
  createRevokeClientCertificate,
  describeCaCertificate,
  describeClientCertificate,
  getCallerIdentity,
  listCert,
];
