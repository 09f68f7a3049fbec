import { expect, test } from 'vitest';

import { verifyIssued } from '../../../../src/issuing/issued-certificate.ts';
import {
  instanceStatusCall,
  readExternalCA,
  readInstanceStatus,
} from '../../../../src/issuing/operations/external-ca-certificate.ts';
import type { IssuerSpec } from '../../../../src/crds/issuer.ts';
import { planIssuing } from '../../../../src/issuing/plan.ts';
import type { IssuePlan } from '../../../../src/issuing/plan.ts';
import type { AlternativeName } from '../../../../src/issuing/x509/alternative-name.ts';
import { issue, makeCsr, makeHierarchy } from '../../../support/certificates.ts';
import { clusterUid, issuerSpec, issuingCA, now, plan, reply, signingRequest } from '../../../support/issuing.ts';

const hierarchy = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));
const foreign = await makeHierarchy('RSA-2048', new Date('2026-01-01T00:00:00Z'));
const ca = issuingCA(hierarchy);
const csr = await makeCsr('P-256', {
  subject: [{ CN: ['mesh'] }],
  names: [{ kind: 'dns', value: 'identity.example' }],
  isCA: true,
});
const request = signingRequest(csr, {
  isCA: true,
  duration: '8760h',
  usages: ['cert sign', 'crl sign', 'server auth'],
});
const spec = issuerSpec({
  externalCA: { instanceIds: ['one', 'two'], pathLength: 1, names: 'Drop' },
});

test('the call names the instance, whatever the family and the end of the issuing CA are', () => {
  const planned = planIssuing({ request, spec, ca, clusterUid, now, instanceId: 'two' });
  expect(planned.kind === 'planned' ? planned.plan.call : planned).toEqual({
    action: 'CreateExternalCACertificate',
    version: '2020-06-30',
    parameters: {
      InstanceId: 'two',
      Csr: csr,
      Validity: '2026-11-23T10:00:00Z/2027-11-23T10:00:00Z',
      ApiPassthrough: '{"Extensions":{"ExtendedKeyUsages":["serverAuth"],"PathLenConstraint":1}}',
    },
  });
});

test.each([
  [
    'names, which may be lost',
    csr,
    'NameNotSupported',
    'spec.request: CreateExternalCACertificate has no parameter for alternative names, and PCA does not document whether it uses those of the CSR (DNS identity.example). Ask for a common name and no other names, or set spec.externalCA.names of the issuer to Drop if the CA certificate may lack them.',
  ],
  [
    'no subject',
    await makeCsr('P-256', { isCA: true }),
    'NoName',
    'spec.request: the CSR has neither a subject nor an alternative name. Give the Certificate a commonName, dnsNames, ipAddresses, uris or emailAddresses.',
  ],
])('a request with %s costs no instance', (_, pem, reason, message) => {
  const planned = planIssuing({
    request: signingRequest(pem, { isCA: true, usages: ['cert sign'] }),
    spec: issuerSpec({ externalCA: { instanceIds: ['one'], names: 'Refuse' } }),
    ca,
    clusterUid,
    now,
  });
  expect(planned.kind === 'refused' ? planned.refusal.reason : planned).toBe(reason);
  expect(planned.kind === 'refused' ? planned.refusal.message : '').toBe(message);
});

test('names that may be dropped are those of CA certificates alone', async () => {
  const names: readonly AlternativeName[] = [{ kind: 'uri', value: 'spiffe://example.org' }];
  const asked = await makeCsr('P-256', { subject: [{ CN: ['mesh'] }], names });
  const ofCA = plan(signingRequest(asked, { isCA: true, usages: ['cert sign'] }), ca, spec);
  const ofLeaf = plan(signingRequest(asked), ca, spec);
  const expectations = [ofCA, ofLeaf].map(({ expected }) => [expected.names, expected.mayLack]);
  expect(expectations).toEqual([
    [[], names],
    [names, []],
  ]);
});

test.each<[string, IssuerSpec['verification']['names'], readonly AlternativeName[], unknown]>([
  ['all of them', 'Enforce', [{ kind: 'dns', value: 'identity.example' }], []],
  ['none', 'Enforce', [], ['PCA dropped DNS identity.example: spec.externalCA.names of the issuer is Drop.']],
  [
    'others',
    'Enforce',
    [{ kind: 'dns', value: 'other.example' }],
    {
      kind: 'mismatch',
      reason: 'AlternativeNamesMismatch',
      message: 'it has DNS other.example, which was not asked for.',
    },
  ],
  [
    'others, as the issuer accepts',
    'Allow',
    [{ kind: 'dns', value: 'other.example' }],
    [
      'PCA dropped DNS identity.example: spec.externalCA.names of the issuer is Drop.',
      'Accepted because spec.verification.names of the issuer is Allow: it has DNS other.example, which was not asked for.',
    ],
  ],
])('of the names that may be dropped a CA certificate may have %s', async (_, verification, names, found) => {
  const planned = plan(request, ca, { ...spec, verification: { ...spec.verification, names: verification } });
  const result = verifyIssued({
    plan: planned,
    reply: reply(await certificateFor(planned, { names }), foreign.issuing.pem, foreign.root.pem),
    ca,
    trust: 'Root',
    now,
  });
  expect(result.kind === 'verified' ? result.certificate.differences : result).toEqual(found);
});

test('other requests of the same issuer go through its operation', async () => {
  const leaf = signingRequest(await makeCsr('P-256', { subject: [{ CN: ['a'] }] }));
  expect(plan(leaf, ca, spec).call.action).toBe('CreateCustomCertificate');
});

test.each<[string, unknown, object]>([
  [
    'free',
    {
      InstanceStatusList: [
        { InstanceId: 'x', Status: 'USED' },
        { InstanceId: 'one', Status: 'BUY' },
      ],
    },
    { kind: 'free' },
  ],
  [
    'used',
    { InstanceStatusList: [{ InstanceId: 'one', Status: 'USED', Identifier: 'ca-1' }] },
    { kind: 'used', identifier: 'ca-1' },
  ],
  ['lost', { InstanceStatusList: [{ InstanceId: 'one', Status: 'REFUND' }] }, { kind: 'lost', status: 'REFUND' }],
  ['lost', { InstanceStatusList: [] }, { kind: 'lost', status: 'unknown to PCA' }],
  ['malformed', {}, { kind: 'malformed', message: 'The answer to GetCAInstanceStatus holds no list of instances.' }],
])('an instance can be %s', (_, body, status) => {
  expect(instanceStatusCall('one')).toEqual({
    action: 'GetCAInstanceStatus',
    version: '2020-06-30',
    parameters: { InstanceId: 'one' },
  });
  expect(readInstanceStatus(body, 'one')).toEqual(status);
});

test('the CA that an instance was used for is read from its description', () => {
  const Certificate = { Identifier: 'ca-1', X509Certificate: 'PEM', CaCertChain: 'CHAIN', SerialNumber: '05' };
  expect(readExternalCA({ Certificate })).toEqual({
    kind: 'issued',
    identifier: 'ca-1',
    certificate: 'PEM',
    chain: ['CHAIN'],
    serialNumber: '05',
  });
});

async function certificateFor({ expected }: IssuePlan, content: object): Promise<string> {
  const { spki, notBefore, notAfter, mayLack: names } = expected;
  return issue(foreign.issuing, {
    spki,
    subject: request.csr.subject.der,
    content: { names, isCA: true, pathLength: 1, keyUsages: ['keyCertSign', 'cRLSign'], ...content },
    notBefore,
    notAfter,
  });
}

async function verdict(content: object, chain = [foreign.issuing.pem, foreign.root.pem]): Promise<unknown> {
  const planned = plan(request, ca, spec);
  const certificate = await certificateFor(planned, content);
  const result = verifyIssued({ plan: planned, reply: reply(certificate, ...chain), ca, trust: 'Root', now });
  return result.kind === 'verified' ? result.certificate.ca : result;
}

test('a CA certificate may come from another CA, if its chain leads to a root, which becomes ca.crt', async () => {
  expect(await verdict({})).toBe(foreign.root.pem);
  expect(await verdict({}, [foreign.issuing.pem])).toEqual({
    kind: 'mismatch',
    reason: 'ChainBroken',
    message: 'its chain does not lead to a root.',
  });
});

test.each([
  ['no CA', { isCA: false, pathLength: undefined }, 'CAFlagMismatch', 'it is no CA certificate.'],
  ['another path length', { pathLength: 0 }, 'PathLengthMismatch', 'its path length is 0; asked for: 1.'],
  ['no path length', { pathLength: undefined }, 'PathLengthMismatch', 'its path length is not limited; asked for: 1.'],
  [
    'no right to sign',
    { keyUsages: ['cRLSign'] },
    'KeyUsageMismatch',
    'its key usages do not let it sign certificates.',
  ],
  [
    'other purposes',
    { extendedKeyUsages: ['1.3.6.1.5.5.7.3.2'] },
    'ExtendedKeyUsageMismatch',
    'it lacks the extended key usages server auth.',
  ],
])('a certificate with %s is refused', async (_, content, reason, message) => {
  expect(await verdict(content)).toEqual({ kind: 'mismatch', reason, message });
});
