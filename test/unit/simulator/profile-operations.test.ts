// The operations that issue by a profile: what they answer, what stands in the certificate, and what they refuse.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Faults, type SimulatorHandle, startSimulator } from '../../../simulator/simulator.ts';
import {
  commonNames,
  type CsrAlgorithm,
  ExtendedKeyUsageExtension,
  factsOf,
  KeyUsageFlags,
  KeyUsagesExtension,
  makeCsr,
  signedCall,
  SubjectAlternativeNameExtension,
} from './signed-call.ts';

type Texts = Readonly<Record<string, string>>;

const server = 'CreateServerCertificateWithCsr';
const client = 'CreateClientCertificateWithCsr';
const warehouse = 'CreateWHClientCertificate';
const withExtension = 'CreateCertificateWithExtension';
const purpose = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };
const fullSubject = 'C=CN, ST=Beijing, L=Beijing, O=Csr, OU=Unit, CN=csr.example.com';
const sub = 'sim-sub-ecc-p256';

let simulator: SimulatorHandle;
let csr: string;
let named: string;
beforeAll(async () => {
  simulator = await startSimulator();
  csr = (await makeCsr({ subject: fullSubject })).pem;
  named = (
    await makeCsr({
      subject: fullSubject,
      extensions: [
        new SubjectAlternativeNameExtension([{ type: 'dns', value: 'csr.example.com' }]),
        new KeyUsagesExtension(KeyUsageFlags.keyAgreement),
        new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.4']),
      ],
    })
  ).pem;
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

function parametersOf(action: string, pem: string): Record<string, string> {
  const now = Math.floor(Date.now() / 1_000);
  return action === withExtension
    ? {
        CertType: 'SERVER',
        ParentIdentifier: sub,
        CsrPemString: pem,
        BeforeTime: `${now}`,
        AfterTime: `${now + 86_400}`,
      }
    : { ParentIdentifier: sub, Csr: pem, Days: '30', Immediately: '2' };
}

async function call(action: string, more: Texts = {}, pem = csr): Promise<Record<string, unknown>> {
  const version = action === warehouse ? '2020-04-07' : '2020-06-30';
  const merged = Object.entries({ ...parametersOf(action, pem), ...more }).filter(([, value]) => value !== 'omitted');
  return (await signedCall(simulator, action, Object.fromEntries(merged), { version })).body;
}

async function facts(action: string, more: Texts = {}, pem = csr): Promise<Readonly<Record<string, unknown>>> {
  const { X509Certificate: pemText, Certificate: other } = await call(action, more, pem);
  return factsOf(pemText ?? other);
}

describe('the certificate', () => {
  it.each([
    [server, {}, purpose.server],
    [client, {}, purpose.client],
    [warehouse, {}, purpose.client],
    [withExtension, {}, purpose.server],
    [withExtension, { CertType: 'CLIENT' }, purpose.client],
  ])('of %s %j has the usages of its profile', async (action, more, expected) => {
    expect(await facts(action, more, named)).toEqual({
      subject: fullSubject,
      names: ['dns:csr.example.com'],
      keyUsage: KeyUsageFlags.digitalSignature,
      purposes: [expected],
      ca: false,
    });
  });

  it.each([
    ['RSA-1024', 'RSA_1024'],
    ['RSA-2048', 'RSA_2048'],
    ['RSA-4096', 'RSA_4096'],
    ['P-256', 'ECC_256'],
    ['P-384', 'ECC_384'],
    ['P-521', 'ECC_512'],
  ] as readonly (readonly [CsrAlgorithm, string])[])('over a %s key, called %s', async (algorithm, Algorithm) => {
    const { pem, publicKey } = await makeCsr({ algorithm });
    const isRsa = algorithm.startsWith('RSA');
    const ParentIdentifier = isRsa ? 'sim-sub-rsa-2048' : sub;
    const { X509Certificate: text } = await call(client, { ParentIdentifier, Algorithm }, pem);
    const leaf = new X509Certificate(String(text));
    const issuer = new X509Certificate(
      simulator.cas.find(({ identifier }) => identifier === ParentIdentifier)?.certificatePem ?? '',
    );
    expect([
      leaf.publicKey.export({ type: 'spki', format: 'der' }).equals(publicKey),
      leaf.verify(issuer.publicKey),
    ]).toEqual([true, true]);
    expect(factsOf(text)['keyUsage']).toBe(
      isRsa ? KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment : KeyUsageFlags.digitalSignature,
    );
    const wrong = isRsa ? 'ECC_256' : 'RSA_2048';
    expect((await call(client, { ParentIdentifier, Algorithm: wrong }, pem))['Code']).toBe(
      'InvalidParameter.Algorithm',
    );
  });

  it('is not made over an RSA key of 3072 bits', async () => {
    const { pem } = await makeCsr({ algorithm: 'RSA-3072' });
    expect((await call(server, { ParentIdentifier: 'sim-sub-rsa-2048' }, pem))['Code']).toBe('InvalidParameter.Csr');
  });

  it.each([
    [server, 'EnableCrl', '1'],
    [client, 'EnableCrl', '1'],
    [withExtension, 'AppendCrl', 'true'],
  ])('of %s has a CRL address with %s=%s only', async (action, name, value) => {
    const has = async (more: Texts) => {
      const body = await call(action, more);
      const der = new X509Certificate(String(body['X509Certificate'] ?? body['Certificate'])).raw.toString('latin1');
      return der.includes('http://crl.simulator.example/sim-sub-ecc-p256.crl');
    };
    expect([await has({ [name]: value }), await has({})]).toEqual([true, false]);
  });

  it.each([
    [{}, true],
    [{ BasicConstraintsCritical: 'true' }, true],
    [{ BasicConstraintsCritical: 'false' }, false],
  ])('has critical basic constraints with %j: %s', async (more, expected) => {
    const { Certificate } = await call(withExtension, more);
    const der = new X509Certificate(String(Certificate)).raw;
    // BasicConstraints' identifier, and the critical flag when it is there.
    expect(der.includes(Buffer.from('0603551d130101ff', 'hex'))).toBe(expected);
  });
});

describe('the answer', () => {
  const chain = ['CertificateChain'];
  const apart = ['ParentX509Certificate', 'RootX509Certificate'];
  const identified = ['RequestId', 'Identifier'];
  const rows: readonly (readonly [string, Texts, Partial<Faults>, readonly string[]])[] = [
    ...[server, client].flatMap((action): (readonly [string, Texts, Partial<Faults>, readonly string[]])[] => [
      [action, { Immediately: 'omitted' }, {}, identified],
      [action, { Immediately: '0' }, {}, identified],
      [action, { Immediately: '1' }, {}, [...identified, 'X509Certificate', 'SerialNumber']],
      [action, {}, {}, [...identified, 'X509Certificate', 'SerialNumber', ...chain]],
      [action, {}, { olderReply: true }, [...identified, 'X509Certificate', ...apart]],
      [action, {}, { withoutCertificate: 1 }, identified],
    ]),
    [client, { AsynchronousFlag: 'true' }, {}, identified],
    [client, { AsynchronousFlag: 'false' }, {}, [...identified, 'X509Certificate', 'SerialNumber', ...chain]],
    [client, {}, { serverIgnoresImmediately: true }, [...identified, 'X509Certificate', 'SerialNumber', ...chain]],
    [server, {}, { serverIgnoresImmediately: true }, identified],
    [warehouse, { Immediately: '0' }, {}, identified],
    [warehouse, { Immediately: '1' }, {}, [...identified, 'X509Certificate']],
    [warehouse, {}, {}, [...identified, 'X509Certificate', ...chain, ...apart]],
    [withExtension, {}, {}, [...identified, 'Certificate', ...chain]],
    [withExtension, {}, { withoutCertificate: 1 }, identified],
  ];
  it.each(rows)('of %s with %j and %j', async (action, more, faults, members) => {
    simulator.setFaults(faults);
    const body = await call(action, more);
    expect(Object.keys(body)).toEqual(members);
    const [issued] = simulator.issued();
    expect([body['Identifier'], issued?.action, issued?.status]).toEqual([issued?.identifier, action, 'ISSUE']);
    if (body['X509Certificate'] !== undefined) expect(body['X509Certificate']).toBe(issued?.pem);
    if (body['SerialNumber'] !== undefined) expect(body['SerialNumber']).toBe(issued?.serialNumber);
    if (body['CertificateChain'] !== undefined) {
      expect(commonNames(body['CertificateChain'])).toEqual([`Simulated ${sub}`, 'Simulated sim-root-ecc']);
    }
    if (body['RootX509Certificate'] !== undefined) {
      expect([commonNames(body['ParentX509Certificate']), commonNames(body['RootX509Certificate'])]).toEqual([
        [`Simulated ${sub}`],
        ['Simulated sim-root-ecc'],
      ]);
    }
  });
});

describe('the period', () => {
  const now = Math.floor(Date.now() / 1_000);
  const pair = { BeforeTime: `${now - 60}`, AfterTime: `${now + 86_400 * 3}` };
  const days = () => simulator.issued().map((one) => (one.notAfter.getTime() - one.notBefore.getTime()) / 86_400_000);

  it('is exactly that of BeforeTime and AfterTime', async () => {
    for (const action of [server, client, warehouse]) await call(action, { Days: 'omitted', ...pair });
    await call(withExtension, pair);
    const instants = [new Date((now - 60) * 1_000), new Date((now + 86_400 * 3) * 1_000)];
    expect(simulator.issued().map(({ notBefore, notAfter }) => [notBefore, notAfter])).toEqual([
      instants,
      instants,
      instants,
      instants,
    ]);
    const leaf = new X509Certificate(simulator.issued()[0]?.pem ?? '');
    expect([leaf.validFromDate, leaf.validToDate]).toEqual(instants);
  });

  it('is that of Days when both are given', async () => {
    await call(server, { ...pair, Days: '7' });
    expect(days()).toEqual([7]);
  });

  it('may be given in months or years', async () => {
    await call(client, { Days: 'omitted', Months: '1' });
    await call(client, { Days: 'omitted', Years: '1' });
    const [month = 0, year = 0] = days();
    expect([month >= 28 && month <= 31, year >= 365 && year <= 366]).toEqual([true, true]);
  });

  const refusals: readonly (readonly [string, Texts, string])[] = [
    [server, { Days: 'omitted' }, 'MissingParameter.Days'],
    [client, { Days: 'omitted', BeforeTime: `${now}` }, 'MissingParameter.AfterTime'],
    [warehouse, { Days: 'omitted', AfterTime: `${now + 9}` }, 'MissingParameter.BeforeTime'],
    [withExtension, { AfterTime: 'omitted' }, 'MissingParameter.AfterTime'],
    [server, { Days: '1', Months: '1' }, 'InvalidParameter.Months'],
    [server, { Days: 'omitted', BeforeTime: pair.AfterTime, AfterTime: pair.BeforeTime }, 'InvalidParameter.AfterTime'],
    [withExtension, { BeforeTime: `${Date.now()}` }, 'InvalidParameter.BeforeTime'],
    [server, { Days: '10000' }, 'InvalidParameter.Days'],
    [server, { Days: '31', ParentIdentifier: 'sim-sub-short' }, 'InvalidParameter.Days'],
  ];
  it.each(refusals)('of %s with %j is refused: %s', async (action, more, code) => {
    expect([(await call(action, more))['Code'], simulator.issued()]).toEqual([code, []]);
  });
});

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
    simulator.setFaults({ csrNames });
    expect((await facts(server, { Domain: 'a.example.com' }, named))['names']).toEqual(expected);
    expect((await facts(client, {}, named))['names']).toEqual(['dns:csr.example.com']);
  });

  it('that CSR and parameters share stand once', async () => {
    const more = { Domain: 'csr.example.com,a.example.com' };
    expect((await facts(server, more, named))['names']).toEqual(['dns:csr.example.com', 'dns:a.example.com']);
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
    expect([(await call(action, more))['Code'], simulator.issued()]).toEqual([code, []]);
  });
});

it.each([
  ['Ignored', KeyUsageFlags.digitalSignature, [purpose.server]],
  ['Used', KeyUsageFlags.keyAgreement, ['1.3.6.1.5.5.7.3.4']],
] as const)('usages of the CSR are %s', async (csrUsages, keyUsage, purposes) => {
  simulator.setFaults({ csrUsages });
  expect(await facts(server, {}, named)).toMatchObject({ keyUsage, purposes });
});

describe('the subject', () => {
  const given = { CommonName: 'given.example.com', Organization: 'Given', Country: 'DE' };
  const rows: readonly (readonly [Partial<Faults>, string])[] = [
    [{ csrSubject: 'Wins' }, 'O=Csr, CN=csr.example.com, C=DE'],
    [{ csrSubject: 'Merged' }, 'O=Csr, CN=csr.example.com, C=DE, O=Given'],
    [{ csrSubject: 'ParametersWin' }, 'CN=csr.example.com, C=DE, O=Given'],
  ];
  it.each(rows)('of CSR and parameters with %j', async (faults, expected) => {
    simulator.setFaults({ addedSubject: 'None', ...faults });
    const { pem } = await makeCsr({ subject: 'O=Csr, CN=csr.example.com' });
    expect((await facts(server, given, pem))['subject']).toBe(expected);
    const { Country, ...rest } = given;
    expect((await facts(withExtension, { ...rest, CountryCode: Country }, pem))['subject']).toBe(rows[0]?.[1]);
  });

  it('is that of the parameters over a CSR without one', async () => {
    simulator.setFaults({ addedSubject: 'None' });
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
    simulator.setFaults({ addedSubject });
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
    simulator.setFaults({ duplicateIdentifier: 'ReturnEarlier' });
    expect({ ...(await call(action, more)), RequestId: '' }).toEqual({ ...first, RequestId: '' });
    simulator.setFaults({ duplicateIdentifier: 'Accept' });
    await call(action, more);
    expect(simulator.issued().map(({ customIdentifier }) => customIdentifier)).toEqual(['mine', 'mine']);
  });
});
