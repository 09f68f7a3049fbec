import { describe, expect, test } from 'vitest';

import { verifyIssued } from '../../../src/issuing/issued-certificate.ts';
import { readBundle } from '../../../src/issuing/trust/bundle.ts';
import type { Verification } from '../../../src/issuing/issued-certificate.ts';
import { planIssuing } from '../../../src/issuing/plan.ts';
import { Extension, keyPair, makeCA, makeCsr, makeHierarchy } from '../../support/certificates.ts';
import { fulfil, issuerSpec, issuingCA, now, plan, reply, signingRequest } from '../../support/issuing.ts';
import type { Deviation } from '../../support/issuing.ts';
import { nativeObjects } from '../../support/native-objects.ts';

const begin = new Date('2026-01-01T00:00:00Z');
const until = new Date('2036-01-01T00:00:00Z');
const hierarchy = await makeHierarchy('P-256', begin);
const { root, issuing } = hierarchy;
const ca = issuingCA(hierarchy);
const csr = await makeCsr('P-256', {
  subject: [{ O: ['One'] }, { O: ['Two'] }, { CN: ['a.example'] }],
  names: [
    { kind: 'dns', value: 'a.example' },
    { kind: 'ip', value: '2001:db8::1' },
    { kind: 'email', value: 'a@a.example' },
    { kind: 'uri', value: 'spiffe://a.example/b' },
  ],
});
const usages = ['digital signature', 'server auth', 'client auth'];
const planned = plan(signingRequest(csr, { usages }), ca);
const leaf = await fulfil(planned, issuing);
const { names } = planned.expected;

const verify = (certificate: string, chain: readonly string[], changes: Partial<Verification> = {}) =>
  verifyIssued({ plan: planned, reply: reply(certificate, ...chain), ca, trust: 'Root', now, ...changes });

/** The first certificate of a bundle. */
const firstOf = (bundle: string) => {
  const read = readBundle(bundle);
  return read.kind === 'ok' ? read.certificates[0] : undefined;
};

const verified = (chain: string, authority: string, names = 4) => ({
  kind: 'verified',
  certificate: {
    chain,
    ca: authority,
    anchor: firstOf(authority),
    identifier: '1f0e7d6c',
    serialNumber: expect.stringMatching(/^5+[0-9a-f]{4}$/) as string,
    notBefore: planned.notBefore,
    notAfter: planned.notAfter,
    names,
    differences: [],
  },
});

test('reading, planning and verifying leave no native object behind, once the CA is known', () => {
  verify(leaf, [issuing.pem + root.pem]);
  const made = nativeObjects(() => {
    const again = plan(signingRequest(csr, { usages }), ca);
    expect(verify(leaf, [issuing.pem + root.pem], { plan: again }).kind).toBe('verified');
  });
  expect(made).toEqual({ keys: 0, certificates: 0 });
});

describe('the chain of a reply', async () => {
  const escaped = (pem: string) => pem.trim().replaceAll('\n', '\\n');
  test.each<[string, string, readonly string[]]>([
    ['in order', leaf, [issuing.pem + root.pem]],
    ['in reverse order', leaf, [root.pem + issuing.pem]],
    ['with the leaf in it again', leaf, [leaf + issuing.pem + root.pem]],
    ['with everything twice', leaf, [issuing.pem + root.pem, root.pem + issuing.pem]],
    ['all in the certificate, root first', root.pem + leaf + issuing.pem, []],
    ['without the root, which the CA knows', leaf, [issuing.pem]],
    ['missing, for the CA knows all', leaf, []],
    ['with the root but not the sub CA', leaf, [root.pem]],
    ['with literal backslash-n', escaped(leaf), [escaped(issuing.pem) + escaped(root.pem)]],
    [
      'with CRLF, blanks and comments',
      ` \r\n${leaf.replaceAll('\n', '\r\n')}  `,
      [`Root:\n${root.pem}\t Sub:\n${issuing.pem}`],
    ],
    ['without newlines at the end', leaf.trim(), [issuing.pem.trim() + root.pem.trim()]],
  ])('%s becomes leaf and sub CA, with the root apart', (_, certificate, chain) => {
    expect(verify(certificate, chain)).toEqual(verified(leaf + issuing.pem, root.pem));
  });

  test('trust in the issuing CA puts the sub CA into status.ca', () => {
    expect(verify(leaf, [root.pem], { trust: 'IssuingCA' })).toEqual(verified(leaf + issuing.pem, issuing.pem));
  });

  test('without a known root the highest intermediate stands in for it', () => {
    const rootless = { ...ca, chain: [] };
    expect(verify(leaf, [], { ca: rootless })).toEqual(verified(leaf + issuing.pem, issuing.pem));
  });

  test('a chain of four keeps the order of signing', async () => {
    const middle = await makeCA('P-256', { name: 'Middle', from: begin, until }, root);
    const sub = await makeCA('P-256', { name: 'Sub', from: begin, until }, middle);
    const deepCA = issuingCA({ root: middle, issuing: sub });
    const deepLeaf = await fulfil(planned, sub);
    expect(verify(deepLeaf, [root.pem + sub.pem + middle.pem], { ca: deepCA })).toEqual(
      verified(deepLeaf + sub.pem + middle.pem, root.pem),
    );
  });

  test('an RSA chain is proven as well', async () => {
    const rsa = await makeHierarchy('RSA-2048', begin);
    const rsaPlan = plan(signingRequest(await makeCsr('RSA-2048', { subject: [{ CN: ['a'] }] })), issuingCA(rsa));
    const certificate = await fulfil(rsaPlan, rsa.issuing);
    const result = verifyIssued({ plan: rsaPlan, reply: reply(certificate), ca: issuingCA(rsa), trust: 'Root', now });
    expect(result).toEqual(verified(certificate + rsa.issuing.pem, rsa.root.pem, 0));
  });

  const stranger = await makeCA('P-256', { name: 'Stranger', from: begin, until });
  const twin = await makeCA('P-256', { name: 'Test Issuing CA P-256', from: begin, until }, stranger);
  const impostor = await makeCA(
    'P-256',
    { name: 'Test Issuing CA P-256', from: begin, until, key: 'impostor' },
    stranger,
  );
  const cross = await makeCA('P-256', { name: 'Test Root P-256', from: begin, until }, stranger);
  const otherKey = await fulfil(planned, issuing, {
    spki: Buffer.from(await crypto.subtle.exportKey('spki', (await keyPair('P-256', 'other')).publicKey)),
  });
  const forged = await fulfil(planned, { ...issuing, keys: stranger.keys });

  test.each<[string, string, readonly string[], string, string]>([
    [
      'two certificates for the key',
      leaf,
      [await fulfil(planned, issuing)],
      'ChainBroken',
      'its chain is malformed: several certificates carry the public key of the request.',
    ],
    [
      'another key in the leaf',
      otherKey,
      [issuing.pem],
      'KeyMismatch',
      'its public key is not the one of the request.',
    ],
    [
      'another CA above it',
      await fulfil(planned, stranger),
      [stranger.pem],
      'NotSignedByCA',
      'it is signed by "CN=Stranger", not by CA "1ed4068c-6f1b-6deb-8e32-3f8439a851cb".',
    ],
    [
      "a signature that is not the CA's",
      forged,
      [],
      'NotSignedByCA',
      'it is not signed by CA "1ed4068c-6f1b-6deb-8e32-3f8439a851cb".',
    ],
    [
      'a CA of the same name and another key above it',
      await fulfil(planned, impostor),
      [impostor.pem + stranger.pem],
      'NotSignedByCA',
      'it is signed by "CN=Test Issuing CA P-256", not by CA "1ed4068c-6f1b-6deb-8e32-3f8439a851cb".',
    ],
    [
      'no certificate in its place',
      'pending',
      [issuing.pem],
      'CertificateMalformed',
      'the reply cannot be read: a text holds no PEM certificate.',
    ],
    [
      'a damaged block',
      leaf,
      [issuing.pem.slice(0, 300)],
      'ChainBroken',
      'the reply cannot be read: a PEM block is damaged.',
    ],
    [
      'a block that is no certificate',
      leaf,
      ['-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----'],
      'ChainBroken',
      'the reply cannot be read: a certificate is malformed.',
    ],
    [
      'a text without PEM',
      leaf,
      ['pending'],
      'ChainBroken',
      'the reply cannot be read: a text holds no PEM certificate.',
    ],
    [
      'too much in it',
      leaf,
      ['x'.repeat(600_000)],
      'ChainBroken',
      'the reply cannot be read: it is larger than 256 KiB.',
    ],
  ])('%s is refused', (_, certificate, chain, reason, message) => {
    expect(verify(certificate, chain)).toEqual({ kind: 'mismatch', reason, message });
  });

  const renewed = await makeCA('P-256', { name: 'Test Root P-256', from: begin, until: new Date('2046-01-01') });
  const unknown = { ...ca, chain: [] };

  test.each<[string, readonly string[]]>([
    ['a stranger', [stranger.pem]],
    ["another certificate for the CA's key", [twin.pem]],
    ['that and whoever signed it', [stranger.pem + twin.pem]],
    ['a CA of the same name', [impostor.pem]],
    ['a cross-signed root', [cross.pem + root.pem]],
    ['a cross-signed root and whoever signed it', [cross.pem + root.pem + stranger.pem]],
    ['a renewed root of the same key', [renewed.pem]],
  ])('%s beside a chain that leads to its root is left out', (_, chain) => {
    expect(verify(leaf, chain)).toEqual(verified(leaf + issuing.pem, root.pem));
  });

  test.each<[string, string]>([
    ['before', cross.pem + root.pem],
    ['after', root.pem + cross.pem],
    ['with whoever signed it', stranger.pem + cross.pem + root.pem],
  ])('ca.crt is the root, not the cross-signed one %s it, where the CA knows none', (_, chain) => {
    expect(verify(leaf, [chain], { ca: unknown })).toEqual(verified(leaf + issuing.pem, root.pem));
  });

  test('ca.crt is whoever signed the cross-signed root where there is no other', () => {
    expect(verify(leaf, [stranger.pem + cross.pem], { ca: unknown })).toEqual(
      verified(leaf + issuing.pem + cross.pem, stranger.pem),
    );
  });

  test.each<[string, string]>([
    ['a stranger', stranger.pem],
    ['a CA of the same name', impostor.pem],
  ])('a chain that ends below a root and %s are refused: what lies between is missing', (_, chain) => {
    expect(verify(leaf, [chain], { ca: unknown })).toMatchObject({ kind: 'mismatch', reason: 'ChainBroken' });
  });

  test('a root that did not sign itself is refused', () => {
    const der = Buffer.from(root.certificate.rawData);
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
    const damaged = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
    const message = 'its chain is malformed: "Test Root P-256" names itself as its issuer but did not sign itself.';
    expect(verify(leaf, [damaged], { ca: { ...ca, chain: [] } })).toEqual({
      kind: 'mismatch',
      reason: 'ChainBroken',
      message,
    });
  });
});

describe('the content of a certificate', () => {
  const asked = '2026-11-23T10:00:00Z to 2027-02-21T10:00:00Z';
  const at = (text: string) => new Date(text);
  test.each<[string, Deviation, string, string]>([
    [
      'another subject',
      { subject: [{ O: ['One'] }, { CN: ['a.example'] }] },
      'SubjectMismatch',
      'its subject is O=One, CN=a.example, not the one that was asked for.',
    ],
    [
      'another order of the subject',
      { subject: [{ O: ['Two'] }, { O: ['One'] }, { CN: ['a.example'] }] },
      'SubjectMismatch',
      'its subject is O=Two, O=One, CN=a.example, not the one that was asked for.',
    ],
    ['a name less', { content: { names: names.slice(1) } }, 'AlternativeNamesMismatch', 'it lacks DNS a.example.'],
    [
      'no names',
      { content: { names: [] } },
      'AlternativeNamesMismatch',
      'it lacks DNS a.example, IP 2001:db8::1, e-mail a@a.example, URI spiffe://a.example/b.',
    ],
    [
      'a name more',
      { content: { names: [...names, { kind: 'dns', value: 'b.example' }] } },
      'AlternativeNamesMismatch',
      'it has DNS b.example, which was not asked for.',
    ],
    [
      'a name of another kind',
      { content: { names: [...names, { kind: 'dn', value: 'CN=a' }] } },
      'AlternativeNamesMismatch',
      'it has a name of the kind directoryName, which was not asked for.',
    ],
    [
      'a key usage less',
      { content: { keyUsages: [] } },
      'KeyUsageMismatch',
      'its key usages differ: it has none; asked for: digital signature.',
    ],
    [
      'a key usage more',
      { content: { keyUsages: ['digitalSignature', 'keyEncipherment'] } },
      'KeyUsageMismatch',
      'its key usages differ: it has digital signature, key encipherment; asked for: digital signature.',
    ],
    [
      'another extended usage',
      { content: { extendedKeyUsages: ['1.3.6.1.5.5.7.3.1'] } },
      'ExtendedKeyUsageMismatch',
      'its extended key usages differ: it has server auth; asked for: server auth, client auth.',
    ],
    ['the CA flag', { content: { isCA: true } }, 'CAFlagMismatch', 'it is a CA certificate.'],
    [
      'an end a second early',
      { notAfter: at('2027-02-21T09:59:59Z') },
      'ValidityMismatch',
      `it is valid from 2026-11-23T10:00:00Z to 2027-02-21T09:59:59Z; asked for: ${asked}.`,
    ],
    [
      'a beginning a second late',
      { notBefore: at('2026-11-23T10:00:01Z') },
      'ValidityMismatch',
      `it is valid from 2026-11-23T10:00:01Z to 2027-02-21T10:00:00Z; asked for: ${asked}.`,
    ],
    [
      'an end in the past',
      { notBefore: begin, notAfter: at('2026-11-23T10:00:00Z') },
      'CertificateExpired',
      'it expired at 2026-11-23T10:00:00Z.',
    ],
  ])('%s is refused', async (_, deviation, reason, message) => {
    expect(verify(await fulfil(planned, issuing, deviation), [])).toEqual({ kind: 'mismatch', reason, message });
  });

  test('the order of names, their case where it means nothing, and an explicit CA:FALSE make no difference', async () => {
    const content = {
      names: names.toReversed().map(({ kind, value }) => ({ kind, value: kind === 'dns' ? 'A.Example' : value })),
      extendedKeyUsages: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1'],
      isCA: false,
    };
    expect(verify(await fulfil(planned, issuing, { content }), []).kind).toBe('verified');
  });

  test('the subject that the issuer sets counts as a set of attributes', async () => {
    const spec = issuerSpec({ createCustomCertificate: { subject: { commonName: 'n', organization: 'o' } } });
    const overridden = plan(signingRequest(csr, { usages }), ca, spec);
    const certificate = async (subject: Deviation['subject']) =>
      reply(await fulfil(overridden, issuing, subject === undefined ? {} : { subject }));
    const kind = async (subject: Deviation['subject']) =>
      verifyIssued({ plan: overridden, reply: await certificate(subject), ca, trust: 'Root', now }).kind;
    expect(await kind([{ CN: ['n'] }, { O: ['o'] }])).toBe('verified');
    expect(await kind([{ O: ['o'] }, { CN: ['n'] }])).toBe('verified');
    expect(await kind([{ O: ['o'] }, { CN: ['a.example'] }])).toBe('mismatch');
    expect(await kind([{ O: ['o'] }, { O: ['o'] }, { CN: ['n'] }])).toBe('mismatch');
  });
});

describe('extensions beside those that were asked for', () => {
  // Those that Go reads must have the form that it expects.
  const contents: Readonly<Record<string, string>> = {
    '2.5.29.30': '3009a00730058203612e62',
    '2.5.29.35': '3006800401020304',
    '1.3.6.1.5.5.7.1.1': '3018301606082b06010505073001860a687474703a2f2f6f2e78',
  };
  const withExtension = async (type: string, isCritical: boolean): Promise<ReturnType<typeof verify>> => {
    const content = Buffer.from(contents[type] ?? '0500', 'hex');
    const extensions = [new Extension(type, isCritical, content)];
    return verify(await fulfil(planned, issuing, { content: { extensions } }), []);
  };

  test.each([
    [
      'a critical one that nobody knows',
      '1.2.3.4',
      true,
      'it has the critical extension 1.2.3.4, which nobody knows, so that clients refuse it.',
    ],
    [
      'a precertificate',
      '1.3.6.1.4.1.11129.2.4.3',
      true,
      'it has the critical extension 1.3.6.1.4.1.11129.2.4.3, which nobody knows, so that clients refuse it.',
    ],
    ['name constraints', '2.5.29.30', false, 'it has the extension 2.5.29.30, which only certificates of CAs have.'],
  ] as const)('%s are refused', async (_, type, isCritical, message) => {
    expect(await withExtension(type, isCritical)).toEqual({ kind: 'mismatch', reason: 'ExtensionMismatch', message });
  });

  test.each([
    ['what every CA adds', '2.5.29.35', []],
    ['where to find its CA', '1.3.6.1.5.5.7.1.1', []],
    ['one that nobody asked for', '1.2.3.4', ['PCA added extensions that are not usual: 1.2.3.4.']],
  ] as const)('%s is accepted', async (_, type, differences) => {
    expect(await withExtension(type, false)).toMatchObject({ kind: 'verified', certificate: { differences } });
  });

  test('an end after that of its CA is said where the issuer accepts another validity', async () => {
    const allowed = plan(
      signingRequest(csr, { usages }),
      ca,
      issuerSpec({ verification: { ...planned.verification, validity: 'Allow' } }),
    );
    const result = verify(await fulfil(allowed, issuing, { notAfter: new Date('2036-06-01T00:00:00Z') }), [], {
      plan: allowed,
    });
    expect(result).toMatchObject({
      kind: 'verified',
      certificate: {
        differences: [
          expect.stringContaining('Accepted because spec.verification.validity of the issuer is Allow') as string,
          'It ends at 2036-06-01T00:00:00Z, but the certificate of CA "CN=Test Issuing CA P-256" above it at 2035-12-30T00:00:00Z, after which clients refuse it.',
        ],
      },
    });
  });
});

describe('a certificate of an earlier attempt', () => {
  const later = new Date(now.getTime() + 90_000);
  const request = signingRequest(csr, { usages });
  const again = planIssuing({ request, spec: issuerSpec(), ca, clusterUid: '', now: later });
  const verifyLater = (certificate: string, adopted: boolean) => {
    if (again.kind === 'refused') throw new Error(again.refusal.message);
    return verifyIssued({ plan: again.plan, reply: reply(certificate), ca, trust: 'Root', now: later, adopted });
  };

  test('is adopted although the clock has moved on', () => {
    expect(verifyLater(leaf, true)).toEqual(verified(leaf + issuing.pem, root.pem));
  });

  test('is refused where this attempt made the call itself', () => {
    expect(verifyLater(leaf, false)).toEqual({
      kind: 'mismatch',
      reason: 'ValidityMismatch',
      message:
        'it is valid from 2026-11-23T10:00:00Z to 2027-02-21T10:00:00Z; asked for: 2026-11-23T10:01:30Z to 2027-02-21T10:01:30Z.',
    });
  });

  test('is adopted where its lifetime was cut, since the limit of then is not known', async () => {
    const short = await fulfil(planned, issuing, { notAfter: new Date('2027-02-21T09:00:00Z') });
    expect(verifyLater(short, true)).toMatchObject({ kind: 'verified' });
  });

  test.each([
    [
      'lives longer than was asked',
      { notAfter: new Date('2027-02-21T10:00:01Z') },
      'it is valid from 2026-11-23T10:00:00Z to 2027-02-21T10:00:01Z, longer than the 2160h0m0s asked for.',
    ],
    [
      'begins more than five minutes from now',
      { notBefore: new Date('2026-11-23T10:06:31Z') },
      'it is valid from 2026-11-23T10:06:31Z to 2027-02-21T10:00:00Z, which begins in the future.',
    ],
  ])('is refused when it %s', async (_, deviation, message) => {
    const certificate = await fulfil(planned, issuing, deviation);
    expect(verifyLater(certificate, true)).toEqual({ kind: 'mismatch', reason: 'ValidityMismatch', message });
  });
});
