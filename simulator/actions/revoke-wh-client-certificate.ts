// RevokeWHClientCertificate (2020-04-07): revokes one certificate of the warehouse.
import type { Action } from './action.ts';
import { revocation } from './create-revoke-client-certificate.ts';

export const revokeWHClientCertificate: Action = revocation('RevokeWHClientCertificate', '2020-04-07', 'Warehouse');
