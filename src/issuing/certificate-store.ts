// The two places where PCA keeps what it issued: the list of client and server certificates, and the certificate warehouse.
import type { CertificateStore, IssueReply } from './operation.ts';
import { asObject, asText, type JsonObject, replyOf } from './reply-body.ts';

/** Certificates of the API 2020-06-30 (Alibaba: DescribeClientCertificate, CreateRevokeClientCertificate). */
export const clientCertificates: CertificateStore = {
  describe: (identifier) => ({
    action: 'DescribeClientCertificate',
    version: '2020-06-30',
    parameters: { Identifier: identifier },
  }),
  read(body) {
    const certificate = asObject(asObject(body)?.['Certificate']);
    return readStored('DescribeClientCertificate', certificate, {
      status: certificate?.['Status'],
      identifier: certificate?.['Identifier'],
      certificate: certificate?.['X509Certificate'],
      chain: [certificate?.['CertChain']],
      serialNumber: certificate?.['SerialNumber'],
    });
  },
  revoke: (identifier) => ({
    action: 'CreateRevokeClientCertificate',
    version: '2020-06-30',
    parameters: { Identifier: identifier },
  }),
};

/** Certificates of a warehouse, API 2020-04-07 (Alibaba: DescribeWarehouseCert, RevokeWHClientCertificate). */
export const warehouseCertificates: CertificateStore = {
  describe: (identifier) => ({
    action: 'DescribeWarehouseCert',
    version: '2020-04-07',
    parameters: { CertIdentifier: identifier },
  }),
  read(body) {
    const described = asObject(body);
    return readStored('DescribeWarehouseCert', described, {
      status: described?.['CertStatus'],
      identifier: described?.['CertIdentifier'],
      certificate: described?.['Content'],
      chain: [],
      serialNumber: undefined,
    });
  },
  revoke: (identifier) => ({
    action: 'RevokeWHClientCertificate',
    version: '2020-04-07',
    parameters: { Identifier: identifier },
  }),
};

// A certificate without its PEM is still pending.
function readStored(
  action: string,
  described: JsonObject | undefined,
  { status, ...fields }: Parameters<typeof replyOf>[1] & { readonly status: unknown },
): IssueReply {
  if (described === undefined) return { kind: 'malformed', message: `The answer to ${action} holds no certificate.` };
  if (/^revoked?$/i.test(asText(status) ?? '')) {
    return { kind: 'malformed', message: `The certificate that ${action} gives has been revoked.` };
  }
  return replyOf(action, fields);
}
