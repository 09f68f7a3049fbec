// CreateServerCertificateWithCsr (2020-06-30): a server certificate over a CSR, with names added by `Domain`.
import { domainParameters } from '../issuing/profile-names.ts';
import type { Action } from './action.ts';
import { certificateMembers, profileParameters, runProfileOperation } from './profile-operation.ts';
import { csrCertificateParameters } from './shared-parameters.ts';

const name = 'CreateServerCertificateWithCsr';

export const createServerCertificateWithCsr: Action = {
  name,
  version: '2020-06-30',
  issues: true,
  parameters: [...profileParameters, ...csrCertificateParameters, ...domainParameters],
  run: (given, service) =>
    runProfileOperation(
      {
        name,
        type: 'SERVER',
        inWarehouse: false,
        answersAtOnce: () => !service.faults.current.serverIgnoresImmediately,
        members: certificateMembers,
      },
      given,
      service,
    ),
};
