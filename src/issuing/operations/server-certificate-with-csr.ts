// CreateServerCertificateWithCsr: DNS names and IP addresses as one list, server profile.
import { clientCertificates } from '../certificate-store.ts';
import type { IssuingOperation } from '../operation.ts';
import { csrCapabilities, csrOrigins, csrParameters, readCsrReply, serverProfile } from './csr-certificate.ts';
import { accountParameters, attributesOf, sharedOrigins } from './notation.ts';

const action = 'CreateServerCertificateWithCsr';

/** The operation CreateServerCertificateWithCsr (Alibaba: CreateServerCertificateWithCsr, API 2020-06-30). */
export const serverCertificateWithCsr: IssuingOperation = {
  action,
  version: '2020-06-30',
  capabilities: csrCapabilities({
    names: { kinds: ['dns', 'ip'], mixed: true },
    profile: serverProfile,
    callerIdentifier: true,
  }),
  parameterOrigins: {
    ...sharedOrigins,
    ...csrOrigins,
    Domain: "the CSR's DNS names and IP addresses, separated by commas",
    CustomIdentifier: "derived from the cluster's and the request's UID",
  },
  store: clientCertificates,
  subjectDefaults: ({ createServerCertificateWithCsr }) =>
    attributesOf(createServerCertificateWithCsr?.subjectDefaults),
  parameters(request, spec) {
    const settings = spec.createServerCertificateWithCsr ?? {};
    return {
      ...csrParameters(request, settings),
      ...(request.names.length === 0 ? {} : { Domain: request.names.map(({ value }) => value).join(',') }),
      ...(request.identifier === undefined ? {} : { CustomIdentifier: request.identifier }),
      ...accountParameters(settings),
    };
  },
  read: (body) => readCsrReply(action, body),
};
