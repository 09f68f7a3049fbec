// An attribute of a subject without a value, such as the `O=` in every request that Istio makes, is no attribute: in what is
// sent, in what is asked for, and in the certificate that comes.
import { describe, expect, test } from 'vitest';
import type { IssuerSpec } from '../../../src/crds/issuer.ts';
import { verifyIssued } from '../../../src/issuing/issued-certificate.ts';
import { issuingOperations } from '../../../src/issuing/operations/index.ts';
import { planIssuing } from '../../../src/issuing/plan.ts';
import { Extension, makeCA, makeHierarchy } from '../../support/certificates.ts';
import { extension, oddRequest, oid, pemOf, sequence, tlv } from '../../support/der.ts';
import { clusterUid, fulfil, issuerSpec, issuingCA, now, plan, reply, signingRequest } from '../../support/issuing.ts';

type Operation = IssuerSpec['operation'];
type Attribute = readonly [type: string, value: string];

const [CN, O, OU] = ['550403', '55040a', '55040b'];
/** A Name of these relative names, each of any number of attributes. */
const nameOf = (...relativeNames: readonly (readonly Attribute[])[]): Buffer =>
  sequence(
    ...relativeNames.map((members) =>
      tlv(0x31, ...members.map(([type, value]) => sequence(oid(type), tlv(0x13, Buffer.from(value))))),
    ),
  );

const none = [nameOf(), nameOf([[O, '']]), nameOf([]), nameOf([[O, '']], [[CN, '']], [])] as const;
const named = [
  nameOf([[CN, 'a.example']], [[OU, 'Unit']]),
  nameOf([[O, '']], [[CN, 'a.example']], [[OU, 'Unit']]),
  nameOf([[CN, 'a.example']], [[O, '']], [], [[OU, 'Unit']]),
  nameOf(
    [
      [CN, 'a.example'],
      [O, ''],
    ],
    [[OU, 'Unit']],
  ),
  nameOf([[CN, 'a.example']], [[OU, 'Unit']], [[OU, '']]),
] as const;

const dns = extension('551d11', sequence(tlv(0x82, Buffer.from('a.example'))));
const hierarchy = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));
const ca = issuingCA(hierarchy);
const operations = Object.keys(issuingOperations) as Operation[];
const purpose = (operation: Operation): string => (/Client/.test(operation) ? 'client auth' : 'server auth');

const requestOf = (subject: Buffer, operation: Operation, extensions: readonly Buffer[] = [dns]) =>
  signingRequest(pemOf(oddRequest({ subject, extensions }), 'CERTIFICATE REQUEST'), {
    usages: ['digital signature', 'key encipherment', purpose(operation)],
  });

const caRequest = (subject: Buffer, extensions: readonly Buffer[] = []) =>
  signingRequest(pemOf(oddRequest({ subject, extensions }), 'CERTIFICATE REQUEST'), {
    isCA: true,
    usages: ['cert sign'],
  });
const caSpec = issuerSpec({ externalCA: { instanceIds: ['cas_deposit-cn-1'], pathLength: 0, names: 'Refuse' } });

describe.each([
  ['nothing but attributes without a value', none],
  ['some of them among others', named],
] as const)('a subject of %s', (_, subjects) => {
  test.each(operations)('is sent by %s as if they were not there', (operation) => {
    const spec = issuerSpec({ operation });
    const calls = subjects.map((subject) => {
      const { Csr, CsrPemString, ...rest } = plan(requestOf(subject, operation), ca, spec).call.parameters;
      return { hasCsr: Csr !== undefined || CsrPemString !== undefined, ...rest };
    });
    expect(calls).toEqual(calls.map(() => calls[0]));
    expect(Object.values(calls[0] ?? {})).not.toContain('');
  });

  test.each(operations)('of %s may be so in the certificate or not', async (operation) => {
    const results: string[] = [];
    for (const asked of subjects) {
      const planned = plan(requestOf(asked, operation), ca, issuerSpec({ operation }));
      for (const subject of subjects) {
        const certificate = await fulfil(planned, hierarchy.issuing, { subject });
        const result = verifyIssued({ plan: planned, reply: reply(certificate), ca, trust: 'Root', now });
        results.push(result.kind === 'verified' ? JSON.stringify(result.certificate.differences) : result.message);
      }
    }
    expect(new Set(results)).toEqual(new Set(['[]']));
  });
});

test('alternative names stand in for a subject of empty values, so they are critical', () => {
  const critical = 'ApiPassthrough.Extensions.Criticals.1';
  const criticals = [none[1], named[1]].map(
    (subject) => plan(requestOf(subject, 'CreateCustomCertificate'), ca).call.parameters[critical],
  );
  expect(criticals).toEqual(['SubjectAlternativeNames', undefined]);
});

test('a default of the issuer takes the place of an attribute without a value', () => {
  const operation = 'CreateClientCertificateWithCsr';
  const spec = issuerSpec({
    operation,
    [`createClientCertificateWithCsr`]: { subjectDefaults: { organization: 'Org' } },
  });
  const { call, expected } = plan(requestOf(named[1], operation), ca, spec);
  expect(call.parameters['Organization']).toBe('Org');
  expect(expected.subject).toMatchObject({ mayAdd: ['2.5.4.8', '2.5.4.7'] });
});

test.each(operations)('%s refuses a request with neither a name nor a value in its subject', (operation) => {
  const request = requestOf(none[1], operation, []);
  expect(planIssuing({ request, spec: issuerSpec({ operation }), ca, clusterUid, now })).toMatchObject({
    refusal: { reason: 'NoName' },
  });
});

describe('a CA certificate', () => {
  test('is asked for, and may come, as if they were not there', async () => {
    const planned = plan(caRequest(named[1]), ca, caSpec);
    const results = await Promise.all(
      named.map(async (subject) => {
        const content = { keyUsages: ['keyCertSign'], isCA: true, pathLength: 0 };
        const certificate = await fulfil(planned, hierarchy.root, { subject, content });
        return verifyIssued({ plan: planned, reply: reply(certificate), ca, trust: 'Root', now }).kind;
      }),
    );
    expect(results).toEqual(named.map(() => 'verified'));
  });

  test('needs a subject with a value', () => {
    const spec = { ...caSpec, verification: { ...caSpec.verification, names: 'Allow' as const } };
    expect(planIssuing({ request: caRequest(none[1], [dns]), spec, ca, clusterUid, now })).toMatchObject({
      refusal: { reason: 'NoName', message: expect.stringContaining('a CA certificate needs a subject') as string },
    });
  });
});

describe('nothing else is taken as equal', () => {
  const spaced = nameOf([[O, ' ']], [[CN, 'a.example']], [[OU, 'Unit']]);
  test.each<[string, Buffer, Buffer]>([
    ['an order', named[1], nameOf([[OU, 'Unit']], [[O, '']], [[CN, 'a.example']])],
    ['a value that is missing', nameOf([[O, 'Org']], [[CN, 'a.example']]), nameOf([[O, '']], [[CN, 'a.example']])],
    ['a value that was not asked for', named[1], nameOf([[O, 'Org']], [[CN, 'a.example']], [[OU, 'Unit']])],
    ['a blank for a value', named[1], spaced],
    ['no subject', named[1], none[1]],
    ['a subject where none was asked for', none[1], named[1]],
    [
      'a grouping',
      named[1],
      nameOf([
        [CN, 'a.example'],
        [O, ''],
        [OU, 'Unit'],
      ]),
    ],
  ])('%s', async (_, asked, subject) => {
    const planned = plan(requestOf(asked, 'CreateCustomCertificate'), ca);
    const certificate = await fulfil(planned, hierarchy.issuing, { subject });
    expect(verifyIssued({ plan: planned, reply: reply(certificate), ca, trust: 'Root', now })).toMatchObject({
      reason: 'SubjectMismatch',
    });
  });

  test('a value that the service may not add', async () => {
    const operation = 'CreateClientCertificateWithCsr';
    const planned = plan(requestOf(named[1], operation), ca, issuerSpec({ operation }));
    const subject = nameOf([[CN, 'a.example']], [[CN, 'b.example']], [[OU, 'Unit']]);
    const certificate = await fulfil(planned, hierarchy.issuing, { subject });
    expect(verifyIssued({ plan: planned, reply: reply(certificate), ca, trust: 'Root', now })).toMatchObject({
      reason: 'SubjectMismatch',
    });
  });
});

test('what clients would refuse is not paid for, whether PCA copies them or not', async () => {
  const from = new Date('2026-01-01T00:00:00Z');
  const until = new Date('2036-01-01T00:00:00Z');
  const below = sequence(tlv(0xa0, sequence(tlv(0xa4, nameOf([[CN, 'a.example']])))));
  const extensions = [new Extension('2.5.29.30', true, below)];
  const issuing = await makeCA('P-256', { name: 'Constrained', from, until, extensions }, hierarchy.root);
  const constrained = issuingCA({ root: hierarchy.root, issuing });
  const reasons = [named[0], named[1], named[2], none[0], none[1]].map((subject) => {
    const request = requestOf(subject, 'CreateCustomCertificate');
    const planned = planIssuing({ request, spec: issuerSpec(), ca: constrained, clusterUid, now });
    return planned.kind === 'refused' ? planned.refusal.reason : planned.kind;
  });
  expect(reasons).toEqual(['planned', 'NameForbiddenByCA', 'planned', 'planned', 'NameForbiddenByCA']);
});
