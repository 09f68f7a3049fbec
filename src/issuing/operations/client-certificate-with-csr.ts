// CreateClientCertificateWithCsr: names of one kind at a time, client profile.
import { clientCertificates } from '../certificate-store.ts';
import type { IssuingOperation } from '../operation.ts';
import {
  clientProfile,
  csrCapabilities,
  csrOrigins,
  csrParameters,
  oneKindOfNames,
  readCsrReply,
} from './csr-certificate.ts';
import { accountParameters, attributesOf, sharedOrigins } from './notation.ts';

const action = 'CreateClientCertificateWithCsr';

/** The operation CreateClientCertificateWithCsr (Alibaba: CreateClientCertificateWithCsr, API 2020-06-30). */
export const clientCertificateWithCsr: IssuingOperation = {
  action,
  version: '2020-06-30',
  capabilities: csrCapabilities({
    names: { kinds: ['dns', 'ip', 'email', 'uri'], mixed: false },
    profile: clientProfile,
    callerIdentifier: true,
  }),
  parameterOrigins: {
    ...sharedOrigins,
    ...csrOrigins,
    'SanType, SanValue': "the CSR's alternative names, of one kind, separated by commas",
    CustomIdentifier: "derived from the cluster's and the request's UID",
    AsynchronousFlag: 'not sent: the certificate is wanted in the answer',
  },
  store: clientCertificates,
  subjectDefaults: ({ createClientCertificateWithCsr }) =>
    attributesOf(createClientCertificateWithCsr?.subjectDefaults),
  parameters(request, spec) {
    const settings = spec.createClientCertificateWithCsr ?? {};
    return {
      ...csrParameters(request, settings),
      ...oneKindOfNames(request),
      ...(request.identifier === undefined ? {} : { CustomIdentifier: request.identifier }),
      ...accountParameters(settings),
    };
  },
  read: (body) => readCsrReply(action, body),
};
