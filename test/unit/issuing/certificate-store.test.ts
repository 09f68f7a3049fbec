import { describe, expect, test } from 'vitest';

import { clientCertificates, warehouseCertificates } from '../../../src/issuing/certificate-store.ts';

describe('client and server certificates', () => {
  test('are read and revoked by their identifier', () => {
    expect([clientCertificates.describe('one'), clientCertificates.revoke('one')]).toEqual([
      { action: 'DescribeClientCertificate', version: '2020-06-30', parameters: { Identifier: 'one' } },
      { action: 'CreateRevokeClientCertificate', version: '2020-06-30', parameters: { Identifier: 'one' } },
    ]);
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
    ['revoked', { Certificate: { Identifier: 'a', X509Certificate: 'PEM', Status: 'REVOKE' } }, { kind: 'revoked' }],
    ['missing', {}, { kind: 'malformed', message: 'The answer to DescribeClientCertificate holds no certificate.' }],
  ])('a described certificate can be %s', (_, body, reply) => {
    expect(clientCertificates.read(body)).toEqual(reply);
  });
});

describe('certificates of a warehouse', () => {
  test('are read and revoked by their identifier', () => {
    expect([warehouseCertificates.describe('one'), warehouseCertificates.revoke('one')]).toEqual([
      { action: 'DescribeWarehouseCert', version: '2020-04-07', parameters: { CertIdentifier: 'one' } },
      { action: 'RevokeWHClientCertificate', version: '2020-04-07', parameters: { Identifier: 'one' } },
    ]);
  });

  test.each<[string, unknown, object]>([
    [
      'issued',
      { CertIdentifier: 'a', Content: 'PEM' },
      { kind: 'issued', identifier: 'a', certificate: 'PEM', chain: [], serialNumber: undefined },
    ],
    ['pending', { CertIdentifier: 'a' }, { kind: 'pending', identifier: 'a' }],
    ['revoked', { CertIdentifier: 'a', Content: 'PEM', CertStatus: 'REVOKED' }, { kind: 'revoked' }],
    ['missing', 'x', { kind: 'malformed', message: 'The answer to DescribeWarehouseCert holds no certificate.' }],
  ])('a described certificate can be %s', (_, body, reply) => {
    expect(warehouseCertificates.read(body)).toEqual(reply);
  });
});

describe('the list of a store', () => {
  test('is read page by page', () => {
    expect([clientCertificates.list(2), warehouseCertificates.list(1)]).toEqual([
      { action: 'ListClientCertificate', version: '2020-06-30', parameters: { CurrentPage: '2', ShowSize: '50' } },
      { action: 'ListCert', version: '2020-04-07', parameters: { CurrentPage: '1', ShowSize: '50' } },
    ]);
  });

  test('gives what its entries have', () => {
    const BeforeDate = 1_767_225_600_000;
    expect(
      clientCertificates.readList({
        CertificateList: [{ Identifier: 'a', X509Certificate: 'PEM', BeforeDate, Status: 'ISSUE' }, {}, null],
        TotalCount: 3,
      }),
    ).toEqual({
      kind: 'ok',
      total: 3,
      entries: 3,
      items: [{ identifier: 'a', certificate: 'PEM', notBefore: new Date('2026-01-01T00:00:00Z'), isRevoked: false }],
    });
    expect(warehouseCertificates.readList({ CertList: [{ Identifier: 'b', Status: 'REVOKE' }] })).toEqual({
      kind: 'ok',
      total: undefined,
      entries: 1,
      items: [{ identifier: 'b', certificate: undefined, notBefore: undefined, isRevoked: true }],
    });
    expect(clientCertificates.readList({ TotalCount: 0 })).toEqual({ kind: 'ok', items: [], entries: 0, total: 0 });
  });

  test.each([undefined, 'x', {}, { CertificateList: 'x' }, { TotalCount: 2 }])('is not %j', (body) => {
    const message = 'The answer to ListClientCertificate holds no list of certificates.';
    expect(clientCertificates.readList(body)).toEqual({ kind: 'malformed', message });
  });
});
