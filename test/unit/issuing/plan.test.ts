import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { IssuerSpec } from '../../../src/crds/issuer.ts';
import type { IssuingCA } from '../../../src/issuing/issuing-ca.ts';
import { callerIdentifier, planIssuing } from '../../../src/issuing/plan.ts';
import type { RequestFields, SigningRequest } from '../../../src/issuing/signing-request.ts';
import { Extension, makeCsr, makeHierarchy } from '../../support/certificates.ts';
import type { KeyKind, TestContent } from '../../support/certificates.ts';
import { clusterUid, issuerSpec, issuingCA, now, plan, requestUid, signingRequest } from '../../support/issuing.ts';

const begin = new Date('2026-01-01T00:00:00Z');
const ecc = issuingCA(await makeHierarchy('P-256', begin, 12));
const rsa = issuingCA(await makeHierarchy('RSA-2048', begin, 12));
const subject = [{ CN: ['a.example'] }];

type Case = [
  name: string,
  request: () => Promise<SigningRequest>,
  refusal: object,
  spec?: Partial<IssuerSpec> | undefined,
  ca?: IssuingCA | undefined,
];

const caFor = (kind: KeyKind) => (kind.startsWith('RSA') ? rsa : ecc);

async function planned(content: TestContent, fields: Partial<RequestFields> = {}, kind: KeyKind = 'P-256') {
  return plan(signingRequest(await makeCsr(kind, content), fields), caFor(kind));
}

/** The parameters of every call, for a request that begins now and ends at `notAfter`. */
const base = (csr: string, notAfter: string) => ({
  ParentIdentifier: '1ed4068c-6f1b-6deb-8e32-3f8439a851cb',
  Csr: csr,
  Validity: `2026-11-23T10:00:00Z/${notAfter}`,
  Immediately: '2',
  customIdentifier: callerIdentifier(clusterUid, requestUid),
});
const inNinetyDays = '2027-02-21T10:00:00Z';
const usage = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [`ApiPassthrough.Extensions.KeyUsage.${name}`, 'true']));
const extended = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name, index) => [`ApiPassthrough.Extensions.ExtendedKeyUsages.${index + 1}`, name]));
const critical = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name, index) => [`ApiPassthrough.Extensions.Criticals.${index + 1}`, name]));
const names = (...pairs: readonly (readonly [string, string])[]) =>
  Object.fromEntries(
    pairs.flatMap(([type, value], index) => [
      [`ApiPassthrough.Extensions.SubjectAlternativeNames.${index + 1}.Type`, type],
      [`ApiPassthrough.Extensions.SubjectAlternativeNames.${index + 1}.Value`, value],
    ]),
  );
const defaults = usage('DigitalSignature', 'KeyEncipherment');

describe('the call of CreateCustomCertificate', () => {
  test.each(['P-256', 'P-384', 'RSA-2048', 'RSA-4096'] as const)('is exact for a %s key', async (kind) => {
    const csr = await makeCsr(kind, { subject });
    expect(plan(signingRequest(csr), caFor(kind)).call).toEqual({
      action: 'CreateCustomCertificate',
      version: '2020-06-30',
      parameters: { ...base(csr, inNinetyDays), ...defaults },
    });
  });

  test.each<[string, TestContent, Readonly<Record<string, string>>]>([
    ['a DNS name', { subject, names: [{ kind: 'dns', value: '*.a.example' }] }, names(['dNSName', '*.a.example'])],
    ['an IPv4 address', { subject, names: [{ kind: 'ip', value: '10.0.0.1' }] }, names(['iPAddress', '10.0.0.1'])],
    [
      'an IPv6 address',
      { subject, names: [{ kind: 'ip', value: '2001:db8:0:0::1' }] },
      names(['iPAddress', '2001:db8::1']),
    ],
    [
      'an e-mail address',
      { subject, names: [{ kind: 'email', value: 'A@a.example' }] },
      names(['rfc822Name', 'A@a.example']),
    ],
    [
      'a URI',
      { subject, names: [{ kind: 'uri', value: 'spiffe://a/b' }] },
      names(['uniformResourceIdentifier', 'spiffe://a/b']),
    ],
    [
      'names of all kinds and no subject',
      {
        names: [
          { kind: 'dns', value: 'a.example' },
          { kind: 'ip', value: '::1' },
          { kind: 'email', value: 'a@a.example' },
          { kind: 'uri', value: 'https://a.example/,x' },
        ],
      },
      {
        ...names(
          ['dNSName', 'a.example'],
          ['iPAddress', '::1'],
          ['rfc822Name', 'a@a.example'],
          ['uniformResourceIdentifier', 'https://a.example/,x'],
        ),
        ...critical('SubjectAlternativeNames'),
      },
    ],
  ])('carries %s', async (_, content, expected) => {
    const csr = await makeCsr('P-256', content);
    expect(plan(signingRequest(csr), ecc).call.parameters).toEqual({
      ...base(csr, inNinetyDays),
      ...defaults,
      ...expected,
    });
  });

  test.each<[readonly string[], Readonly<Record<string, string>>]>([
    [
      ['digital signature', 'key encipherment', 'server auth', 'client auth'],
      { ...defaults, ...extended('serverAuth', 'clientAuth') },
    ],
    [['server auth'], extended('serverAuth')],
    [['content commitment', 'email protection'], { ...usage('ContentCommitment'), ...extended('emailProtection') }],
    [
      ['key agreement', 'encipher only', 'decipher only', 'data encipherment'],
      usage('DataEncipherment', 'KeyAgreement', 'EncipherOnly', 'DecipherOnly'),
    ],
    [
      ['any', 'code signing', 'timestamping', 'ocsp signing', 'ipsec user', 'microsoft sgc', 'netscape sgc'],
      extended(
        'any',
        'codeSigning',
        'timeStamping',
        'OCSPSigning',
        '1.3.6.1.5.5.7.3.7',
        '1.3.6.1.4.1.311.10.3.3',
        '2.16.840.1.113730.4.1',
      ),
    ],
  ])('carries the usages %j', async (usages, expected) => {
    const csr = await makeCsr('P-256', { subject });
    expect(plan(signingRequest(csr, { usages }), ecc).call.parameters).toEqual({
      ...base(csr, inNinetyDays),
      ...expected,
    });
  });

  test.each([
    ['1h', '2026-11-23T11:00:00Z'],
    ['1h0m1s', '2026-11-23T11:00:01Z'],
    ['87600h', '2036-11-20T10:00:00Z'],
  ])('ends after %s to the second', async (duration, notAfter) => {
    const csr = await makeCsr('P-256', { subject });
    const { call, notBefore, notAfter: end } = plan(signingRequest(csr, { duration }), ecc);
    expect(call.parameters).toEqual({ ...base(csr, notAfter), ...defaults });
    expect([notBefore, end]).toEqual([new Date('2026-11-23T10:00:00Z'), new Date(notAfter)]);
  });

  test('moves both ends by the backdate, but never before the CA begins', async () => {
    const request = signingRequest(await makeCsr('P-256', { subject }), { duration: '1h' });
    const backdated = (backdate: string, ca: IssuingCA) =>
      plan(request, ca, issuerSpec({ validity: { backdate, onExceed: 'Refuse' } })).call.parameters['Validity'];
    expect(backdated('5m', ecc)).toBe('2026-11-23T09:55:00Z/2026-11-23T10:55:00Z');
    const young = { ...ecc, notBefore: new Date('2026-11-23T09:59:00.500Z') };
    expect(backdated('5m', young)).toBe('2026-11-23T09:59:01Z/2026-11-23T10:59:01Z');
  });

  test('carries every setting of the issuer, whose subject replaces that of the CSR', async () => {
    const csr = await makeCsr('P-256', { subject, names: [{ kind: 'dns', value: 'a.example' }] });
    const spec = issuerSpec({
      createCustomCertificate: {
        enableCrl: true,
        tags: [
          { key: 'cluster', value: 'c1' },
          { key: 'empty', value: '' },
        ],
        resourceGroupId: 'rg-acfmxazb4ph6aiy',
        criticals: ['SubjectAlternativeNames', 'KeyUsage', 'ExtendedKeyUsages'],
        subject: {
          commonName: 'n',
          country: 'CN',
          state: 's',
          locality: 'l',
          organization: 'o',
          organizationUnit: 'u',
          customAttributes: [
            { objectIdentifier: '2.5.4.11', value: 'second' },
            { objectIdentifier: '2.5.4.5', value: '42' },
          ],
        },
      },
    });
    const { call, expected } = plan(signingRequest(csr), ecc, spec);
    expect(call.parameters).toEqual({
      ...base(csr, inNinetyDays),
      ...defaults,
      ...names(['dNSName', 'a.example']),
      ...critical('KeyUsage', 'SubjectAlternativeNames'),
      EnableCrl: '1',
      'Tags.1.Key': 'cluster',
      'Tags.1.Value': 'c1',
      'Tags.2.Key': 'empty',
      'Tags.2.Value': '',
      ResourceGroupId: 'rg-acfmxazb4ph6aiy',
      'ApiPassthrough.Subject.Country': 'CN',
      'ApiPassthrough.Subject.State': 's',
      'ApiPassthrough.Subject.Locality': 'l',
      'ApiPassthrough.Subject.Organization': 'o',
      'ApiPassthrough.Subject.OrganizationUnit': 'u',
      'ApiPassthrough.Subject.CommonName': 'n',
      'ApiPassthrough.Subject.CustomAttributes.1.ObjectIdentifier': '2.5.4.11',
      'ApiPassthrough.Subject.CustomAttributes.1.Value': 'second',
      'ApiPassthrough.Subject.CustomAttributes.2.ObjectIdentifier': '2.5.4.5',
      'ApiPassthrough.Subject.CustomAttributes.2.Value': '42',
    });
    expect(expected.subject).toEqual({
      kind: 'attributes',
      mayAdd: [],
      attributes: [
        { oid: '2.5.4.6', value: 'CN' },
        { oid: '2.5.4.8', value: 's' },
        { oid: '2.5.4.7', value: 'l' },
        { oid: '2.5.4.10', value: 'o' },
        { oid: '2.5.4.11', value: 'u' },
        { oid: '2.5.4.3', value: 'n' },
        { oid: '2.5.4.11', value: 'second' },
        { oid: '2.5.4.5', value: '42' },
      ],
    });
  });

  test('says no to a CRL where the issuer does', async () => {
    const csr = await makeCsr('P-256', { subject });
    const spec = issuerSpec({ createCustomCertificate: { enableCrl: false } });
    expect(plan(signingRequest(csr), ecc, spec).call.parameters).toEqual({
      ...base(csr, inNinetyDays),
      ...defaults,
      EnableCrl: '0',
    });
  });

  test('names each request by an identifier that only the cluster and the request decide', () => {
    expect(callerIdentifier(clusterUid, requestUid)).toBe('871998e8-3dec-225e-c4c4-11fc50407da9');
    expect(callerIdentifier(clusterUid, requestUid)).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(callerIdentifier('other', requestUid)).not.toBe(callerIdentifier(clusterUid, requestUid));
  });
});

describe('refusals before any call', () => {
  const otherName = new Extension(
    '2.5.29.17',
    false,
    Buffer.from('3010a00e060a2b060104018237140203a000'.slice(0, 36), 'hex'),
  );
  const constraints = new Extension('2.5.29.30', true, Buffer.from('3000', 'hex'));
  const cases: Case[] = [
    [
      'a CA certificate',
      async () => signingRequest(await makeCsr('P-256', { subject }), { isCA: true }),
      {
        reason: 'CANotSupported',
        field: 'spec.isCA',
        message:
          "spec.isCA: CreateCustomCertificate cannot issue CA certificates (isCA: true). Ask for a certificate without isCA, or ask the issuer's owner to set spec.externalCA, which needs instances bought in PCA.",
      },
    ],
    [
      'usages of CAs',
      async () =>
        signingRequest(await makeCsr('P-256', { subject }), { usages: ['cert sign', 'crl sign', 'server auth'] }),
      {
        reason: 'UsageNotSupported',
        field: 'spec.usages',
        message: 'spec.usages: CreateCustomCertificate cannot express "cert sign", "crl sign". Remove these usages.',
      },
    ],
    [
      'encipher only without key agreement',
      async () => signingRequest(await makeCsr('P-256', { subject }), { usages: ['encipher only'] }),
      {
        reason: 'UsageNotSupported',
        field: 'spec.usages',
        message:
          'spec.usages: "encipher only" has a meaning only together with "key agreement". Add "key agreement" or remove it.',
      },
    ],
    [
      'an RSA key below an ECC CA',
      async () => signingRequest(await makeCsr('RSA-2048', { subject })),
      {
        reason: 'KeyFamilyMismatch',
        field: 'spec.request',
        message:
          'spec.request: the CSR\'s key is RSA 2048, but CA "1ed4068c-6f1b-6deb-8e32-3f8439a851cb" issues for ECC keys only. Choose algorithm ECDSA (in a Certificate: spec.privateKey), or another CA.',
      },
    ],
    [
      'an ECC key below an RSA CA',
      async () => signingRequest(await makeCsr('P-256', { subject })),
      {
        reason: 'KeyFamilyMismatch',
        field: 'spec.request',
        message:
          'spec.request: the CSR\'s key is P-256, but CA "1ed4068c-6f1b-6deb-8e32-3f8439a851cb" issues for RSA keys only. Choose algorithm RSA (in a Certificate: spec.privateKey), or another CA.',
      },
      undefined,
      rsa,
    ],
    ...(
      [
        ['RSA-1024', 'RSA 1024', ''],
        ['P-521', 'P-521', ', or set spec.allowP521 of the issuer if you know that the CA accepts it'],
        ['Ed25519', 'Ed25519', ''],
      ] as const
    ).map(([kind, name, further]): Case => [
      `a ${name} key`,
      async () => signingRequest(await makeCsr(kind, { subject })),
      {
        reason: 'KeyNotSupported',
        field: 'spec.request',
        message: `spec.request: the CSR's key is ${name}; CreateCustomCertificate supports RSA with 2048 to 8192 bits and P-256, P-384. Choose such a key (in a Certificate: spec.privateKey)${further}.`,
      },
    ]),
    [
      'a directory name',
      async () => signingRequest(await makeCsr('P-256', { subject, names: [{ kind: 'dn', value: 'CN=a' }] })),
      {
        reason: 'NameNotSupported',
        field: 'spec.request',
        message:
          'spec.request: CreateCustomCertificate cannot express alternative names of the kind directoryName, only dns, ip, email, uri. Remove them from the Certificate.',
      },
    ],
    [
      'an otherName',
      async () => signingRequest(await makeCsr('P-256', { subject, extensions: [otherName] })),
      {
        reason: 'NameNotSupported',
        field: 'spec.request',
        message:
          'spec.request: CreateCustomCertificate cannot express alternative names of the kind otherName, only dns, ip, email, uri. Remove them from the Certificate.',
      },
    ],
    [
      'name constraints',
      async () => signingRequest(await makeCsr('P-256', { subject, extensions: [constraints] })),
      {
        reason: 'NameConstraintsNotSupported',
        field: 'spec.request',
        message:
          'spec.request: CreateCustomCertificate cannot express name constraints. Remove them from the Certificate.',
      },
    ],
    [
      'no name at all',
      async () => signingRequest(await makeCsr('P-256')),
      {
        reason: 'NoName',
        field: 'spec.request',
        message:
          'spec.request: the CSR has neither a subject nor an alternative name. Give the Certificate a commonName, dnsNames, ipAddresses, uris or emailAddresses.',
      },
    ],
    [
      'a common name of 65 characters',
      async () => signingRequest(await makeCsr('P-256', { subject: [{ CN: ['公'.repeat(65)] }] })),
      {
        reason: 'SubjectNotSupported',
        field: 'spec.request',
        message: "spec.request: in the CSR's subject, CN has 65 characters, X.520 allows 64; shorten it.",
      },
    ],
    [
      'a subject of the issuer that X.520 forbids',
      async () => signingRequest(await makeCsr('P-256', { subject })),
      {
        reason: 'InvalidIssuerSettings',
        field: 'spec.createCustomCertificate.subject of the issuer',
        message: 'spec.createCustomCertificate.subject of the issuer: C has 3 characters, X.520 allows 2; shorten it.',
      },
      { createCustomCertificate: { subject: { country: 'CHN' } } },
    ],
    [
      'a duration beyond the CA',
      async () => signingRequest(await makeCsr('P-256', { subject }), { duration: '876000h' }),
      {
        reason: 'DurationTooLong',
        field: 'spec.duration',
        message:
          'spec.duration: 876000h0m0s from now lies beyond the end of CA "1ed4068c-6f1b-6deb-8e32-3f8439a851cb" (notAfter 2037-12-29T00:00:00Z). The longest duration possible now is 97286h0m0s: ask for less, or renew the CA.',
      },
    ],
    [
      'a duration above maxDuration',
      async () => signingRequest(await makeCsr('P-256', { subject }), { duration: '2h' }),
      {
        reason: 'DurationTooLong',
        field: 'spec.duration',
        message:
          'spec.duration: 2h0m0s is longer than the issuer allows (spec.validity.maxDuration 1h30m0s). Ask for at most 1h30m0s.',
      },
      { validity: { backdate: '0s', onExceed: 'Refuse', maxDuration: '90m' } },
    ],
    [
      'a duration below minDuration',
      async () => signingRequest(await makeCsr('P-256', { subject }), { duration: '2h' }),
      {
        reason: 'DurationTooShort',
        field: 'spec.duration',
        message:
          'spec.duration: 2h0m0s is shorter than the issuer allows (spec.validity.minDuration 24h0m0s). Ask for at least 24h0m0s.',
      },
      { validity: { backdate: '0s', onExceed: 'Refuse', minDuration: '24h' } },
    ],
    [
      'a duration above what the CA may give',
      async () => signingRequest(await makeCsr('P-256', { subject }), { duration: '24h1s' }),
      {
        reason: 'DurationTooLong',
        field: 'spec.duration',
        message:
          'spec.duration: 24h0m1s is longer than CA "1ed4068c-6f1b-6deb-8e32-3f8439a851cb" may give (CertMaxTime 24h0m0s). Ask for at most 24h0m0s.',
      },
      undefined,
      { ...ecc, maxValiditySeconds: 86_400 },
    ],
    [
      'limits of the issuer that are no durations',
      async () => signingRequest(await makeCsr('P-256', { subject })),
      {
        reason: 'InvalidIssuerSettings',
        field: 'spec.validity.backdate of the issuer',
        message:
          'spec.validity.backdate of the issuer: "soon" is not a duration; write hours, minutes and seconds, such as 2160h or 1h30m. Correct it.',
      },
      { validity: { backdate: 'soon', onExceed: 'Refuse' } },
    ],
  ];

  test.each(cases)('%s', async (_, request, refusal, changes = {}, ca = ecc) => {
    const spec = issuerSpec(changes);
    expect(planIssuing({ request: await request(), spec, ca, clusterUid, now })).toEqual({ kind: 'refused', refusal });
  });

  test("the administrator's limit holds whatever the issuer says, and the shorter of the two is told", async () => {
    const csr = await makeCsr('P-256', { subject });
    const ruleLimit = { seconds: 86_400, rule: 'teams', contact: '#pki' };
    const plannedFor = (duration: string, validity: object) =>
      planIssuing({
        request: signingRequest(csr, { duration }),
        spec: issuerSpec({ validity: { backdate: '0s', onExceed: 'Refuse', ...validity } }),
        ca: ecc,
        clusterUid,
        now,
        ruleLimit,
      });
    const of = (duration: string, validity: object = {}): unknown => {
      const planned = plannedFor(duration, validity);
      return planned.kind === 'refused' ? planned.refusal.message : planned.plan.clamped;
    };
    expect([of('24h'), of('25h'), of('25h', { maxDuration: '1h' }), of('25h', { onExceed: 'Clamp' })]).toEqual([
      undefined,
      `spec.duration: 25h0m0s is longer than the administrator's rule "teams" allows to the issuer (maxDuration 24h0m0s). Ask for at most 24h0m0s, or ask for another rule. Contact: #pki`,
      'spec.duration: 25h0m0s is longer than the issuer allows (spec.validity.maxDuration 1h0m0s). Ask for at most 1h0m0s.',
      {
        askedSeconds: 90_000,
        givenSeconds: 86_400,
        backdatedSeconds: 0,
        because: `maxDuration 24h0m0s of the administrator's rule "teams"`,
      },
    ]);
  });

  test('the longest duration that a refusal names is accepted, a second more is not', async () => {
    const csr = await makeCsr('P-256', { subject });
    const ends = { ...ecc, notAfter: new Date('2026-11-23T11:00:00.900Z') };
    const kind = (duration: string) =>
      planIssuing({ request: signingRequest(csr, { duration }), spec: issuerSpec(), ca: ends, clusterUid, now }).kind;
    expect([kind('1h'), kind('1h0m1s')]).toEqual(['planned', 'refused']);
  });
});

test('any request that is accepted can be read back from its parameters', async () => {
  const label = fc.stringMatching(/^[a-z][a-z0-9]{0,12}$/);
  const name = fc.oneof(
    label.map((value) => ({ kind: 'dns' as const, value: `${value}.example` })),
    fc.ipV4().map((value) => ({ kind: 'ip' as const, value })),
    label.map((value) => ({ kind: 'email' as const, value: `${value}@a.example` })),
    label.map((value) => ({ kind: 'uri' as const, value: `spiffe://a.example/${value}` })),
  );
  const usages = fc.uniqueArray(fc.constantFrom('digital signature', 'key encipherment', 'server auth', 'ipsec user'), {
    minLength: 1,
  });
  const seconds = fc.integer({ min: 1, max: 10 * 365 * 86_400 });
  await fc.assert(
    fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 8 }), usages, seconds, async (list, words, duration) => {
      const { call, expected } = await planned({ names: list }, { usages: words, duration: `${duration}s` });
      const values = (pattern: RegExp) =>
        Object.entries(call.parameters)
          .filter(([key]) => pattern.test(key))
          .map(([, value]) => value);
      const kinds = { dNSName: 'dns', iPAddress: 'ip', rfc822Name: 'email', uniformResourceIdentifier: 'uri' } as const;
      const types = values(/SubjectAlternativeNames\.\d+\.Type$/);
      const readBack = values(/SubjectAlternativeNames\.\d+\.Value$/).map((value, index) => ({
        kind: kinds[types[index] as keyof typeof kinds],
        value,
      }));
      expect(readBack).toEqual(list);
      expect(values(/KeyUsage\.|ExtendedKeyUsages\./)).toHaveLength(words.length);
      const [notBefore = '', notAfter = ''] = (call.parameters['Validity'] ?? '').split('/');
      expect((Date.parse(notAfter) - Date.parse(notBefore)) / 1000).toBe(duration);
      expect([new Date(notBefore), new Date(notAfter)]).toEqual([expected.notBefore, expected.notAfter]);
    }),
    { numRuns: 150, seed: 3 },
  );
});
