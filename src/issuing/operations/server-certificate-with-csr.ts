// CreateServerCertificateWithCsr: DNS names and IP addresses as one list, server profile.
import { clientCertificates } from '../certificate-store.ts';
import { csrOperation, csrOrigins, serverProfile } from './csr-certificate.ts';
import { sharedOrigins } from './notation.ts';

/** The operation CreateServerCertificateWithCsr (Alibaba: CreateServerCertificateWithCsr, API 2020-06-30). */
export const serverCertificateWithCsr = csrOperation({
  action: 'CreateServerCertificateWithCsr',
  version: '2020-06-30',
  block: 'createServerCertificateWithCsr',
  profile: serverProfile,
  names: { kinds: ['dns', 'ip'], mixed: true, untyped: true },
  callerIdentifier: true,
  store: clientCertificates,
  parameterOrigins: {
    ...sharedOrigins,
    ...csrOrigins,
    Domain: "the CSR's DNS names and IP addresses, separated by commas",
    CustomIdentifier: "derived from the cluster's and the request's UID",
  },
  nameParameters: (names) => (names.length === 0 ? {} : { Domain: names.map(({ value }) => value).join(',') }),
});
