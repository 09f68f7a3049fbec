// CreateClientCertificateWithCsr (2020-06-30): a client certificate over a CSR, with names of one type added.
import { sanParameters } from '../issuing/profile-names.ts';
import type { Action } from './action.ts';
import { certificateMembers, profileParameters, runProfileOperation } from './profile-operation.ts';
import { csrCertificateParameters } from './shared-parameters.ts';

const name = 'CreateClientCertificateWithCsr';

export const createClientCertificateWithCsr: Action = {
  name,
  version: '2020-06-30',
  issues: true,
  parameters: [
    ...profileParameters,
    ...csrCertificateParameters,
    ...sanParameters,
    { name: 'AsynchronousFlag', type: 'boolean' },
  ],
  run: (given, service) =>
    runProfileOperation(
      {
        name,
        type: 'CLIENT',
        inWarehouse: false,
        answersAtOnce: () => given.get('AsynchronousFlag') !== 'true',
        members: certificateMembers,
      },
      given,
      service,
    ),
};
