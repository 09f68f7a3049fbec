// CreateWHClientCertificate: client certificates of a certificate warehouse, without an identifier of ours.
import { warehouseCertificates } from '../certificate-store.ts';
import type { IssuingOperation } from '../operation.ts';
import {
  clientProfile,
  csrCapabilities,
  csrOrigins,
  csrParameters,
  oneKindOfNames,
  readCsrReply,
} from './csr-certificate.ts';
import { attributesOf } from './notation.ts';

const action = 'CreateWHClientCertificate';

/** The operation CreateWHClientCertificate (Alibaba: CreateWHClientCertificate, API 2020-04-07). */
export const warehouseClientCertificate: IssuingOperation = {
  action,
  version: '2020-04-07',
  capabilities: csrCapabilities({
    names: { kinds: ['dns', 'ip', 'email', 'uri'], mixed: false },
    profile: clientProfile,
    callerIdentifier: false,
  }),
  parameterOrigins: {
    ...csrOrigins,
    'SanType, SanValue': "the CSR's alternative names, of one kind, separated by commas",
  },
  store: warehouseCertificates,
  subjectDefaults: ({ createWHClientCertificate }) => attributesOf(createWHClientCertificate?.subjectDefaults),
  parameters: (request, spec) => ({
    ...csrParameters(request, spec.createWHClientCertificate ?? {}),
    ...oneKindOfNames(request),
  }),
  read: (body) => readCsrReply(action, body),
};
