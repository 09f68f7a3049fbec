// DescribeClientCertificate (2020-06-30): one issued certificate; its chain is leaf, sub CA, root as in the sample.
import { authorityChain } from '../issuing/authority.ts';
import { certificatePem } from '../issuing/ledger.ts';
import { presentChain } from '../issuing/presentation.ts';
import { refused } from './action.ts';
import type { Action } from './action.ts';
import { describedCertificate, findCertificate, isAvailable } from './described-certificate.ts';
import { identifierParameter } from './shared-parameters.ts';

export const describeClientCertificate: Action = {
  name: 'DescribeClientCertificate',
  version: '2020-06-30',
  issues: false,
  parameters: [identifierParameter],
  run(given, service) {
    const record = findCertificate(given.get('Identifier') ?? '', 'Certificates', service);
    if ('code' in record) return refused(record);
    const chain = [certificatePem(record), ...authorityChain(record.parent, true)];
    return {
      kind: 'answered',
      body: {
        Certificate: {
          ...describedCertificate(record, service),
          ...(isAvailable(record, service) ? { CertChain: presentChain(chain, service.faults.current) } : {}),
        },
      },
    };
  },
};
