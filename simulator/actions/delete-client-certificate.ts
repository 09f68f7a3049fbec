// DeleteClientCertificate (2020-06-30): takes a revoked certificate out of the look-ups; its custom identifier is free again.
import { problem } from '../protocol/problem.ts';
import { refused } from './action.ts';
import type { Action } from './action.ts';
import { findCertificate } from './described-certificate.ts';
import { identifierParameter } from './shared-parameters.ts';

export const deleteClientCertificate: Action = {
  name: 'DeleteClientCertificate',
  version: '2020-06-30',
  issues: false,
  parameters: [identifierParameter],
  run(given, service) {
    const record = findCertificate(given.get('Identifier') ?? '', 'Certificates', service);
    if ('code' in record) return refused(record);
    if (record.status !== 'REVOKE')
      return refused(problem('InvalidParameter.Identifier', 'Only a revoked certificate can be deleted.'));

    service.ledger.delete(record);
    return { kind: 'answered', body: {} };
  },
};
