// CA certificates over a CSR, the instances that they activate, and the caller's identity.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import { opensslVerify } from './openssl.ts';
import type { Texts } from './profile-calls.ts';
import { factsOf, KeyUsageFlags, makeCsr, signedCall } from './signed-call.ts';

type Members = Record<string, unknown>;

const keys = [
  { accessKeyId: 'first', accessKeySecret: 'a', accountId: '1234567890123456' },
  { accessKeyId: 'second', accessKeySecret: 'b', accountId: '1234567890123456' },
  { accessKeyId: 'third', accessKeySecret: 'c' },
  { accessKeyId: 'STS.fourth', accessKeySecret: 'd', securityToken: 'token', accountId: '1234567890123456' },
] as const;

let simulator: SimulatorHandle;
let csr: Awaited<ReturnType<typeof makeCsr>>;
beforeAll(async () => {
  simulator = await startSimulator({ accessKeys: keys });
  csr = await makeCsr();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

async function call(action: string, parameters: Texts = {}): Promise<Members> {
  return (await signedCall(simulator, action, parameters)).body;
}

describe('CreateExternalCACertificate', () => {
  const create = async (more: Texts = {}, pem = csr.pem) =>
    call('CreateExternalCACertificate', { InstanceId: 'cas_deposit-cn-sim0001', Csr: pem, Validity: '5y', ...more });

  it.each([
    ['P-384', 'ecc', '{"Extensions":{"PathLenConstraint":1}}', 'pathlen:1'],
    ['RSA-2048', 'rsa', undefined, 'pathlen:0'],
  ] as const)(
    'over a %s key gives a CA certificate that openssl verifies',
    async (algorithm, family, passthrough, length) => {
      const { pem } = await makeCsr({ algorithm, subject: 'CN=csr.example.com' });
      const body = await create(passthrough === undefined ? {} : { ApiPassthrough: passthrough }, pem);
      expect(Object.keys(body)).toEqual(['RequestId', 'Identifier', 'Certificate', 'CertificateChain']);
      expect(factsOf(body['Certificate'])).toEqual({
        subject: 'CN=csr.example.com',
        names: undefined,
        keyUsage: KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
        purposes: undefined,
        ca: true,
      });
      const root = simulator.rootPem(`sim-root-${family}`);
      const pems = { root, chain: body['CertificateChain'], certificate: body['Certificate'] };
      const { verdict, text } = await opensslVerify(pems);
      expect(verdict).toBe('certificate.pem: OK');
      expect(text).toContain(`CA:TRUE, ${length}`);
    },
  );

  it('passes subject and usages through', async () => {
    const ApiPassthrough = JSON.stringify({
      Subject: { CommonName: 'Passed', Organization: 'ACME', Country: 'CN' },
      Extensions: { ExtendedKeyUsages: ['serverAuth', '1.3.6.1.5.5.7.3.2'], PathLenConstraint: 0 },
    });
    const { Certificate } = await create({ ApiPassthrough, CertMaxTime: '30', 'Tags.1.Key': 'k' });
    expect(factsOf(Certificate)).toMatchObject({
      subject: 'C=CN, O=ACME, CN=Passed',
      purposes: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
    });
  });

  it('activates each instance once, and both look-ups show it', async () => {
    const status = async (InstanceId: string) =>
      ((await call('GetCAInstanceStatus', { InstanceId }))['InstanceStatusList'] as Members[]).map((item) => [
        item['Status'],
        item['Identifier'],
      ]);
    const { Identifier, Certificate } = await create();
    expect((await create())['Code']).toBe('InvalidParameter.InstanceId');
    expect([await status('cas_deposit-cn-sim0001'), await status('cas_deposit-cn-sim0002')]).toEqual([
      [['USED', Identifier]],
      [['BUY', '']],
    ]);
    const found = await call('DescribeCACertificate', { Identifier: String(Identifier) });
    expect(found['Certificate']).toMatchObject({ IssuerType: 'external', X509Certificate: Certificate });
    expect((await call('ListCert'))['TotalCount']).toBe(0);
    simulator.reset();
    expect((await create())['Code']).toBeUndefined();
  });

  it.each([
    [{ InstanceId: 'other' }, 'NotFound'],
    [{ ApiPassthrough: '{' }, 'InvalidParameter.ApiPassthrough'],
    [{ ApiPassthrough: '{"subject":{}}' }, 'InvalidParameter.ApiPassthrough'],
    [{ ApiPassthrough: '{"Extensions":{"PathLenConstraint":2}}' }, 'InvalidParameter.ApiPassthrough'],
    [{ ApiPassthrough: '{"Extensions":{"KeyUsage":{}}}' }, 'InvalidParameter.ApiPassthrough'],
    [{ 'ApiPassthrough.Subject.CommonName': 'a' }, 'InvalidParameter'],
    [{ Validity: '50y' }, 'InvalidParameter.Validity'],
    [{ Csr: 'no' }, 'InvalidParameter.Csr'],
  ])('%j is refused with %s', async (more, code) => {
    expect([(await create(more as Texts))['Code'], simulator.issued()]).toEqual([code, []]);
  });
});

it('instances may be others', async () => {
  const other = await startSimulator({ instances: ['mine'] });
  try {
    const { body } = await signedCall(other, 'GetCAInstanceStatus', { InstanceId: 'mine' });
    expect(body['InstanceStatusList']).toMatchObject([{ InstanceId: 'mine', Status: 'BUY' }]);
  } finally {
    await other.close();
  }
});

it('GetCallerIdentity tells the account of each key', async () => {
  const identity = async ({ accessKeyId, accessKeySecret: secret, ...rest }: (typeof keys)[number]) => {
    const token = 'securityToken' in rest ? { securityToken: rest.securityToken } : {};
    const changes = { version: '2015-04-01', accessKeyId, secret, ...token };
    const { AccountId, IdentityType, Arn } = (await signedCall(simulator, 'GetCallerIdentity', {}, changes)).body;
    return [AccountId, IdentityType, Arn];
  };
  const [first, second, third, fourth] = await Promise.all(keys.map(identity));
  expect(first).toEqual(['1234567890123456', 'RAMUser', 'acs:ram::1234567890123456:user/simulator']);
  expect(second).toEqual(first);
  expect(third?.[0]).toMatch(/^1\d{15}$/);
  expect(third?.[0]).not.toBe(first?.[0]);
  expect(fourth).toEqual([
    '1234567890123456',
    'AssumedRoleUser',
    'acs:ram::1234567890123456:assumed-role/simulator/simulator',
  ]);
});
