// The certificates themselves, read by node:crypto, by @peculiar/x509 and by openssl.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import { opensslVerify } from './openssl.ts';
import {
  BasicConstraintsExtension,
  createParameters,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  makeCsr,
  PeculiarCertificate,
  signedCall,
  SubjectAlternativeNameExtension,
} from './signed-call.ts';
import type { CsrAlgorithm } from './signed-call.ts';

const subject = 'ApiPassthrough.Subject';
const extensions = 'ApiPassthrough.Extensions';

let simulator: SimulatorHandle;
let csr: Awaited<ReturnType<typeof makeCsr>>;
beforeAll(async () => {
  simulator = await startSimulator();
  csr = await makeCsr({ subject: 'C=CN, O=First, O=Second, OU=Unit, CN=csr.example.com' });
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

async function create(more: Readonly<Record<string, string>> = {}, pem = csr.pem): Promise<Record<string, string>> {
  const { status, body } = await signedCall(simulator, 'CreateCustomCertificate', createParameters(pem, more));
  expect([status, body['Code']]).toEqual([200, undefined]);
  return body as Record<string, string>;
}

async function certificate(more: Readonly<Record<string, string>> = {}): Promise<PeculiarCertificate> {
  const { Certificate = '' } = await create(more);
  return new PeculiarCertificate(Certificate);
}

function list(path: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((value, index) => [`${extensions}.${path}.${index + 1}`, value]));
}

function names(values: readonly (readonly [type: string, value: string])[]): Record<string, string> {
  return Object.fromEntries(
    values.flatMap(([type, value], index) => [
      [`${extensions}.SubjectAlternativeNames.${index + 1}.Type`, type],
      [`${extensions}.SubjectAlternativeNames.${index + 1}.Value`, value],
    ]),
  );
}

describe('the subject', () => {
  it("is the CSR's, whole and in its order, when none is passed through", async () => {
    expect((await certificate()).subject).toBe('C=CN, O=First, O=Second, OU=Unit, CN=csr.example.com');
  });

  it('is what is passed through, and nothing of the CSR, when any field is', async () => {
    expect((await certificate({ [`${subject}.Organization`]: 'ACME 公司' })).subject).toBe('O=ACME 公司');
  });

  it('has the fields from the country down to the common name, then the custom attributes', async () => {
    const fields = {
      Country: 'CN',
      State: 'S',
      Locality: 'L',
      Organization: 'O',
      OrganizationUnit: 'U',
      CommonName: 'N',
    };
    const given = {
      ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${subject}.${name}`, value])),
      [`${subject}.CustomAttributes.1.ObjectIdentifier`]: '2.5.4.10',
      [`${subject}.CustomAttributes.1.Value`]: 'Second',
      [`${subject}.CustomAttributes.2.ObjectIdentifier`]: '1.3.6.1.4.1.37244.1.1',
      [`${subject}.CustomAttributes.2.Value`]: 'Node',
    };
    const { Certificate = '' } = await create(given);
    expect(new X509Certificate(Certificate).subject.split('\n').slice(0, 7)).toEqual([
      'C=CN',
      'ST=S',
      'L=L',
      'O=O',
      'OU=U',
      'CN=N',
      'O=Second',
    ]);
    expect(simulator.issued()[0]?.subject).toBe('C=CN,ST=S,L=L,O=O,OU=U,CN=N,O=Second,1.3.6.1.4.1.37244.1.1=Node');
  });
});

describe('subject alternative names', () => {
  const rows: readonly (readonly [string, string, string, string])[] = [
    ['dNSName', 'a.example.com', 'DNS:a.example.com', 'dns:a.example.com'],
    ['dNSName', '*.example.com', 'DNS:*.example.com', 'dns:*.example.com'],
    ['iPAddress', '10.0.0.1', 'IP Address:10.0.0.1', 'ip:10.0.0.1'],
    ['iPAddress', '2001:db8::1', 'IP Address:2001:DB8:0:0:0:0:0:1', 'ip:2001:db8::1'],
    ['rfc822Name', 'me@example.com', 'email:me@example.com', 'email:me@example.com'],
    ['uniformResourceIdentifier', 'spiffe://td/ns/a', 'URI:spiffe://td/ns/a', 'url:spiffe://td/ns/a'],
  ];
  it.each(rows)('%s %s', async (type, value, shown, peculiar) => {
    const { Certificate = '' } = await create(names([[type, value]]));
    expect(new X509Certificate(Certificate).subjectAltName).toBe(shown);
    const read = new PeculiarCertificate(Certificate).getExtension(SubjectAlternativeNameExtension);
    expect(read?.names.items.map((name) => `${name.type}:${name.value}`)).toEqual([peculiar]);
  });

  it('keep their order and number', async () => {
    const many = Array.from({ length: 120 }, (_, index) => ['dNSName', `n${index}.example.com`] as const);
    const { Certificate = '' } = await create(names(many));
    expect(new X509Certificate(Certificate).subjectAltName).toBe(many.map(([, name]) => `DNS:${name}`).join(', '));
  });
});

describe('usages', () => {
  const keyUsages: readonly (readonly [string, number])[] = [
    ['DigitalSignature', KeyUsageFlags.digitalSignature],
    ['ContentCommitment', KeyUsageFlags.nonRepudiation],
    ['NonRepudiation', KeyUsageFlags.nonRepudiation],
    ['KeyEncipherment', KeyUsageFlags.keyEncipherment],
    ['DataEncipherment', KeyUsageFlags.dataEncipherment],
    ['KeyAgreement', KeyUsageFlags.keyAgreement],
  ];
  it.each(keyUsages)('%s', async (name, flag) => {
    const read = await certificate({ [`${extensions}.KeyUsage.${name}`]: 'true' });
    expect(read.getExtension(KeyUsagesExtension)?.usages).toBe(flag);
  });

  it.each([
    ['EncipherOnly', KeyUsageFlags.encipherOnly],
    ['DecipherOnly', KeyUsageFlags.decipherOnly],
  ])('%s beside KeyAgreement', async (name, flag) => {
    const given = { [`${extensions}.KeyUsage.${name}`]: 'true', [`${extensions}.KeyUsage.KeyAgreement`]: 'true' };
    expect((await certificate(given)).getExtension(KeyUsagesExtension)?.usages).toBe(flag | KeyUsageFlags.keyAgreement);
  });

  it('that are false are not there', async () => {
    const read = await certificate({ [`${extensions}.KeyUsage.KeyAgreement`]: 'false' });
    expect(read.getExtension(KeyUsagesExtension)).toBeNull();
  });

  it('of the extended kind stand in the given order, by name or by object identifier', async () => {
    const read = await certificate(
      list('ExtendedKeyUsages', [
        'any',
        'serverAuth',
        'clientAuth',
        'codeSigning',
        'emailProtection',
        'timeStamping',
        'OCSPSigning',
        '1.3.6.1.4.1.311.20.2.2',
      ]),
    );
    expect(read.getExtension(ExtendedKeyUsageExtension)?.usages).toEqual([
      '2.5.29.37.0',
      ...[1, 2, 3, 4, 8, 9].map((purpose) => `1.3.6.1.5.5.7.3.${purpose}`),
      '1.3.6.1.4.1.311.20.2.2',
    ]);
  });

  const asked = {
    [`${extensions}.KeyUsage.DigitalSignature`]: 'true',
    ...list('ExtendedKeyUsages', ['serverAuth']),
    ...names([['dNSName', 'a.example.com']]),
  };
  it.each([
    [[], []],
    [['KeyUsage'], ['2.5.29.15']],
    [['ExtendedKeyUsages'], ['2.5.29.37']],
    [['SubjectAlternativeNames'], ['2.5.29.17']],
    [
      ['KeyUsage', 'ExtendedKeyUsages', 'SubjectAlternativeNames'],
      ['2.5.29.15', '2.5.29.37', '2.5.29.17'],
    ],
  ])('are critical as asked: %j', async (criticals, types) => {
    const read = await certificate({ ...asked, ...list('Criticals', criticals) });
    const critical = read.extensions.filter((extension) => extension.critical).map(({ type }) => type);
    // BasicConstraints always is.
    expect(critical).toEqual(['2.5.29.19', ...types]);
  });
});

describe('extensions that only the CSR asks for', () => {
  const requested = [
    new SubjectAlternativeNameExtension([{ type: 'dns', value: 'from.csr.example.com' }]),
    new KeyUsagesExtension(KeyUsageFlags.keyAgreement, true),
  ];
  it.each([
    ['Used', 'DNS:from.csr.example.com', KeyUsageFlags.keyAgreement],
    ['Ignored', undefined, undefined],
  ] as const)('are %s as the choice says', async (csrExtensions, shown, usages) => {
    simulator.setFaults({ csrExtensions });
    const { Certificate = '' } = await create({}, (await makeCsr({ extensions: requested })).pem);
    expect([
      new X509Certificate(Certificate).subjectAltName,
      new PeculiarCertificate(Certificate).getExtension(KeyUsagesExtension)?.usages,
    ]).toEqual([shown, usages]);
  });

  it('give way to what is passed through', async () => {
    const { pem } = await makeCsr({ extensions: requested });
    const { Certificate = '' } = await create(names([['dNSName', 'passed.example.com']]), pem);
    expect(new X509Certificate(Certificate).subjectAltName).toBe('DNS:passed.example.com');
  });
});

describe('the certificate', () => {
  it("carries the CSR's key, version 3, no CA rights, and the identifiers of both keys", async () => {
    const { Certificate = '', SerialNumber } = await create();
    const leaf = new X509Certificate(Certificate);
    const read = new PeculiarCertificate(Certificate);
    const issuer = new X509Certificate(
      simulator.cas.find(({ identifier }) => identifier === 'sim-sub-ecc-p256')?.certificatePem ?? '',
    );
    expect(leaf.publicKey.export({ type: 'spki', format: 'der' }).equals(csr.publicKey)).toBe(true);
    expect([leaf.ca, leaf.checkIssued(issuer), leaf.verify(issuer.publicKey)]).toEqual([false, true, true]);
    expect(read.getExtension(BasicConstraintsExtension)?.ca).toBe(false);
    expect(read.extensions.map(({ type }) => type)).toEqual(['2.5.29.19', '2.5.29.14', '2.5.29.35']);
    expect(leaf.serialNumber.toLowerCase()).toBe(SerialNumber);
  });

  it('has the serial number that is asked for, once', async () => {
    const asked = { [`${extensions}.SerialNumber`]: '340282366920938463463374607431768211455' };
    const { SerialNumber } = await create(asked);
    expect(SerialNumber).toBe('f'.repeat(32));
    const again = await signedCall(simulator, 'CreateCustomCertificate', createParameters(csr.pem, asked));
    expect(again.body['Code']).toBe('ParamRepeat');
  });

  it.each([
    ['1', true],
    ['0', false],
  ])('has a CRL address when EnableCrl is %s: %s', async (EnableCrl, expected) => {
    const read = await certificate({ EnableCrl });
    expect(read.extensions.some(({ type }) => type === '2.5.29.31')).toBe(expected);
  });

  it('begins and ends at the given instants', async () => {
    const read = await certificate({ Validity: '2027-01-01T00:00:00Z/2036-12-31T23:59:59Z' });
    expect([read.notBefore, read.notAfter]).toEqual([
      new Date('2027-01-01T00:00:00Z'),
      new Date('2036-12-31T23:59:59Z'),
    ]);
  });

  const families: readonly (readonly [CsrAlgorithm, string])[] = [
    ['P-256', 'sim-sub-ecc-p256'],
    ['P-384', 'sim-sub-ecc-p256'],
    ['P-521', 'sim-sub-ecc-p256'],
    ['RSA-2048', 'sim-sub-rsa-2048'],
  ];
  it.each(families)('over a %s key is verified by openssl up to the root of %s', async (algorithm, parent) => {
    const { pem } = await makeCsr({ algorithm });
    const body = await create({ ParentIdentifier: parent, ...names([['dNSName', 'a.example.com']]) }, pem);
    const pems = { root: simulator.rootPem(parent), chain: body['CertificateChain'], certificate: body['Certificate'] };
    const { verdict } = await opensslVerify(pems, ['-verify_hostname', 'a.example.com']);
    expect(verdict).toBe('certificate.pem: OK');
  });
});
