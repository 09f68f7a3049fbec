import { describe, expect, test } from 'vitest';

import {
  describeIssuedCall,
  listIssuedCall,
  readDescribedCertificate,
  readIssuedList,
} from '../../../src/issuing/lookup.ts';
import { customCertificate } from '../../../src/issuing/operations/custom-certificate.ts';

describe('finding issued certificates', () => {
  test('the calls name the CA with a page, or the certificate', () => {
    expect(listIssuedCall({ parentIdentifier: 'ca', page: 3 })).toEqual({
      action: 'ListCert',
      version: '2020-06-30',
      parameters: { ParentIdentifier: 'ca', CurrentPage: '3', ShowSize: '50' },
    });
    expect(describeIssuedCall('one')).toEqual({
      action: 'DescribeClientCertificate',
      version: '2020-06-30',
      parameters: { Identifier: 'one' },
    });
  });

  test('a page is read with what it has', () => {
    const List = [
      { Identifier: 'a', CustomIdentifier: 'x', BeforeTime: 1_767_225_600_000 },
      { Identifier: 'b' },
      {},
      null,
    ];
    expect(readIssuedList({ List, TotalCount: '4' })).toEqual({
      kind: 'ok',
      total: 4,
      items: [
        { identifier: 'a', customIdentifier: 'x', issuedAt: new Date('2026-01-01T00:00:00Z') },
        { identifier: 'b', customIdentifier: undefined, issuedAt: undefined },
      ],
    });
    expect(readIssuedList({ TotalCount: 0 })).toEqual({ kind: 'ok', items: [], total: 0 });
  });

  test.each([undefined, 'x', [], {}, { TotalCount: 3 }, { List: 'x', TotalCount: 0 }])('%j is no page', (body) => {
    const message = 'The answer to ListCert holds no list of certificates.';
    expect(readIssuedList(body)).toEqual({ kind: 'malformed', message });
  });

  test.each<[string, unknown, object]>([
    [
      'issued',
      { Certificate: { Identifier: 'a', X509Certificate: 'PEM', CertChain: 'CHAIN', SerialNumber: '05' } },
      { kind: 'issued', identifier: 'a', certificate: 'PEM', chain: ['CHAIN'], serialNumber: '05' },
    ],
    [
      'pending',
      { Certificate: { Identifier: 'a', X509Certificate: '', Status: 'PENDING' } },
      { kind: 'pending', identifier: 'a' },
    ],
    [
      'revoked',
      { Certificate: { Identifier: 'a', X509Certificate: 'PEM', Status: 'REVOKE' } },
      { kind: 'malformed', message: 'The certificate that DescribeClientCertificate gives has been revoked.' },
    ],
    ['missing', {}, { kind: 'malformed', message: 'The answer to DescribeClientCertificate holds no certificate.' }],
  ])('a described certificate can be %s', (_, body, reply) => {
    expect(readDescribedCertificate(body)).toEqual(reply);
  });
});

test.each<[string, unknown, object]>([
  [
    'with everything',
    { Identifier: 'a', Certificate: 'PEM', CertificateChain: 'CHAIN', SerialNumber: '0f', RequestId: 'r' },
    { kind: 'issued', identifier: 'a', certificate: 'PEM', chain: ['CHAIN'], serialNumber: '0f' },
  ],
  [
    'with the certificate alone',
    { Certificate: 'PEM' },
    { kind: 'issued', identifier: undefined, certificate: 'PEM', chain: [], serialNumber: undefined },
  ],
  [
    'with the chain as a list',
    { Certificate: 'PEM', CertificateChain: ['A', '', 'B'] },
    { kind: 'issued', identifier: undefined, certificate: 'PEM', chain: ['A', 'B'], serialNumber: undefined },
  ],
  ['with an identifier only', { Identifier: 'a', Certificate: ' ' }, { kind: 'pending', identifier: 'a' }],
  [
    'with nothing',
    { Certificate: 5 },
    {
      kind: 'malformed',
      message: 'The answer to CreateCustomCertificate holds neither a certificate nor an identifier.',
    },
  ],
  [
    'that is no object',
    null,
    {
      kind: 'malformed',
      message: 'The answer to CreateCustomCertificate holds neither a certificate nor an identifier.',
    },
  ],
])('a reply of CreateCustomCertificate %s is read', (_, body, reply) => {
  expect(customCertificate.read(body)).toEqual(reply);
});
