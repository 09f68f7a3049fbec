/** DescribeClientCertificate (2020-06-30): one issued certificate; its chain is leaf, sub CA, root as in the sample. */
import { authorityChain } from '../issuing/authority.ts';
import { certificatePem } from '../issuing/ledger.ts';
import { presentChain, presentPem } from '../issuing/presentation.ts';
import { problem } from '../protocol/problem.ts';
import { refused, type Action } from './action.ts';

export const describeClientCertificate: Action = {
  name: 'DescribeClientCertificate',
  version: '2020-06-30',
  issues: false,
  parameters: [{ name: 'Identifier', type: 'string', required: true, maximumLength: 64 }],
  run(given, { ledger, faults, now }) {
    const record = ledger.byIdentifier(given.get('Identifier') ?? '');
    if (record === undefined) return refused(problem('NotFound', 'The specified certificate does not exist.'));
    const { current } = faults;
    const leaf = certificatePem(record);
    const isThere = now() >= record.availableAt;
    return {
      kind: 'answered',
      body: {
        Certificate: {
          Identifier: record.identifier,
          ...(record.customIdentifier === undefined ? {} : { CustomIdentifier: record.customIdentifier }),
          Status: isThere ? record.status : 'PENDING',
          CertificateType: record.type,
          ParentIdentifier: record.parent.identifier,
          SerialNumber: record.serialNumber,
          SubjectDN: record.subject,
          CommonName: record.commonName,
          Algorithm: record.keyFamily,
          BeforeDate: record.notBefore.getTime(),
          AfterDate: record.notAfter.getTime(),
          Days: Math.floor((record.notAfter.getTime() - record.notBefore.getTime()) / 86_400_000),
          Sans: JSON.stringify(record.names.map(({ type, value }) => ({ Type: type, Value: value }))),
          Tags: record.tags,
          ResourceGroupId: record.resourceGroupId ?? '',
          ...(isThere
            ? {
                X509Certificate: presentPem(leaf, current),
                CertChain: presentChain([leaf, ...authorityChain(record.parent, true)], current),
              }
            : {}),
        },
      },
    };
  },
};
