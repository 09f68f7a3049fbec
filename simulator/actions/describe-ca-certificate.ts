/** DescribeCACertificate (2020-06-30): a CA with its state, dates in milliseconds, counts and chain. */
import { authorityChain } from '../issuing/authority.ts';
import { presentPem } from '../issuing/presentation.ts';
import { problem } from '../protocol/problem.ts';
import { refused, type Action } from './action.ts';

export const describeCACertificate: Action = {
  name: 'DescribeCACertificate',
  version: '2020-06-30',
  issues: false,
  parameters: [{ name: 'Identifier', type: 'string', required: true, maximumLength: 64 }],
  run(given, { authorities, faults }) {
    const authority = authorities.get(given.get('Identifier') ?? '');
    if (authority === undefined) return refused(problem('NotFound', 'The specified CA certificate does not exist.'));
    const { current } = faults;
    const total = authority.quota;
    const used = current.quotaExhausted ? total : authority.issuedCount;
    return {
      kind: 'answered',
      body: {
        Certificate: {
          Identifier: authority.identifier,
          CertificateType: authority.kind,
          Status: authority.status,
          Algorithm: authority.keyFamily,
          FullAlgorithm: authority.algorithm,
          KeySize: Number(authority.algorithm.split('_')[1]),
          IssuerType: authority.issuerType,
          ParentIdentifier: authority.parent?.identifier ?? '',
          SerialNumber: authority.serialNumber,
          SubjectDN: authority.subject,
          X509Certificate: presentPem(authority.certificatePem, current),
          CaCertChain: presentPem(authorityChain(authority, true).slice(1).join(''), current),
          BeforeDate: authority.notBefore.getTime(),
          AfterDate: authority.notAfter.getTime(),
          CertTotalCount: total,
          CertIssuedCount: used,
          CertRemainingCount: Math.max(0, total - used),
          CertMaxTime: authority.certMaxTimeDays ?? 0,
          CrlUrl: authority.crlUrl,
          CrlDay: 7,
        },
      },
    };
  },
};
