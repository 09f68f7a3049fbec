/** CreateRevokeClientCertificate (2020-06-30): revokes one issued certificate. */
import { problem } from '../protocol/problem.ts';
import { refused, type Action } from './action.ts';

export const createRevokeClientCertificate: Action = {
  name: 'CreateRevokeClientCertificate',
  version: '2020-06-30',
  issues: false,
  parameters: [{ name: 'Identifier', type: 'string', required: true, maximumLength: 64 }],
  run(given, { ledger, now }) {
    const record = ledger.byIdentifier(given.get('Identifier') ?? '');
    if (record === undefined) return refused(problem('NotFound', 'The specified certificate does not exist.'));
    record.status = 'REVOKE';
    record.modifiedAt = now();
    return { kind: 'answered', body: {} };
  },
};
