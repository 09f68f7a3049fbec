// The operations that issue by a profile: what they answer, what stands in the certificate, and how long it is valid.
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Faults } from '../../../simulator/simulator.ts';
import { client, fullSubject, profileStage, purpose, server, sub, warehouse, withExtension } from './profile-calls.ts';
import type { Texts } from './profile-calls.ts';
import { commonNames, factsOf, KeyUsageFlags, makeCsr } from './signed-call.ts';
import type { CsrAlgorithm } from './signed-call.ts';

const stage = profileStage();
const { call, facts } = stage;

describe('the certificate', () => {
  it.each([
    [server, {}, purpose.server],
    [client, {}, purpose.client],
    [warehouse, {}, purpose.client],
    [withExtension, {}, purpose.server],
    [withExtension, { CertType: 'CLIENT' }, purpose.client],
  ])('of %s %j has the usages of its profile', async (action, more, expected) => {
    expect(await facts(action, more, stage.named)).toEqual({
      subject: fullSubject,
      names: ['dns:csr.example.com'],
      keyUsage: KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment,
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
      stage.simulator.cas.find(({ identifier }) => identifier === ParentIdentifier)?.certificatePem ?? '',
    );
    expect([
      leaf.publicKey.export({ type: 'spki', format: 'der' }).equals(publicKey),
      leaf.verify(issuer.publicKey),
    ]).toEqual([true, true]);
    expect(factsOf(text)['keyUsage']).toBe(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment);
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
    stage.simulator.setFaults(faults);
    const body = await call(action, more);
    expect(Object.keys(body)).toEqual(members);
    const [issued] = stage.simulator.issued();
    expect([body['Identifier'], issued?.action, issued?.status]).toEqual([issued?.identifier, action, 'ISSUE']);
    if (body['X509Certificate'] !== undefined) expect(body['X509Certificate']).toBe(issued?.pem);
    if (body['SerialNumber'] !== undefined) expect(body['SerialNumber']).toBe(issued?.serialNumber);
    if (body['CertificateChain'] !== undefined)
      expect(commonNames(body['CertificateChain'])).toEqual([`Simulated ${sub}`, 'Simulated sim-root-ecc']);

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
  const days = () =>
    stage.simulator.issued().map((one) => (one.notAfter.getTime() - one.notBefore.getTime()) / 86_400_000);

  it('is exactly that of BeforeTime and AfterTime', async () => {
    for (const action of [server, client, warehouse]) await call(action, { Days: 'omitted', ...pair });
    await call(withExtension, pair);
    const instants = [new Date((now - 60) * 1_000), new Date((now + 86_400 * 3) * 1_000)];
    expect(stage.simulator.issued().map(({ notBefore, notAfter }) => [notBefore, notAfter])).toEqual([
      instants,
      instants,
      instants,
      instants,
    ]);
    const leaf = new X509Certificate(stage.simulator.issued()[0]?.pem ?? '');
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
    expect([(await call(action, more))['Code'], stage.simulator.issued()]).toEqual([code, []]);
  });
});
