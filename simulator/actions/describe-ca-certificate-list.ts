// DescribeCACertificateList (2020-06-30): the account's CAs, paged by number.
import { presentPem } from '../issuing/presentation.ts';
import { integerOf } from '../protocol/parameters.ts';
import type { Action } from './action.ts';
import { pageParameters } from './paging.ts';

const types: Readonly<Record<string, string>> = { root: 'ROOT', subRoot: 'SUB_ROOT' };
const statuses: Readonly<Record<string, string>> = { issue: 'ISSUE', forbidden: 'FORBIDDEN', revoke: 'REVOKE' };

/** Filters by type, state and validity. */
export const describeCACertificateList: Action = {
  name: 'DescribeCACertificateList',
  version: '2020-06-30',
  issues: false,
  parameters: [
    { name: 'CertType', type: 'string', values: ['root', 'subRoot', 'externalCa'] },
    { name: 'CaStatus', type: 'string', values: ['issue', 'forbidden', 'revoke'] },
    { name: 'ValidStatus', type: 'string', values: ['valid', 'notValid'] },
    { name: 'Identifier', type: 'string', maximumLength: 64 },
    ...pageParameters,
  ],
  run(given, { authorities, faults, now }) {
    const [type, status, validity] = ['CertType', 'CaStatus', 'ValidStatus'].map((name) => given.get(name));
    const found = [...authorities.values()].filter(
      (authority) =>
        (type === undefined || authority.kind === types[type]) &&
        (status === undefined || authority.status === statuses[status]) &&
        (validity === undefined || now() < authority.notAfter === (validity === 'valid')) &&
        (given.get('Identifier') ?? authority.identifier) === authority.identifier,
    );
    const [page, size] = [integerOf(given, 'CurrentPage', 1), integerOf(given, 'ShowSize', 20)];
    return {
      kind: 'answered',
      body: {
        CurrentPage: page,
        ShowSize: size,
        PageCount: Math.ceil(found.length / size),
        TotalCount: found.length,
        CertificateList: found.slice((page - 1) * size, page * size).map((authority) => ({
          Identifier: authority.identifier,
          CertificateType: authority.kind,
          Status: authority.status,
          Algorithm: authority.keyFamily,
          FullAlgorithm: authority.algorithm,
          IssuerType: authority.issuerType,
          ParentIdentifier: authority.parent?.identifier ?? '',
          SerialNumber: authority.serialNumber,
          SubjectDN: authority.subject,
          X509Certificate: presentPem(authority.certificatePem, faults.current),
          BeforeDate: authority.notBefore.getTime(),
          AfterDate: authority.notAfter.getTime(),
        })),
      },
    };
  },
};
