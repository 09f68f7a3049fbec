// One issued certificate as the describe and list operations show it, and how it is found.
import { certificatePem } from '../issuing/ledger.ts';
import type { IssuedRecord } from '../issuing/ledger.ts';
import { presentPem } from '../issuing/presentation.ts';
import { problem } from '../protocol/problem.ts';
import type { Problem } from '../protocol/problem.ts';
import type { Service } from './action.ts';

/** Where a certificate is looked up: among the client and server certificates, or in the warehouse. */
export type Shelf = 'Certificates' | 'Warehouse';

/** Whether it stands there; CA certificates stand nowhere. */
export function isOn(record: IssuedRecord, shelf: Shelf): boolean {
  return record.type !== 'CA' && record.status !== 'DELETED' && record.inWarehouse === (shelf === 'Warehouse');
}

/** The certificate with that identifier, or that there is none. */
export function findCertificate(identifier: string, shelf: Shelf, { ledger }: Service): IssuedRecord | Problem {
  const record = ledger.byIdentifier(identifier);
  return record === undefined || !isOn(record, shelf)
    ? problem('NotFound', 'The specified certificate does not exist.')
    : record;
}

/** Whether the certificate is there yet. */
export function isAvailable(record: IssuedRecord, { now }: Service): boolean {
  return now() >= record.availableAt;
}

/** Members of DescribeClientCertificate and ListClientCertificate; the PEM only when the certificate is there. */
export function describedCertificate(record: IssuedRecord, service: Service): Readonly<Record<string, unknown>> {
  const isThere = isAvailable(record, service);
  return {
    Identifier: record.identifier,
    ...(record.customIdentifier === undefined ? {} : { CustomIdentifier: record.customIdentifier }),
    Status: isThere ? record.status : 'PENDING',
    CertificateType: record.type,
    ParentIdentifier: record.parent.identifier,
    SerialNumber: record.serialNumber,
    SubjectDN: record.subject,
    CommonName: record.commonName,
    Algorithm: record.request.keyFamily,
    BeforeDate: record.notBefore.getTime(),
    AfterDate: record.notAfter.getTime(),
    Days: Math.floor((record.notAfter.getTime() - record.notBefore.getTime()) / 86_400_000),
    Sans: JSON.stringify(record.names.map(({ type, value }) => ({ Type: type, Value: value }))),
    Tags: record.tags,
    ResourceGroupId: record.resourceGroupId ?? '',
    ...(isThere ? { X509Certificate: presentPem(certificatePem(record), service.faults.current) } : {}),
  };
}
