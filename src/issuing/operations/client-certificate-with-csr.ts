// CreateClientCertificateWithCsr: names of one kind at a time, client profile.
import { clientCertificates } from '../certificate-store.ts';
import { clientProfile, csrOperation, csrOrigins, oneKindOfNames } from './csr-certificate.ts';
import { sharedOrigins } from './notation.ts';

/** The operation CreateClientCertificateWithCsr (Alibaba: CreateClientCertificateWithCsr, API 2020-06-30). */
export const clientCertificateWithCsr = csrOperation({
  action: 'CreateClientCertificateWithCsr',
  version: '2020-06-30',
  block: 'createClientCertificateWithCsr',
  profile: clientProfile,
  names: { kinds: ['dns', 'ip', 'email', 'uri'], mixed: false },
  callerIdentifier: true,
  store: clientCertificates,
  parameterOrigins: {
    ...sharedOrigins,
    ...csrOrigins,
    'SanType, SanValue': "the CSR's alternative names, of one kind, separated by commas",
    CustomIdentifier: "derived from the cluster's and the request's UID",
    AsynchronousFlag: 'not sent: the certificate is wanted in the answer',
  },
  nameParameters: oneKindOfNames,
});
