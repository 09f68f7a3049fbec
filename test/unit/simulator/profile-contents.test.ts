// Names, usages and subjects that CSR and parameters give together, and the parameters that are refused.
import { describe, expect, it } from 'vitest';
import type { Faults } from '../../../simulator/simulator.ts';
import { client, fullSubject, profileStage, purpose, server, sub, warehouse, withExtension } from './profile-calls.ts';
import type { Texts } from './profile-calls.ts';
import { KeyUsageFlags, makeCsr } from './signed-call.ts';

const stage = profileStage();
const { call, facts } = stage;

describe('names', () => {
  const sans = JSON.stringify([
    { Type: 1, Value: 'me@example.com' },
    { Type: 2, Value: 'a.example.com' },
    { Type: 6, Value: 'spiffe://td/a' },
    { Type: 7, Value: '10.0.0.1' },
  ]);
  it.each([
    [server, { Domain: 'a.example.com,10.0.0.1,2001:db8::1' }, ['dns:a.example.com', 'ip:10.0.0.1', 'ip:2001:db8::1']],
    [
      client,
      { SanType: '1', SanValue: 'me@example.com,you@example.com' },
      ['email:me@example.com', 'email:you@example.com'],
    ],
    [client, { SanType: '2', SanValue: 'a.example.com' }, ['dns:a.example.com']],
    [client, { SanType: '6', SanValue: 'spiffe://td/a' }, ['url:spiffe://td/a']],
    [warehouse, { SanType: '7', SanValue: '10.0.0.1' }, ['ip:10.0.0.1']],
    [withExtension, { Sans: sans }, ['email:me@example.com', 'dns:a.example.com', 'url:spiffe://td/a', 'ip:10.0.0.1']],
  ])('%s %j', async (action, more, expected) => {
    expect((await facts(action, more))['names']).toEqual(expected);
  });

  it.each([
    ['Kept', ['dns:csr.example.com']],
    ['Merged', ['dns:csr.example.com', 'dns:a.example.com']],
    ['Replaced', ['dns:csr.example.com', 'dns:a.example.com'].slice(1)],
  ] as const)('of CSR and parameters are %s', async (csrNames, expected) => {
    stage.simulator.setFaults({ csrNames });
    expect((await facts(server, { Domain: 'a.example.com' }, stage.named))['names']).toEqual(expected);
    expect((await facts(client, {}, stage.named))['names']).toEqual(['dns:csr.example.com']);
  });

  it('that CSR and parameters share stand once', async () => {
    const more = { Domain: 'csr.example.com,a.example.com' };
    expect((await facts(server, more, stage.named))['names']).toEqual(['dns:csr.example.com', 'dns:a.example.com']);
  });

  const refusals: readonly (readonly [string, Texts, string])[] = [
    [server, { Domain: 'me@example.com' }, 'InvalidParameter.Domain'],
    [server, { Domain: 'a.example.com,' }, 'InvalidParameter.Domain'],
    [server, { SanType: '2', SanValue: 'a.example.com' }, 'InvalidParameter'],
    [client, { Domain: 'a.example.com' }, 'InvalidParameter'],
    ...['0', '3', '4', '5', '8', '9'].map(
      (SanType) => [client, { SanType, SanValue: 'a' }, 'InvalidParameter.SanType'] as const,
    ),
    [client, { SanType: '7', SanValue: 'a.example.com' }, 'InvalidParameter.SanValue'],
    [client, { SanType: '2' }, 'MissingParameter.SanValue'],
    [warehouse, { SanValue: 'a' }, 'MissingParameter.SanType'],
    [warehouse, { CustomIdentifier: 'a' }, 'InvalidParameter'],
    [warehouse, { EnableCrl: '1' }, 'InvalidParameter'],
    [withExtension, { Immediately: '1' }, 'InvalidParameter'],
    [withExtension, { Sans: '[{"Type":"2","Value":"a"}]' }, 'InvalidParameter.Sans'],
    [withExtension, { Sans: '[{"Type":2,"Value":"a","More":1}]' }, 'InvalidParameter.Sans'],
    [withExtension, { Sans: '{' }, 'InvalidParameter.Sans'],
    [withExtension, { Sans: '[{"Type":7,"Value":"a"}]' }, 'InvalidParameter.Sans'],
    [server, { customIdentifier: 'a' }, 'InvalidParameter'],
    [server, { ParentIdentifier: 'sim-root-ecc' }, 'InvalidParameter.ParentIdentifier'],
    [server, { ParentIdentifier: 'sim-sub-rsa-2048' }, 'InvalidParameter.Csr'],
    [server, { ParentIdentifier: 'sim-sub-revoked' }, 'CertificateExpired'],
    [server, { ParentIdentifier: 'nobody' }, 'NotFound'],
  ];
  it.each(refusals)('and other parameters: %s %j is refused with %s', async (action, more, code) => {
    expect([(await call(action, more))['Code'], stage.simulator.issued()]).toEqual([code, []]);
  });
});

it.each([
  ['Ignored', KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, [purpose.server]],
  ['Used', KeyUsageFlags.keyAgreement, ['1.3.6.1.5.5.7.3.4']],
] as const)('usages of the CSR are %s', async (csrUsages, keyUsage, purposes) => {
  stage.simulator.setFaults({ csrUsages });
  expect(await facts(server, {}, stage.named)).toMatchObject({ keyUsage, purposes });
});

it.each([
  ['Recipe', KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment],
  ['ByKeyFamily', KeyUsageFlags.digitalSignature],
] as const)('the key usage of an ECC key is that of %s', async (profileKeyUsage, keyUsage) => {
  stage.simulator.setFaults({ profileKeyUsage });
  expect(await facts(server, {}, stage.named)).toMatchObject({ keyUsage });
});

describe('the subject', () => {
  const given = { CommonName: 'given.example.com', Organization: 'Given', Country: 'DE' };
  const rows: readonly (readonly [Partial<Faults>, string])[] = [
    [{ csrSubject: 'Wins' }, 'O=Csr, CN=csr.example.com, C=DE'],
    [{ csrSubject: 'Merged' }, 'O=Csr, CN=csr.example.com, C=DE, O=Given'],
    [{ csrSubject: 'ParametersWin' }, 'CN=csr.example.com, C=DE, O=Given'],
  ];
  it.each(rows)('of CSR and parameters with %j', async (faults, expected) => {
    stage.simulator.setFaults({ addedSubject: 'None', ...faults });
    const { pem } = await makeCsr({ subject: 'O=Csr, CN=csr.example.com' });
    expect((await facts(server, given, pem))['subject']).toBe(expected);
    const { Country, ...rest } = given;
    expect((await facts(withExtension, { ...rest, CountryCode: Country }, pem))['subject']).toBe(rows[0]?.[1]);
  });

  it('is that of the parameters over a CSR without one', async () => {
    stage.simulator.setFaults({ addedSubject: 'None' });
    const { pem } = await makeCsr({ subject: '' });
    expect((await facts(client, given, pem))['subject']).toBe('C=DE, O=Given, CN=given.example.com');
  });

  it.each([
    [server, 'Documented', sub, 'CN=csr.example.com, ST=Zhejiang, L=Hangzhou'],
    [client, 'Documented', sub, 'CN=csr.example.com, O=Alibaba Inc., OU=Aliyun CDN, ST=Zhejiang, L=Hangzhou'],
    [warehouse, 'Documented', sub, 'CN=csr.example.com, O=Alibaba Inc., OU=Aliyun CDN, ST=Zhejiang, L=Hangzhou'],
    [client, 'Documented', 'sim-sub-short', 'CN=csr.example.com, O=Alibaba Inc., OU=Aliyun CDN'],
    [withExtension, 'Documented', sub, 'CN=csr.example.com'],
    [server, 'None', sub, 'CN=csr.example.com'],
    [client, 'None', sub, 'CN=csr.example.com'],
    [warehouse, 'None', sub, 'CN=csr.example.com'],
  ] as const)('of %s with defaults %s by %s', async (action, addedSubject, ParentIdentifier, expected) => {
    stage.simulator.setFaults({ addedSubject });
    const { pem } = await makeCsr();
    const period = action === withExtension ? {} : { Days: '1' };
    expect((await facts(action, { ParentIdentifier, ...period }, pem))['subject']).toBe(expected);
  });

  it('keeps what it has beside the defaults', async () => {
    expect((await facts(client))['subject']).toBe(fullSubject);
  });
});

describe('a custom identifier', () => {
  it.each([server, client])('of %s that was used before', async (action) => {
    const more = { CustomIdentifier: 'mine' };
    const first = await call(action, more);
    expect((await call(action, more))['Code']).toBe('ParamRepeat');
    stage.simulator.setFaults({ duplicateIdentifier: 'ReturnEarlier' });
    expect({ ...(await call(action, more)), RequestId: '' }).toEqual({ ...first, RequestId: '' });
    stage.simulator.setFaults({ duplicateIdentifier: 'Accept' });
    await call(action, more);
    expect(stage.simulator.issued().map(({ customIdentifier }) => customIdentifier)).toEqual(['mine', 'mine']);
  });
});
