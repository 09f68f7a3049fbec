// PCA as the certificate authority of one issuer: what it says about its CA, what its calls come to, and revocation.
import { describe, expect, it } from 'vitest';
import type { PcaOutcome } from '../../../src/alibaba/call.ts';
import { describedCA, makeHierarchy } from '../../support/certificates.ts';
import { issuingCA } from '../../support/issuing.ts';
import { stage } from './authority-stage.ts';
import { answered, never, pcaFailure, refused } from './pca-double.ts';

const hierarchy = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));

describe('the limit and the endpoint of a call', () => {
  it('are those of the account, the region and the action', async () => {
    const { authority } = stage();
    expect(await authority.target('CreateCustomCertificate')).toEqual({
      limit: { account: '42', region: 'cn-hangzhou', action: 'CreateCustomCertificate' },
      endpoint: 'HTTPS pca.test',
    });
  });

  it('wait for the account', async () => {
    const account = Promise.withResolvers<string>();
    const { authority } = stage({ account: account.promise });
    const seen: string[] = [];
    const asked = authority.target('ListCert').then(({ limit }) => seen.push(limit.account));
    await Promise.resolve();
    expect(seen).toEqual([]);
    account.resolve('7');
    await asked;
    expect(seen).toEqual(['7']);
  });
});

it.each<[string, Parameters<typeof stage>[0], boolean]>([
  ['another CA', { spec: { parentIdentifier: 'ca-2' } }, false],
  ['an operation with another store', { spec: { operation: 'CreateWHClientCertificate' } }, false],
  ['an operation with the same store', { spec: { operation: 'CreateClientCertificateWithCsr' } }, true],
  ['another account number, as of other credentials', { account: Promise.resolve('7') }, true],
])('certificates lie in the same place after %s: %s', (_, changes, isSame) => {
  expect(stage(changes).authority.location === stage().authority.location).toBe(isSame);
});

describe('the description of the CA', () => {
  it('is read from the answer', async () => {
    const { authority, pca } = stage({ answers: { DescribeCACertificate: answered(describedCA(hierarchy)) } });
    expect(await authority.describe(never)).toEqual({ kind: 'described', ca: issuingCA(hierarchy) });
    expect(pca.calls).toEqual([
      { action: 'DescribeCACertificate', version: '2020-06-30', parameters: { Identifier: 'ca' } },
    ]);
  });

  it.each([
    ['with its RequestId', 'R-9'],
    ['without RequestId', undefined],
  ])('may be none, %s', async (_, requestId) => {
    const { authority } = stage({ answers: { DescribeCACertificate: { kind: 'ok', body: {}, requestId } } });
    expect(await authority.describe(never)).toEqual({
      kind: 'unreadable',
      message: 'the answer to DescribeCACertificate holds no certificate',
      requestId,
    });
  });

  it('fails as the call does', async () => {
    const { authority } = stage({ answers: { DescribeCACertificate: refused('Transient') } });
    expect(await authority.describe(never)).toEqual(refused('Transient'));
  });
});

describe('an issuing call', () => {
  it.each<[string, PcaOutcome, unknown]>([
    [
      'that brings the certificate',
      answered({ Identifier: 'c1', Certificate: 'PEM', CertificateChain: 'CHAIN', SerialNumber: '05' }, 'R-7'),
      {
        kind: 'ok',
        reply: { kind: 'issued', identifier: 'c1', certificate: 'PEM', chain: ['CHAIN'], serialNumber: '05' },
        requestId: 'R-7',
      },
    ],
    [
      'that brings an identifier alone',
      answered({ Identifier: 'c1' }),
      { kind: 'ok', reply: { kind: 'pending', identifier: 'c1' }, requestId: 'R-1' },
    ],
    ['that fails', refused('Capacity'), refused('Capacity')],
  ])('%s says so', async (_, answer, issued) => {
    const { authority, pca, plan } = stage({ answers: { CreateCustomCertificate: answer } });
    expect(await authority.issue(plan, { signal: never, mayGo: () => true })).toEqual(issued);
    expect(pca.calls).toEqual([plan.call]);
  });

  it('is not sent where the fence is shut', async () => {
    const { authority, pca, plan } = stage({ answers: { CreateCustomCertificate: answered({ Identifier: 'c1' }) } });
    const issued = await authority.issue(plan, { signal: never, mayGo: () => false });
    expect([issued, pca.calls]).toEqual([refused('Cancelled', { code: 'NotActing' }), []]);
  });

  it('ends with its signal', async () => {
    const { signal } = new AbortController();
    const signals: AbortSignal[] = [];
    const note = (_call: unknown, given: AbortSignal): PcaOutcome => {
      signals.push(given);
      return refused('Cancelled');
    };
    const answers = Object.fromEntries(
      [
        'CreateCustomCertificate',
        'DescribeCACertificate',
        'CreateRevokeClientCertificate',
        'DescribeClientCertificate',
        'GetCAInstanceStatus',
      ].map((action) => [action, note]),
    );
    const { authority, plan, wanted } = stage({ answers });
    await authority.issue(plan, { signal, mayGo: () => true });
    await authority.describe(signal);
    await authority.revoke('c1', signal);
    await authority.find(wanted({ kind: 'accepted', identifier: 'c1', since: 0 }), signal);
    await authority.find(wanted({ kind: 'instance', instanceId: 'one' }), signal);
    expect(signals).toEqual([signal, signal, signal, signal, signal]);
  });
});

describe('revocation', () => {
  it.each([
    ['CreateCustomCertificate', 'CreateRevokeClientCertificate', '2020-06-30'],
    ['CreateWHClientCertificate', 'RevokeWHClientCertificate', '2020-04-07'],
  ] as const)('of what %s issued is %s', async (operation, action, version) => {
    const { authority, pca } = stage({ spec: { operation }, answers: { [action]: answered({}) } });
    expect(await authority.revoke('c1', never)).toBeUndefined();
    expect(pca.calls).toEqual([{ action, version, parameters: { Identifier: 'c1' } }]);
    pca.answers = { [action]: refused('Permission') };
    expect(await authority.revoke('c1', never)).toEqual(pcaFailure('Permission'));
  });
});
