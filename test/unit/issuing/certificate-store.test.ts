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
    [
      'revoked',
      { Certificate: { Identifier: 'a', X509Certificate: 'PEM', Status: 'REVOKE' } },
      { kind: 'malformed', message: 'The certificate that DescribeClientCertificate gives has been revoked.' },
    ],
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
    [
      'revoked',
      { CertIdentifier: 'a', Content: 'PEM', CertStatus: 'REVOKED' },
      { kind: 'malformed', message: 'The certificate that DescribeWarehouseCert gives has been revoked.' },
    ],
    ['missing', 'x', { kind: 'malformed', message: 'The answer to DescribeWarehouseCert holds no certificate.' }],
  ])('a described certificate can be %s', (_, body, reply) => {
    expect(warehouseCertificates.read(body)).toEqual(reply);
  });
});
