// CreateWHClientCertificate: client certificates of a certificate warehouse, without an identifier of ours.
import { warehouseCertificates } from '../certificate-store.ts';
import { clientProfile, csrOperation, csrOrigins, oneKindOfNames } from './csr-certificate.ts';

/** The operation CreateWHClientCertificate (Alibaba: CreateWHClientCertificate, API 2020-04-07). */
export const warehouseClientCertificate = csrOperation({
  action: 'CreateWHClientCertificate',
  version: '2020-04-07',
  block: 'createWHClientCertificate',
  profile: clientProfile,
  names: { kinds: ['dns', 'ip', 'email', 'uri'], mixed: false },
  callerIdentifier: false,
  store: warehouseCertificates,
  parameterOrigins: {
    ...csrOrigins,
    'SanType, SanValue': "the CSR's alternative names, of one kind, separated by commas",
  },
  nameParameters: oneKindOfNames,
});
