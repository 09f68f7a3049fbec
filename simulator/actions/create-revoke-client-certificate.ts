// CreateRevokeClientCertificate (2020-06-30) and its like for the warehouse: one issued certificate is revoked.
import { refused } from './action.ts';
import type { Action } from './action.ts';
import { findCertificate } from './described-certificate.ts';
import type { Shelf } from './described-certificate.ts';
import { identifierParameter } from './shared-parameters.ts';

export const createRevokeClientCertificate: Action = revocation(
  'CreateRevokeClientCertificate',
  '2020-06-30',
  'Certificates',
);

/** An action that revokes certificates of that shelf. */
export function revocation(name: string, version: string, shelf: Shelf): Action {
  return {
    name,
    version,
    issues: false,
    parameters: [identifierParameter],
    run(given, service) {
      const record = findCertificate(given.get('Identifier') ?? '', shelf, service);
      if ('code' in record) return refused(record);
      record.status = 'REVOKE';
      record.modifiedAt = service.now();
      return { kind: 'answered', body: {} };
    },
  };
}
