// DescribeWarehouseCert (2020-04-07): one certificate of the warehouse; its PEM text carries the chain.
import { createHash } from 'node:crypto';
import { authorityChain } from '../issuing/authority.ts';
import { certificatePem } from '../issuing/ledger.ts';
import { presentChain } from '../issuing/presentation.ts';
import { refused } from './action.ts';
import type { Action } from './action.ts';
import { findCertificate, isAvailable } from './described-certificate.ts';
import { warehouse } from './warehouse.ts';

export const describeWarehouseCert: Action = {
  name: 'DescribeWarehouseCert',
  version: '2020-04-07',
  issues: false,
  parameters: [{ name: 'CertIdentifier', type: 'string', required: true, maximumLength: 64 }],
  run(given, service) {
    const record = findCertificate(given.get('CertIdentifier') ?? '', 'Warehouse', service);
    if ('code' in record) return refused(record);
    const { current } = service.faults;
    const isThere = isAvailable(record, service);
    const chain = [certificatePem(record), ...authorityChain(record.parent, current.chainWithRoot)];
    return {
      kind: 'answered',
      body: {
        CertIdentifier: record.identifier,
        CertStatus: isThere ? record.status : 'PENDING',
        CertType: record.type,
        CommonName: record.commonName,
        Fingerprint: createHash('sha1').update(record.der).digest('hex'),
        Issuer: record.parent.subject,
        IssuerIdentifier: record.parent.identifier,
        PrivateCaInstanceId: warehouse.privateCaInstanceId,
        PrivateCaRegionId: warehouse.regionId,
        WarehouseInstanceId: warehouse.instanceId,
        ...(isThere ? { Content: presentChain(chain, current) } : {}),
      },
    };
  },
};
