// What a request may carry: nothing that approvers did not see, nothing that is not understood; but the requests of usual tools.
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { planIssuing } from '../../../../src/issuing/plan.ts';
import { readSecondedRequest, readSigningRequest } from '../../../../src/issuing/signing-request.ts';
import type { RequestFields } from '../../../../src/issuing/signing-request.ts';
import { makeHierarchy } from '../../../support/certificates.ts';
import { bits, extension, integer, nameOf, oddRequest, oid, pemOf, sequence, tlv } from '../../../support/der.ts';
import { clusterUid, issuerSpec, issuingCA, now, requestFields } from '../../../support/issuing.ts';

type Parts = Parameters<typeof oddRequest>[0];

/** `ok`, or the fault without the words around it. */
function fault(parts: Parts, fields: Partial<RequestFields> = {}): string {
  const pem = pemOf(oddRequest(parts), 'CERTIFICATE REQUEST');
  const read = readSigningRequest(requestFields(pem, fields));
  if (read.kind !== 'refused') return read.kind;
  const said = /cannot be used: (.*)\. Create the CertificateRequest again/.exec(read.refusal.message)?.[1];
  return said ?? read.refusal.message;
}

const text = tlv(0x0c, Buffer.from('x'));
const subject = (tag: number, value: Buffer, type = '55040a'): Parts => ({
  subject: sequence(tlv(0x31, sequence(oid(type), tlv(tag, value)))),
});
const attribute = (type: string, ...values: readonly Buffer[]): Buffer => sequence(oid(type), tlv(0x31, ...values));
const critical = (type: string, value: Buffer): Buffer =>
  sequence(oid(type), Buffer.from('0101ff', 'hex'), tlv(0x04, value));
const hidden = sequence(extension('551d11', sequence(tlv(0x82, Buffer.from('hidden.example')))));
const utf32 = Buffer.from('000000730000007900000073', 'hex');
const utf16 = (value: string): Buffer => Buffer.from(value, 'utf16le').swap16();

describe('a subject', () => {
  const noText = 'attribute O of the subject is not text of a type that cert-manager reads; use UTF8String';
  const control = 'attribute O of the subject has a control character';
  const characters = 'attribute O of the subject has characters that its type of string does not have';

  it.each<[string, Parts, string]>([
    ['in UniversalString, which Go reads as none', subject(0x1c, utf32), noText],
    ['in GeneralString', subject(0x1b, Buffer.from('x')), noText],
    ['in a number', subject(0x02, Buffer.of(1)), noText],
    ['in PrintableString with @', subject(0x13, Buffer.from('a@b')), characters],
    ['in PrintableString with _', subject(0x13, Buffer.from('a_b')), characters],
    ['in PrintableString with * and &', subject(0x13, Buffer.from('*.a & b')), 'ok'],
    ['in NumericString with letters', subject(0x12, Buffer.from('12a')), characters],
    ['in NumericString', subject(0x12, Buffer.from('12 3')), 'ok'],
    ['in TeletexString', subject(0x14, Buffer.from('caf\u00e9', 'latin1')), 'ok'],
    ['in BMPString', subject(0x1e, utf16('公司')), 'ok'],
    ['in BMPString with NUL at the end, which Go cuts off', subject(0x1e, utf16('a\0')), characters],
    ['in BMPString with what stands for no character', subject(0x1e, utf16('\ufffe')), characters],
    ['with NUL', subject(0x0c, Buffer.from('good.example\0.evil.example')), control],
    ['with an escape sequence', subject(0x0c, Buffer.from('a\u001b[2J')), control],
    ['with a line break', subject(0x0c, Buffer.from('a\nb')), control],
    ['with a C1 control', subject(0x0c, Buffer.from('a\u009bb')), control],
    ['with a line separator', subject(0x0c, Buffer.from('a\u2028b')), control],
    [
      'with a type that Go has no number for',
      subject(0x0c, Buffer.from('x'), '2a8880808000'),
      'the type of an attribute of the subject is an object identifier with too large a number',
    ],
  ])('%s', (_, parts, expected) => {
    expect(fault(parts)).toBe(expected);
  });

  it('whose sets are not sorted is compared by its attributes', async () => {
    const ca = issuingCA(await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z')));
    const set = (...values: readonly string[]): Parts => ({
      subject: sequence(tlv(0x31, ...values.map((value) => sequence(oid('55040a'), tlv(0x0c, Buffer.from(value)))))),
    });
    const kinds = [set('a', 'b'), set('b', 'a')].map((parts) => {
      const read = readSigningRequest(requestFields(pemOf(oddRequest(parts), 'CERTIFICATE REQUEST')));
      if (read.kind === 'refused') return read.refusal.message;
      const planned = planIssuing({ request: read.request, spec: issuerSpec(), ca, clusterUid, now });
      return planned.kind === 'planned' ? planned.plan.expected.subject : planned.refusal.message;
    });
    expect(kinds).toEqual([
      { kind: 'exact', name: expect.objectContaining({ der: set('a', 'b').subject }) as unknown },
      {
        kind: 'attributes',
        attributes: [
          { rdn: 0, oid: '2.5.4.10', value: 'b' },
          { rdn: 0, oid: '2.5.4.10', value: 'a' },
        ],
        mayAdd: [],
      },
    ]);
  });
});

describe('attributes and extensions', () => {
  const extensionRequest = '2a864886f70d01090e';
  const leaveOut = 'which PCA cannot be asked for; leave it out';

  it.each<[string, Parts, string]>([
    [
      "extensions in Microsoft's attribute",
      { attributes: [attribute('2b06010401823702010e', hidden)] },
      'it asks for extensions in the attribute 1.3.6.1.4.1.311.2.1.14, which cert-manager does not read; ask for them in 1.2.840.113549.1.9.14',
    ],
    [
      'extensions in the attribute itself, without a set',
      { attributes: [sequence(oid(extensionRequest), hidden)] },
      'the value of attribute 1.2.840.113549.1.9.14 has the wrong type',
    ],
    [
      'a third part of an attribute',
      { attributes: [sequence(oid(extensionRequest), tlv(0x31, hidden), tlv(0x05))] },
      'attribute 1.2.840.113549.1.9.14 has the wrong number of parts',
    ],
    [
      'an attribute without value',
      { attributes: [attribute(extensionRequest)] },
      'attribute 1.2.840.113549.1.9.14 has the wrong number of parts',
    ],
    [
      'extensions in two values',
      { attributes: [attribute(extensionRequest, hidden, hidden)] },
      'extensions are requested twice',
    ],
    [
      'extensions in two attributes',
      { attributes: [attribute(extensionRequest, hidden), attribute(extensionRequest, hidden)] },
      'extensions are requested twice',
    ],
    [
      'an unknown attribute',
      { attributes: [attribute('2a0304', text)] },
      'it has the attribute 1.2.3.4, which nothing here understands; leave it out',
    ],
    ...(
      [
        ['a boolean of no octets', tlv(0x01), 'is not a boolean'],
        ['an integer of too many', Buffer.from('02020001', 'hex'), 'is not written minimally'],
        ['a bit string without octets', tlv(0x03), 'is not a bit string'],
        ['a type without octets', tlv(0x06), 'is not an object identifier'],
        ['a NULL with octets', tlv(0x05, Buffer.of(0)), 'has a NULL that is none'],
        ['half a character', tlv(0x1e, Buffer.of(0)), 'has half a character'],
        ['a text in several parts', tlv(0x2c, text), 'has an element in several parts'],
        ['a real number', tlv(0x09, Buffer.of(0)), 'has an element of a type that does not belong there'],
        ['a time', tlv(0x17, Buffer.from('2')), 'has an element of a type that does not belong there'],
        ['a boolean of no octets deep inside', sequence(tlv(0xa0, tlv(0x31, tlv(0x01)))), 'is not a boolean'],
      ] as const
    ).map(([what, value, expected]): [string, Parts, string] => [
      `a harmless attribute with ${what}`,
      { attributes: [attribute('2b0601040182371514', value)] },
      `the value of attribute 1.3.6.1.4.1.311.21.20 ${expected}`,
    ]),
    [
      'a harmless attribute with whatever has the form of its type',
      {
        attributes: [
          attribute(
            '2b0601040182371514',
            sequence(
              tlv(0x01, Buffer.of(0xff)),
              integer(5n),
              bits(Buffer.of(1)),
              oid('2a03'),
              tlv(0x05),
              tlv(0x1e, Buffer.of(0, 0x41)),
              tlv(0x04, Buffer.of(1)),
              tlv(0x80, Buffer.of(1)),
              tlv(0xa0, text),
              tlv(0x31, text),
            ),
          ),
        ],
      },
      'ok',
    ],
    [
      'must staple',
      { extensions: [extension('2b06010505070118', sequence(integer(5n)))] },
      `it asks for the extension 1.3.6.1.5.5.7.1.24 (TLS feature, "must staple"), ${leaveOut}`,
    ],
    [
      'policies',
      { extensions: [extension('551d20', sequence(sequence(oid('2a03'))))] },
      `it asks for the extension 2.5.29.32 (certificate policies), ${leaveOut}`,
    ],
    ['an unknown extension', { extensions: [extension('2a03', text)] }, `it asks for the extension 1.2.3, ${leaveOut}`],
    [
      'an unknown critical extension',
      { extensions: [critical('2a03', text)] },
      `it asks for the extension 1.2.3, marked critical, ${leaveOut}`,
    ],
    [
      'a harmless extension, marked critical',
      { extensions: [critical('551d0e', tlv(0x04, Buffer.alloc(20)))] },
      `it asks for the extension 2.5.29.14, marked critical, ${leaveOut}`,
    ],
    [
      'no extended usage',
      { extensions: [extension('551d25', sequence())] },
      'extension extendedKeyUsage names no usage',
    ],
    [
      'no usage',
      { extensions: [extension('551d0f', Buffer.from('030100', 'hex'))] },
      'extension keyUsage names no usage',
    ],
    ['no name', { extensions: [extension('551d11', sequence())] }, 'the list of alternative names is empty'],
    [
      'a third part of basicConstraints',
      { extensions: [extension('551d13', sequence(Buffer.from('0101ff0201000500', 'hex')))] },
      'extension basicConstraints has too many parts',
    ],
    [
      'an extension twice',
      { extensions: [extension('551d11', hidden), extension('551d11', hidden)] },
      'extension 2.5.29.17 occurs twice',
    ],
    [
      'application policies without extended usages',
      { extensions: [extension('2b060104018237150a', sequence(sequence(oid('2b0601040182370a030c'))))] },
      'its application policies are not among its extended key usages; leave them out',
    ],
    ['no extension at all', { attributes: [attribute(extensionRequest, sequence())] }, 'ok'],
  ])('%s', (_, parts, expected) => {
    expect(fault(parts)).toBe(expected);
  });

  it.each<[string, Parts]>([
    [
      'certreq of Windows',
      {
        extensions: [
          extension('551d11', sequence(tlv(0x82, Buffer.from('win.example')))),
          critical('551d0f', Buffer.from('030205a0', 'hex')),
          extension('551d0e', tlv(0x04, Buffer.alloc(20, 1))),
          extension('2b0601040182371402', tlv(0x1e, utf16('WebServer'))),
          extension('2b0601040182371507', sequence(oid('2b0601040182371508'), integer(100n))),
          extension('551d25', sequence(oid('2b06010505070301'))),
          extension('2b060104018237150a', sequence(sequence(oid('2b06010505070301')))),
          extension('2a864886f70d01090f', sequence(sequence(oid('60864801650304012a')))),
        ],
        attributes: [
          attribute('2b0601040182370d0203', tlv(0x16, Buffer.from('10.0.20348.2'))),
          attribute('2b0601040182371514', sequence(integer(5n), text)),
          attribute('2b0601040182370d0202', sequence(integer(1n), tlv(0x1e, utf16('CSP')), bits(Buffer.alloc(0)))),
        ],
      },
    ],
    [
      'keytool of Java',
      {
        extensions: [
          extension('551d11', sequence(tlv(0x82, Buffer.from('java.example')))),
          extension('551d0e', tlv(0x04, Buffer.alloc(20, 1))),
        ],
      },
    ],
    [
      'a network device with SCEP',
      {
        attributes: [
          attribute('2a864886f70d010907', tlv(0x13, Buffer.from('secret'))),
          attribute('2a864886f70d010902', text),
        ],
      },
    ],
  ])('of %s are taken', (name, parts) => {
    const words = ['digital signature', 'key encipherment', ...(name.startsWith('certreq') ? ['server auth'] : [])];
    expect(fault(parts, { usages: words })).toBe('ok');
  });
});

describe('a URI', () => {
  const uri = (value: string): string =>
    fault({ extensions: [extension('551d11', sequence(tlv(0x86, Buffer.from(value))))] });

  it.each([
    'spiffe://cluster.local/ns/a/sa/b',
    'https://a.example:8443/x%20y?z=1#w',
    'https://[2001:db8::1]/',
    'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    'sip:a@b.example',
    'https://user@a.example',
    'file:///a',
  ])('%s is taken', (value) => {
    expect(uri(value)).toBe('ok');
  });

  it.each([
    'HTTPS://a.example/',
    '/relative',
    'https://a.example/a b',
    'https://a.example/%zz',
    'https://a..b/',
    'https://a.example./',
    'https://user:password@a.example/',
    'https://a.example/#',
    'https://[::1/',
    'https://[fe80::1%25eth0]/',
    'https://',
    'x:////a',
    'https://%61.example/',
  ])('%s is refused', (value) => {
    expect(uri(value)).toBe(
      'a uri name is not an absolute URI in the form of RFC 3986, without password and empty parts',
    );
  });
});

describe('a signature of RSASSA-PSS', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(integer(0n), nameOf(['pss.example']), spki, tlv(0xa0));
  const hash = (last: number, ...parameters: readonly Buffer[]): Buffer =>
    sequence(oid(`60864801650304020${last}`), ...parameters);
  const mask = (...parts: readonly Buffer[]): Buffer => sequence(oid('2a864886f70d010108'), ...parts);
  const salt = (length: bigint): Buffer => tlv(0xa2, integer(length));
  const nothing = tlv(0x05);

  /** A request whose signature has a salt of 32 octets and SHA-256, whatever its parameters say. */
  async function read(...parameters: readonly Buffer[]): Promise<string> {
    const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    const algorithm = sequence(oid('2a864886f70d01010a'), sequence(...parameters));
    const der = sequence(body, algorithm, bits(sign('sha256', body, { key: privateKey, ...padding })));
    const result = await readSecondedRequest(requestFields(pemOf(der, 'CERTIFICATE REQUEST')));
    return result.kind === 'ok'
      ? 'ok'
      : (/cannot be used: (.*)\. Create/.exec(result.refusal.message)?.[1] ?? result.refusal.message);
  }

  const unfitting = 'the algorithm of the signature has parameters that do not belong there';
  const sha256 = tlv(0xa0, hash(1, nothing));
  const mgf = tlv(0xa1, mask(hash(1, nothing)));

  it.each<[string, readonly Buffer[], string]>([
    ['in the usual form', [sha256, mgf, salt(32n)], 'ok'],
    ['without NULLs', [tlv(0xa0, hash(1)), tlv(0xa1, mask(hash(1))), salt(32n)], 'ok'],
    ['with the length of another salt', [sha256, mgf, salt(20n)], unfitting],
    ['without the length of the salt', [sha256, mgf], unfitting],
    ['with a mask of another hash', [sha256, tlv(0xa1, mask(hash(3, nothing))), salt(32n)], unfitting],
    ['without mask', [sha256, salt(32n)], unfitting],
    ['with an unknown mask', [sha256, tlv(0xa1, sequence(oid('2a0304'), hash(1))), salt(32n)], unfitting],
    ['with another trailer', [sha256, mgf, salt(32n), tlv(0xa3, integer(2n))], unfitting],
    [
      'with another hash than was used',
      [tlv(0xa0, hash(3, nothing)), tlv(0xa1, mask(hash(3, nothing))), salt(64n)],
      'its signature does not match its public key, so the requester has not proven that it holds the key',
    ],
  ])('%s', async (_, parameters, expected) => {
    expect(await read(...parameters)).toBe(expected);
  });
});

describe('usages of the CSR', () => {
  const usages = (...hex: readonly string[]): Buffer => extension('551d25', sequence(...hex.map(oid)));
  const keyUsage = (hex: string): Buffer => extension('551d0f', Buffer.from(hex, 'hex'));
  const [serverAuth, clientAuth, mail, openConnectivity, kernelCode] = [
    '2b06010505070301',
    '2b06010505070302',
    '2b06010505070304',
    '2b0601040182de7c0106',
    '2b0601040182373d0101',
  ] as const;
  const both = ['digital signature', 'key encipherment', 'client auth', 'server auth'];

  it.each<[string, readonly Buffer[], Partial<RequestFields>, string]>([
    ['in another order', [keyUsage('030205a0'), usages(serverAuth, clientAuth)], { usages: both }, 'ok'],
    ['twice', [usages(serverAuth, clientAuth, serverAuth)], { usages: both }, 'ok'],
    ['by two words', [usages(mail, mail)], { usages: ['s/mime', 'email protection'] }, 'ok'],
    ['without key usage', [usages(serverAuth, clientAuth)], { usages: both }, 'ok'],
    ['without extended usages', [keyUsage('030205a0')], { usages: both }, 'ok'],
    ['that cert-manager has no word for', [usages(serverAuth, clientAuth, openConnectivity)], { usages: both }, 'ok'],
    ['without cert sign for a CA', [keyUsage('030205a0')], { usages: both.slice(0, 2), isCA: true }, 'ok'],
    ['with cert sign for a CA', [keyUsage('030202a4')], { usages: both.slice(0, 2), isCA: true }, 'ok'],
    [
      'with cert sign for no CA',
      [keyUsage('030202a4')],
      { usages: both.slice(0, 2) },
      'spec.usages: the request asks for "digital signature", "key encipherment", its CSR for "digital signature", "key encipherment", "cert sign". Make both the same, or leave the usages out of the CSR.',
    ],
    [
      'fewer than in the spec',
      [usages(serverAuth)],
      { usages: both },
      'spec.usages: the request asks for "digital signature", "key encipherment", "client auth", "server auth", its CSR for "server auth". Make both the same, or leave the usages out of the CSR.',
    ],
    [
      'that Go names and cert-manager compares',
      [usages(kernelCode)],
      { usages: both.slice(0, 2) },
      'spec.usages: the request asks for "digital signature", "key encipherment", its CSR for "1.3.6.1.4.1.311.61.1.1". Make both the same, or leave the usages out of the CSR.',
    ],
  ])('%s', (_, extensions, fields, expected) => {
    expect(fault({ extensions }, fields)).toBe(expected);
  });

  it('are asked for and expected where spec.usages has no word for them, or refused by operations that cannot', async () => {
    const ca = issuingCA(await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z')));
    const pem = pemOf(oddRequest({ extensions: [usages(serverAuth, openConnectivity)] }), 'CERTIFICATE REQUEST');
    const words = ['digital signature', 'key encipherment', 'server auth'];
    const read = readSigningRequest(requestFields(pem, { usages: words }));
    if (read.kind === 'refused') throw new Error(read.refusal.message);
    const results = (['CreateCustomCertificate', 'CreateServerCertificateWithCsr'] as const).map((operation) => {
      const planned = planIssuing({ request: read.request, spec: issuerSpec({ operation }), ca, clusterUid, now });
      return planned.kind === 'refused'
        ? planned.refusal
        : [planned.plan.call.parameters['ApiPassthrough.Extensions.ExtendedKeyUsages.2'], planned.plan.expected.usages];
    });
    const extendedKeyUsages = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.4.1.44924.1.6'];
    expect(results).toEqual([
      ['1.3.6.1.4.1.44924.1.6', { keyUsages: ['digitalSignature', 'keyEncipherment'], extendedKeyUsages }],
      {
        reason: 'UsageNotSupported',
        field: 'spec.usages',
        message:
          'spec.usages: CreateServerCertificateWithCsr issues only with the usages of SERVER (digital signature, key encipherment, server auth). Ask for exactly these (in a Certificate: spec.usages), and leave 1.3.6.1.4.1.44924.1.6 out of the CSR. Or use an issuer with spec.operation CreateCustomCertificate, which can.',
      },
    ]);
  });
});
