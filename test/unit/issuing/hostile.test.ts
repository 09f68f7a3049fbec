// What an endpoint or a requester can send to hold everybody up: whatever it is, reading it is one short step, and what comes
// of it is a value that says why.
import { describe, expect, it } from 'vitest';
import { verifyIssued } from '../../../src/issuing/issued-certificate.ts';
import { assessIssuingCA, readIssuingCA } from '../../../src/issuing/issuing-ca.ts';
import { issuingOperations } from '../../../src/issuing/operations/index.ts';
import { planIssuing } from '../../../src/issuing/plan.ts';
import { readSigningRequest } from '../../../src/issuing/signing-request.ts';
import { describedCA, makeCsr, makeHierarchy } from '../../support/certificates.ts';
import { cpuMs } from '../../support/cpu-time.ts';
import * as der from '../../support/der.ts';
import {
  clusterUid,
  fulfil,
  issuerSpec,
  issuingCA,
  now,
  plan,
  reply,
  requestFields,
  signingRequest,
} from '../../support/issuing.ts';

// Of the processor, on whatever machine this is; the honest ones take two or three.
const budgetMs = 50;

const hierarchy = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));
const ca = issuingCA(hierarchy);
const planned = plan(signingRequest(await makeCsr('P-256', { subject: [{ CN: ['a'] }] })), ca);
const { spki } = planned.expected;
// Keys that are not worked with, and the exponent of those that are.
const longExponent = der.oddKey(3_072, (1n << 3063n) + 1n);
const large = der.oddKey(16_384, 65_537n);
const dearest = (1n << 31n) - 100_001n;
const name = der.nameOf(['x']);
const times = (count: number, make: (index: number) => Buffer): readonly Buffer[] =>
  Array.from({ length: count }, (_, index) => make(index));
const names = (count: number): Buffer =>
  der.extension('551d11', der.sequence(...times(count, () => der.tlv(0x82, Buffer.from('x')))));
const addresses = (count: number): Buffer =>
  der.extension('551d11', der.sequence(...times(count, () => der.tlv(0x87, Buffer.alloc(16)))));
const usages = (count: number, octets: string): Buffer =>
  der.extension('551d25', der.sequence(...times(count, () => der.oid(octets))));
/** An identifier of its own for each index. */
const numbered = (index: number): Buffer =>
  der.oid(Buffer.of(0x2a, 0x81 + (index >> 14), 0x80 | ((index >> 7) & 0x7f), index & 0x7f).toString('hex'));
const nested = (depth: number): Buffer =>
  times(depth, () => name).reduce((inner) => der.sequence(inner), der.sequence());

/** Spends the time of `work`, which must be short; its message comes back. */
function message(work: () => { readonly kind: string; readonly message?: string }): string {
  let result: ReturnType<typeof work> = { kind: 'none' };
  const took = cpuMs(() => {
    result = work();
  }, budgetMs);
  expect(took).toBeLessThan(budgetMs);
  const { kind, message: said = '' } = result;
  expect(said.length).toBeLessThan(2_000);
  return `${kind}: ${said}`;
}

/**
 * So many CAs of one name in a ring, each signed by the next, in the order that takes longest to find out.
 */
function ring(count: number, makeKey: () => der.OddKey): string {
  const keys = Array.from({ length: count }, makeKey);
  const cas = keys.map((key, index) => {
    const signer = keys[(index + 1) % count];
    const extensions = [der.caExtension];
    return der.oddCertificate({
      serial: index + 2,
      issuer: name,
      subject: name,
      spki: key.spki,
      extensions,
      ...(signer && { signer }),
    });
  });
  const [signer] = keys;
  const leaf = der.oddCertificate({
    serial: 1,
    issuer: name,
    subject: der.nameOf(['leaf']),
    spki,
    ...(signer && { signer }),
  });
  return [leaf, ...cas.toReversed()].map((each) => der.pemOf(each)).join('');
}

describe('certificates that are dear to verify', () => {
  const verify = (chain: string) => () => verifyIssued({ plan: planned, reply: reply(chain), ca, trust: 'Root', now });

  it.each<[string, string, string]>([
    ['32 of 16,384 bits', ring(32, () => large), 'the reply cannot be read: it holds more than 8 certificates.'],
    [
      'as many as are read, with exponents of 3,064 bits',
      ring(7, () => longExponent),
      'the reply cannot be read: a certificate is malformed.',
    ],
    [
      'as many as are read, of 16,384 bits',
      ring(7, () => large),
      'its chain is malformed: "x" does not belong to the chain, or a link to it is missing.',
    ],
    [
      'as many as are read, the dearest that are used',
      ring(7, () => der.oddKey(8_192, dearest)),
      'its chain is malformed: more than 12 signatures would have to be checked to put it in order.',
    ],
  ])('%s', (_, chain, expected) => {
    expect(message(verify(chain))).toBe(`mismatch: ${expected}`);
  });
});

describe('descriptions of a CA that are dear to check', () => {
  const described = (texts: readonly string[]): unknown =>
    describedCA(hierarchy, { X509Certificate: texts[0], CaCertChain: texts.slice(1).join('') });
  const assess = (body: unknown) => () => {
    const read = readIssuingCA(body);
    return read.kind === 'ok' ? assessIssuingCA(read.ca, issuingOperations.CreateCustomCertificate, now) : read;
  };

  it('with the dearest signatures that are checked', () => {
    const texts = ring(7, () => der.oddKey(8_192, dearest)).split(/(?<=END CERTIFICATE-----\n)/);
    expect(message(assess(described(texts)))).toBe(
      'unusable: clients would refuse every certificate of CA "1ed4068c-6f1b-6deb-8e32-3f8439a851cb": the certificate of CA "CN=leaf" is not marked as a CA. Correct that in PCA, or set spec.parentIdentifier to another CA.',
    );
  });

  const key = der.oddKey(2_048, 65_537n);
  /** A path of so many CAs, each of which excludes so many domains. */
  const excluding = (count: number, subtrees: number): readonly string[] =>
    Array.from({ length: count }, (_, level) => {
      const domains = times(subtrees, (n) =>
        der.sequence(der.tlv(0x82, Buffer.from(`domain-${n}-of-${level}.example`))),
      );
      const constraints = der.extension('551d1e', der.sequence(der.tlv(0xa1, ...domains)));
      const issuer = der.nameOf([`Level ${Math.min(level + 1, count - 1)}`]);
      const subject = der.nameOf([`Level ${level}`]);
      const extensions = [der.caExtension, constraints];
      return der.pemOf(der.oddCertificate({ serial: 1, issuer, subject, spki: key.spki, extensions, signer: key }));
    });

  it('with as many name constraints as are read, for as many names as are read', async () => {
    const body = described(excluding(8, 100));
    const pem = der.pemOf(der.oddRequest({ extensions: [names(2_000)] }), 'CERTIFICATE REQUEST');
    const read = readSigningRequest(requestFields(pem));
    if (read.kind === 'refused') throw new Error(read.refusal.message);
    const { request } = read;
    const checkedCA = readIssuingCA(body);
    if (checkedCA.kind === 'malformed') throw new Error(checkedCA.message);
    expect(message(assess(body))).toBe('usable: ');
    const spec = issuerSpec();
    const odd = { ...checkedCA.ca, keyFamily: 'ECC' };
    const said = message(() => {
      const result = planIssuing({ request, spec, ca: odd, clusterUid, now });
      return result.kind === 'refused' ? { kind: result.kind, message: result.refusal.message } : { kind: result.kind };
    });
    expect(said).toBe('planned: ');
  });

  it('with more constraints than are read', () => {
    expect(message(assess(described(excluding(1, 5_000))))).toBe(
      'unusable: clients would refuse every certificate of CA "1ed4068c-6f1b-6deb-8e32-3f8439a851cb": the certificate of CA "CN=Level 0" has name constraints that cannot be read. Correct that in PCA, or set spec.parentIdentifier to another CA.',
    );
  });
});

describe('certificates that are dear to read', () => {
  const malformed = 'mismatch: the reply cannot be read: a certificate is malformed.';
  const selfIssued = 'mismatch: its chain is malformed: "x" names itself as its issuer but did not sign itself.';
  const certificate = (parts: Partial<Parameters<typeof der.oddCertificate>[0]>): string =>
    der.pemOf(der.oddCertificate({ serial: 1, issuer: name, subject: name, spki, ...parts }));

  it.each<[string, string, string]>([
    ['many attributes', certificate({ subject: der.nameOf(Array.from({ length: 13_000 }, () => 'x')) }), malformed],
    [
      'many attributes in one relative name',
      certificate({
        subject: der.sequence(der.tlv(0x31, ...times(13_000, () => der.sequence(der.oid('550403'), der.tlv(0x0c))))),
      }),
      malformed,
    ],
    ['many names', certificate({ extensions: [names(60_000)] }), malformed],
    ['as many names as are read', certificate({ extensions: [names(2_000)] }), selfIssued],
    ['many addresses', certificate({ extensions: [addresses(10_000)] }), malformed],
    ['many usages', certificate({ extensions: [usages(60_000, '2a')] }), malformed],
    ['as many usages as are read', certificate({ extensions: [usages(1_000, '01'.repeat(64))] }), selfIssued],
    [
      'many extensions',
      certificate({ extensions: times(12_000, (index) => der.sequence(numbered(index), der.tlv(0x04))) }),
      malformed,
    ],
    [
      'many policies',
      certificate({
        extensions: [der.extension('551d20', der.sequence(...times(16_000, (index) => der.sequence(numbered(index)))))],
      }),
      selfIssued,
    ],
    [
      'a name of a hundred thousand letters',
      certificate({ subject: der.nameOf(['x'.repeat(150_000)]) }),
      'mismatch: it is not signed by CA "1ed4068c-6f1b-6deb-8e32-3f8439a851cb".',
    ],
    ['elements in elements', der.pemOf(nested(20_000)), malformed],
    ['many empty certificates', der.pemOf(der.sequence()).repeat(4_000), malformed],
  ])('%s', (_, text, expected) => {
    expect(message(() => verifyIssued({ plan: planned, reply: reply(text), ca, trust: 'Root', now }))).toBe(expected);
  });
});

describe('texts in the place of a certificate', () => {
  const full = (unit: string): string => unit.repeat((256 * 1024) / unit.length);

  it.each<[string, string, string]>([
    ['too much', 'x'.repeat(4_000_000), 'it is larger than 256 KiB'],
    ['backslashes', full('\\'), 'a text holds no PEM certificate'],
    ['begins', full('-----BEGIN '), 'a PEM block is damaged'],
    ['begins of blocks', full('-----BEGIN A-----'), 'a PEM block is damaged'],
    ['an end that never comes', `-----BEGIN A-----${full('A').slice(100)}`, 'a PEM block is damaged'],
    ['blocks of another sort', full('-----BEGIN A-----\nAA==\n-----END A-----\n'), 'a text holds no PEM certificate'],
  ])('%s', (_, text, expected) => {
    const body = describedCA(hierarchy, { X509Certificate: text });
    expect(message(() => readIssuingCA(body))).toBe(`malformed: X509Certificate of the CA cannot be read: ${expected}`);
  });
});

describe('requests that are dear to read', () => {
  const invalid = (fault: string): string =>
    `refused: spec.request: the certificate request (CSR) cannot be used: ${fault}. Create the CertificateRequest again with a signed PKCS#10 request in PEM.`;
  const attribute = (value: Buffer): Buffer => der.sequence(der.oid('2a864886f70d010907'), der.tlv(0x31, value));

  it.each<[string, Parameters<typeof der.oddRequest>[0], string]>([
    [
      'many attributes of the subject',
      { subject: der.nameOf(Array.from({ length: 3_900 }, () => 'x')) },
      invalid('the subject has more than 100 attributes'),
    ],
    ['many names', { extensions: [names(16_000)] }, invalid('there are more than 2000 alternative names')],
    ['as many names as are read', { extensions: [names(2_000)] }, 'planned: '],
    ['many addresses', { extensions: [addresses(2_600)] }, invalid('there are more than 2000 alternative names')],
    ['many usages', { extensions: [usages(15_000, '2a')] }, invalid('there are more than 1000 extended key usages')],
    [
      'many attributes',
      { attributes: times(2_800, () => attribute(der.tlv(0x0c))) },
      invalid('there are more than 100 attributes'),
    ],
    [
      'many extensions',
      { extensions: times(2_900, (index) => der.sequence(numbered(index), der.tlv(0x04))) },
      invalid('there are more than 100 extensions'),
    ],
    [
      'a harmless extension of many parts, into which nobody looks',
      { extensions: [der.extension('551d0e', der.sequence(...times(15_000, () => der.tlv(0x04))))] },
      'planned: ',
    ],
    [
      'a harmless attribute of many parts',
      { attributes: [attribute(der.sequence(...times(15_000, () => der.tlv(0x05))))] },
      'planned: ',
    ],
    ['elements in elements', { attributes: [attribute(nested(8_000))] }, invalid('elements are nested deeper than 16')],
    [
      'an RSA key with a long exponent',
      { spki: longExponent.spki },
      invalid('the exponent of the RSA key has more than 31 bits'),
    ],
    [
      'the dearest RSA key that is used',
      { spki: der.oddKey(8_192, dearest).spki },
      invalid('its signature does not match its public key, so the requester has not proven that it holds the key'),
    ],
  ])('%s', (_, parts, expected) => {
    const pem = der.pemOf(der.oddRequest(parts), 'CERTIFICATE REQUEST');
    const said = message(() => {
      const read = readSigningRequest(requestFields(pem));
      if (read.kind === 'refused') return { kind: read.kind, message: read.refusal.message };
      const result = planIssuing({ request: read.request, spec: issuerSpec(), ca, clusterUid, now });
      return result.kind === 'refused' ? { kind: result.kind, message: result.refusal.message } : { kind: result.kind };
    });
    expect(said).toBe(expected);
  });

  it('an RSA key that is too large is named', () => {
    const pem = der.pemOf(der.oddRequest({ spki: large.spki }), 'CERTIFICATE REQUEST');
    const read = readSigningRequest(requestFields(pem));
    expect(read).toEqual({
      kind: 'refused',
      refusal: {
        reason: 'KeyNotSupported',
        field: 'spec.request',
        message: expect.stringMatching(
          /^spec\.request: the CSR's key is RSA 163\d\d, and RSA keys of more than 8192 bits take too long, so its signature cannot be checked\. Choose an RSA or ECDSA key \(in a Certificate: spec\.privateKey\)\.$/,
        ) as string,
      },
    });
  });
});

describe('messages about what somebody else wrote', () => {
  const odd = 'a\u0000\u001b[31m\u202egnp.exe\r\n';
  const shown = 'a\\u0000\\u001b[31m\\u202egnp.exe\\u000d\\u000a';
  const certificate = (parts: Partial<Parameters<typeof der.oddCertificate>[0]>): string =>
    der.pemOf(der.oddCertificate({ serial: 1, issuer: name, subject: name, spki, ...parts }));
  const refusal = (parts: Parameters<typeof der.oddRequest>[0], words?: readonly string[]): string => {
    const pem = der.pemOf(der.oddRequest(parts), 'CERTIFICATE REQUEST');
    const read = readSigningRequest(requestFields(pem, { usages: words }));
    if (read.kind === 'refused') return read.refusal.message;
    const spec = issuerSpec({ operation: 'CreateClientCertificateWithCsr' });
    const result = planIssuing({ request: read.request, spec, ca, clusterUid, now });
    return result.kind === 'refused' ? result.refusal.message : 'planned';
  };

  it('name twelve of 400 usages', () => {
    const extended = der.sequence(...times(400, numbered), der.oid('2b06010505070301'));
    const said = refusal({ extensions: [der.extension('551d25', extended)] });
    expect(said).toMatch(
      /^spec\.usages: the request asks for "digital signature", "key encipherment", its CSR for (?:"1\.2\.[\d.]+", ){11}"1\.2\.[\d.]+" and 389 more\. Make/,
    );
    expect(said.length).toBeLessThan(600);
  });

  it('name five of many unknown usages, and cut each', () => {
    const words = [odd, 'x'.repeat(10_000), ...Array.from({ length: 98 }, (_, n) => `usage ${n}`)];
    expect(refusal({}, words)).toBe(
      `spec.usages: unknown usage ${JSON.stringify(odd).replace('\u202e', '\\u202e')}, "${'x'.repeat(64)}", "usage 0", "usage 1", "usage 2" and 95 more. Use the usages that cert-manager documents, such as "server auth", or upgrade the operator if cert-manager is newer.`,
    );
  });

  it('cut a name that no operation can express', () => {
    const said = refusal(
      { extensions: [der.extension('551d11', der.sequence(der.tlv(0x82, Buffer.from('a,'.repeat(20_000)))))] },
      ['digital signature', 'key encipherment', 'client auth'],
    );
    expect(said).toMatch(/separates names with ",", so DNS (?:a,){127}a… cannot be expressed/);
  });

  it.each<[string, string, Readonly<Record<string, unknown>>]>([
    ['a status', 'the answer to DescribeCACertificate has no Status', { Status: `ISSUE${odd}` }],
    ['an endless identifier', 'the answer to DescribeCACertificate has no Identifier', { Identifier: 'x'.repeat(129) }],
  ])('of a description do not quote %s', (_, expected, changes) => {
    expect(readIssuingCA(describedCA(hierarchy, changes))).toEqual({ kind: 'malformed', message: expected });
  });

  it('show the subject of a CA on one line, in 1024 characters', () => {
    const subjectOf = (SubjectDN: string): string => issuingCA(hierarchy, { SubjectDN }).subject;
    expect([subjectOf(odd), subjectOf('x'.repeat(5_000))]).toEqual([shown, `${'x'.repeat(1023)}…`]);
  });

  it('show the names of certificates on one line', () => {
    const stranger = der.nameOf([odd]);
    const text =
      certificate({ issuer: name, subject: der.nameOf(['leaf']) }) +
      certificate({ spki: der.oddKey(1024, 3n).spki, subject: stranger });
    const result = verifyIssued({ plan: planned, reply: reply(text), ca, trust: 'Root', now });
    expect(result).toEqual({
      kind: 'mismatch',
      reason: 'ChainBroken',
      message: `its chain is malformed: "${shown}" does not belong to the chain, or a link to it is missing.`,
    });
  });

  it('show the subject of a certificate on one line, shortened', async () => {
    const subject = [{ CN: [odd] }, ...Array.from({ length: 30 }, (_, n) => ({ OU: [`${n}`] }))];
    const deviating = await fulfil(planned, hierarchy.issuing, { subject });
    const result = verifyIssued({ plan: planned, reply: reply(deviating), ca, trust: 'Root', now });
    const units = Array.from({ length: 19 }, (_, n) => `OU=${n}`).join(', ');
    expect(result).toEqual({
      kind: 'mismatch',
      reason: 'SubjectMismatch',
      message: `its subject is CN=${shown}, ${units} and 11 more, not the one that was asked for.`,
    });
  });
});
