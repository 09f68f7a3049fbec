// DescribeCACertificate (2020-06-30): a CA with its state, dates in milliseconds, counts and chain.
import { authorityChain } from '../issuing/authority.ts';
import type { Faults } from '../faults.ts';
import { certificatePem } from '../issuing/ledger.ts';
import type { IssuedRecord } from '../issuing/ledger.ts';
import { presentPem } from '../issuing/presentation.ts';
import { problem } from '../protocol/problem.ts';
import { refused } from './action.ts';
import type { Action, ActionOutcome } from './action.ts';
import { identifierParameter } from './shared-parameters.ts';

export const describeCACertificate: Action = {
  name: 'DescribeCACertificate',
  version: '2020-06-30',
  issues: false,
  parameters: [identifierParameter],
  run(given, { authorities, faults, ledger }) {
    const identifier = given.get('Identifier') ?? '';
    const external = ledger.byIdentifier(identifier);
    if (external?.type === 'CA') return describeExternal(external, faults.current);
    const authority = authorities.get(identifier);
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

/** A CA certificate of CreateExternalCACertificate; its key is not here, so that it has issued nothing. */
function describeExternal(record: IssuedRecord, faults: Faults): ActionOutcome {
  const { keyFamily, keySize } = record.request;
  return {
    kind: 'answered',
    body: {
      Certificate: {
        Identifier: record.identifier,
        CertificateType: 'SUB_ROOT',
        Status: record.status,
        Algorithm: keyFamily,
        KeySize: keySize,
        IssuerType: 'external',
        ParentIdentifier: record.parent.identifier,
        SerialNumber: record.serialNumber,
        SubjectDN: record.subject,
        X509Certificate: presentPem(certificatePem(record), faults),
        CaCertChain: presentPem(authorityChain(record.parent, true).join(''), faults),
        BeforeDate: record.notBefore.getTime(),
        AfterDate: record.notAfter.getTime(),
        Tags: record.tags,
        ResourceGroupId: record.resourceGroupId ?? '',
      },
    },
  };
}
