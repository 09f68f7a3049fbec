import { expect, test } from 'vitest';

import { customCertificate } from '../../../../src/issuing/operations/custom-certificate.ts';
import { issuingOperations } from '../../../../src/issuing/operations/index.ts';

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
    'that is not an object',
    null,
    {
      kind: 'malformed',
      message: 'The answer to CreateCustomCertificate holds neither a certificate nor an identifier.',
    },
  ],
])('a reply of CreateCustomCertificate %s is read', (_, body, reply) => {
  expect(customCertificate.read(body)).toEqual(reply);
});

test.each(['CreateServerCertificateWithCsr', 'CreateClientCertificateWithCsr', 'CreateWHClientCertificate'] as const)(
  'a reply of %s is read in its present and its older form',
  (name) => {
    const read = (body: unknown) => issuingOperations[name].read(body);
    const present = { Identifier: 'a', X509Certificate: 'PEM', CertificateChain: 'CHAIN', SerialNumber: '0f' };
    const older = {
      Identifier: 'a',
      X509Certificate: 'PEM',
      ParentX509Certificate: 'SUB',
      RootX509Certificate: 'ROOT',
    };
    const issued = { kind: 'issued', identifier: 'a', certificate: 'PEM' };
    expect([read(present), read(older), read({ Identifier: 'a' })]).toEqual([
      { ...issued, chain: ['CHAIN'], serialNumber: '0f' },
      { ...issued, chain: ['SUB', 'ROOT'], serialNumber: undefined },
      { kind: 'pending', identifier: 'a' },
    ]);
  },
);

test('a reply of CreateCertificateWithExtension has no serial number', () => {
  const body = { Identifier: 'a', Certificate: 'PEM', CertificateChain: 'CHAIN' };
  expect(issuingOperations.CreateCertificateWithExtension.read(body)).toEqual({
    kind: 'issued',
    identifier: 'a',
    certificate: 'PEM',
    chain: ['CHAIN'],
    serialNumber: undefined,
  });
});
