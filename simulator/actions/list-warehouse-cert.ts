// ListCert (2020-04-07), not the ListCert of 2020-06-30: the certificates of the warehouse, newest first.
import type { Action } from './action.ts';
import { isAvailable, isOn } from './described-certificate.ts';
import { pageOf, pageParameters } from './paging.ts';
import { warehouse } from './warehouse.ts';

/** Filters by status, identifiers and a word of the names; it holds issued certificates only, no CAs and no uploads. */
export const listWarehouseCert: Action = {
  name: 'ListCert',
  version: '2020-04-07',
  issues: false,
  parameters: [
    { name: 'KeyWord', type: 'string', maximumLength: 256 },
    { name: 'WarehouseId', type: 'integer', minimum: 1 },
    { name: 'Status', type: 'string', values: ['ISSUE', 'REVOKE'] },
    { name: 'SourceType', type: 'string', values: ['upload', 'aliyun'] },
    { name: 'CertType', type: 'string', values: ['CA', 'CERT'] },
    { name: 'Identifiers', type: 'string', maximumLength: 4_096 },
    ...pageParameters,
  ],
  run(given, service) {
    const [word, status] = [given.get('KeyWord'), given.get('Status')];
    const identifiers = given.get('Identifiers')?.split(',');
    const nowhere =
      given.get('CertType') === 'CA' ||
      given.get('SourceType') === 'upload' ||
      (given.get('WarehouseId') ?? String(warehouse.id)) !== String(warehouse.id);
    const found = service.ledger
      .all()
      .filter(
        (record) =>
          !nowhere &&
          isOn(record, 'Warehouse') &&
          isAvailable(record, service) &&
          (status === undefined || record.status === status) &&
          (identifiers === undefined || identifiers.includes(record.identifier)) &&
          (word === undefined ||
            [record.commonName, ...record.names.map(({ value }) => value)].join(' ').includes(word)),
      );
    const { items, numbers } = pageOf(found, given, 50);
    return {
      kind: 'answered',
      body: {
        ...numbers,
        CertList: items.map((record) => ({
          Identifier: record.identifier,
          CertType: 'CERT',
          SourceType: 'aliyun',
          Status: record.status,
          CommonName: record.commonName,
          Sans: record.names.map(({ value }) => value).join(','),
          Issuer: record.parent.subject,
          SerialNo: record.serialNumber,
          Algorithm: record.request.keyFamily,
          ExistPrivateKey: false,
          BeforeDate: record.notBefore.getTime(),
          AfterDate: record.notAfter.getTime(),
          WhId: warehouse.id,
          WhInstanceId: warehouse.instanceId,
        })),
      },
    };
  },
};
