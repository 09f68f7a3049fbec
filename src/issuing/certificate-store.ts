// The two places where PCA keeps what it issued: the list of client and server certificates, and the certificate warehouse.
import type { CertificateStore, StoredItem, StoredList, StoredReply } from './operation.ts';
import { asIdentifier, asMoment, asObject, asText, pageSize, readListPage, replyOf } from './reply-body.ts';
import type { JsonObject } from './reply-body.ts';

/** Certificates of the API 2020-06-30 (Alibaba: ListClientCertificate, DescribeClientCertificate, CreateRevokeClientCertificate). */
export const clientCertificates: CertificateStore = {
  list: (page) => ({ action: 'ListClientCertificate', version: '2020-06-30', parameters: pageParameters(page) }),
  readList: (body) =>
    readStoredList('ListClientCertificate', body, 'CertificateList', (item) => asText(item['X509Certificate'])),
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

/** Certificates of a warehouse, API 2020-04-07 (Alibaba: ListCert, DescribeWarehouseCert, RevokeWHClientCertificate). */
export const warehouseCertificates: CertificateStore = {
  list: (page) => ({ action: 'ListCert', version: '2020-04-07', parameters: pageParameters(page) }),
  readList: (body) => readStoredList('ListCert', body, 'CertList', () => undefined),
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

function pageParameters(page: number): Readonly<Record<string, string>> {
  return { CurrentPage: String(page), ShowSize: String(pageSize) };
}

// Items without an identifier cannot be read.
function readStoredList(
  action: string,
  body: unknown,
  member: string,
  certificateOf: (item: JsonObject) => string | undefined,
): StoredList {
  return readListPage(action, body, member, (item): StoredItem | undefined => {
    const identifier = asIdentifier(item['Identifier']);
    if (identifier === undefined) return undefined;
    const notBefore = asMoment(item['BeforeDate']);
    return { identifier, certificate: certificateOf(item), notBefore, isRevoked: isRevoked(item['Status']) };
  });
}

/** Whether a status of PCA's says that the certificate was revoked. */
export function isRevoked(status: unknown): boolean {
  return /^revoked?$/i.test(asText(status) ?? '');
}

// A certificate without its PEM is still pending.
function readStored(
  action: string,
  described: JsonObject | undefined,
  { status, ...fields }: Parameters<typeof replyOf>[1] & { readonly status: unknown },
): StoredReply {
  if (described === undefined) return { kind: 'malformed', message: `The answer to ${action} holds no certificate.` };
  if (isRevoked(status)) return { kind: 'revoked' };
  return replyOf(action, fields);
}
