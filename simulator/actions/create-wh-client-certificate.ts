// CreateWHClientCertificate (2020-04-07): a client certificate of the certificate warehouse, without serial number.
import { certificatePem } from '../issuing/ledger.ts';
import { presentPem } from '../issuing/presentation.ts';
import { sanParameters } from '../issuing/profile-names.ts';
import type { Action } from './action.ts';
import { chainMember, issuerMembers, profileParameters, runProfileOperation } from './profile-operation.ts';

const name = 'CreateWHClientCertificate';

export const createWHClientCertificate: Action = {
  name,
  version: '2020-04-07',
  issues: true,
  parameters: [...profileParameters, ...sanParameters],
  run: (given, service) =>
    runProfileOperation(
      {
        name,
        type: 'CLIENT',
        inWarehouse: true,
        answersAtOnce: () => true,
        members: (record, whole) => ({
          X509Certificate: presentPem(certificatePem(record), service.faults.current),
          ...(whole ? { ...chainMember(record, service), ...issuerMembers(record, service) } : {}),
        }),
      },
      given,
      service,
    ),
};
