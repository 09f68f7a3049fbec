// Every CEL rule, enum and bound of the issuers' spec, on a real API server: what passes, and in which words it refuses.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, it } from 'vitest';

import { apiGroup, issuerKinds } from '../../src/crds/issuer.ts';
import { issuerSpecSchema } from '../../src/crds/issuer-schema/spec.ts';
import type { Schema } from '../../src/crds/schema.ts';
import { comparable } from '../support/refusals.ts';
import { testCluster } from '../support/test-cluster.ts';
import { until } from '../support/wait.ts';
import { issuers, unchecked, withField, admit } from './issuer-admission.ts';
import { lifetime, ruleRows } from './issuer-rules.ts';

const cluster = await testCluster();

beforeAll(async () => {
  for (const { plural } of issuerKinds) {
    const file = new URL(`../../deploy/crds/${apiGroup}_${plural}.yaml`, import.meta.url);
    await cluster.apply(readFileSync(fileURLToPath(file), 'utf8'));
  }
  await until('the issuers are served', async () => (await cluster.api.send('GET', issuers)).status === 200);
});

const undecodable = (field: string): string =>
  `AlibabaPCAIssuer in version "v1alpha1" cannot be handled as a AlibabaPCAIssuer: strict decoding error: unknown field "${field}"`;

describe('CEL rules', () => {
  it('are all tried below', () => {
    expect(ruleRows.map(({ message }) => message).toSorted()).toEqual(messages(issuerSpecSchema).toSorted());
  });

  it.each(ruleRows)('spec.$path: $message', async ({ path, at, beside, passing, failing, message }) => {
    const expected: Record<string, unknown> = {};
    const found: Record<string, unknown> = {};
    for (const value of passing) {
      const key = JSON.stringify(value);
      const answer = await admit(cluster.api, { ...withField(path, value), ...beside });
      expected[key] = 'admitted';
      found[key] = typeof answer === 'string' ? answer : 'admitted';
    }
    for (const value of failing) {
      const key = JSON.stringify(value);
      expected[key] = comparable(
        `${at ?? `spec.${refusedPath(path)}`}: Invalid value: ${refusedValue(value)}${message}`,
      );
      found[key] = await admit(cluster.api, { ...withField(path, value), ...beside });
    }
    expect(found).toEqual(expected);
  });

  it('leave a badly written duration to the rule of its own field', async () => {
    expect(await admit(cluster.api, withField('validity', { minDuration: '90d', maxDuration: '1h' }))).toBe(
      comparable(`spec.validity.minDuration: Invalid value: "90d": ${lifetime}`),
    );
  });
});

const refusedPath = (path: string): string =>
  path.endsWith('customAttributes') ? `${path}[0].objectIdentifier` : path.replace('.0.', '[0].');

// The API server shows a text that it refuses, and nothing of an object.
function refusedValue(value: unknown): string {
  if (Array.isArray(value)) return refusedValue((value[0] as { readonly objectIdentifier: string }).objectIdentifier);
  return typeof value === 'string' ? `${JSON.stringify(value)}: ` : '';
}

function messages(schema: Schema): readonly string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message);
  if (schema.type === 'object') return [...own, ...Object.values(schema.properties).flatMap(messages)];
  return schema.type === 'array' ? [...own, ...messages(schema.items)] : own;
}

describe('other limits', () => {
  const tags = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ key: `k${String(index)}`, value: '' }));

  it.each([
    [
      'an operation that does not issue',
      'operation',
      'CreateRevokeClientCertificate',
      unchecked(
        'spec.operation: Unsupported value: "CreateRevokeClientCertificate": supported values: "CreateCustomCertificate", "CreateCertificateWithExtension", "CreateServerCertificateWithCsr", "CreateClientCertificateWithCsr", "CreateWHClientCertificate"',
      ),
    ],
    [
      'another protocol',
      'endpoint.protocol',
      'FTP',
      unchecked('spec.endpoint.protocol: Unsupported value: "FTP": supported values: "HTTPS", "HTTP"'),
    ],
    [
      'another source of trust',
      'trust.source',
      'Leaf',
      unchecked(
        'spec.trust.source: Unsupported value: "Leaf": supported values: "Root", "IssuingCA", "AllActiveRoots", "Static"',
      ),
    ],
    [
      'an extension that PCA does not know',
      'createCustomCertificate.criticals',
      ['BasicConstraints'],
      unchecked(
        'spec.createCustomCertificate.criticals[0]: Unsupported value: "BasicConstraints": supported values: "KeyUsage", "ExtendedKeyUsages", "SubjectAlternativeNames"',
      ),
    ],
    [
      'an extension named twice',
      'createCustomCertificate.criticals',
      ['KeyUsage', 'KeyUsage'],
      'spec.createCustomCertificate.criticals[1]: Duplicate value: "KeyUsage"',
    ],
    [
      'a tag given twice',
      'createCustomCertificate.tags',
      [...tags(1), ...tags(1)],
      'spec.createCustomCertificate.tags[1]: Duplicate value: {"key":"k0"}',
    ],
    [
      'more than 20 tags',
      'createCustomCertificate.tags',
      tags(21),
      unchecked('spec.createCustomCertificate.tags: Too many: 21: must have at most 20 items'),
    ],
    [
      'a role without an ARN',
      'credentials',
      { assumeRole: { secretRef: { name: 'key' } } },
      unchecked('spec.credentials.assumeRole.roleArn: Required value'),
    ],
    [
      'a session that is too short',
      'credentials.rrsa.durationSeconds',
      899,
      'spec.credentials.rrsa.durationSeconds: Invalid value: 899: spec.credentials.rrsa.durationSeconds in body should be greater than or equal to 900',
    ],
    [
      'a session that is too long',
      'credentials.rrsa.durationSeconds',
      43_201,
      'spec.credentials.rrsa.durationSeconds: Invalid value: 43201: spec.credentials.rrsa.durationSeconds in body should be less than or equal to 43200',
    ],
    [
      'a Secret without a name',
      'credentials.secretRef',
      {},
      unchecked('spec.credentials.secretRef.name: Required value'),
    ],
    ['a misspelt field', 'validity.maxDuraton', '1h', undecodable('spec.validity.maxDuraton')],
    [
      'another answer to a lifetime that is too long',
      'validity.onExceed',
      'Ignore',
      unchecked('spec.validity.onExceed: Unsupported value: "Ignore": supported values: "Refuse", "Clamp"'),
    ],
    [
      'another verification',
      'verification.names',
      'Ignore',
      unchecked('spec.verification.names: Unsupported value: "Ignore": supported values: "Enforce", "Allow"'),
    ],
    [
      'another fate of names',
      'externalCA',
      { instanceIds: ['a'], names: 'Allow' },
      unchecked('spec.externalCA.names: Unsupported value: "Allow": supported values: "Refuse", "Drop"'),
    ],
    [
      'another revocation policy',
      'revocationPolicy',
      'Always',
      unchecked('spec.revocationPolicy: Unsupported value: "Always": supported values: "Never", "RequestGone"'),
    ],
    [
      'another profile',
      'createCertificateWithExtension.certType',
      'CA',
      unchecked(
        'spec.createCertificateWithExtension.certType: Unsupported value: "CA": supported values: "SERVER", "CLIENT"',
      ),
    ],
    [
      'another end of patience',
      'patience.onExceeded',
      'Retry',
      unchecked('spec.patience.onExceeded: Unsupported value: "Retry": supported values: "Report", "Fail"'),
    ],
    [
      'a limit of nothing',
      'issuanceLimits.certificatesPerHour',
      0,
      'spec.issuanceLimits.certificatesPerHour: Invalid value: 0: spec.issuanceLimits.certificatesPerHour in body should be greater than or equal to 1',
    ],
    [
      'external CAs without an instance',
      'externalCA',
      { instanceIds: [] },
      'spec.externalCA.instanceIds: Invalid value: 0: spec.externalCA.instanceIds in body should have at least 1 items',
    ],
    [
      'an instance named twice',
      'externalCA',
      { instanceIds: ['a', 'a'] },
      'spec.externalCA.instanceIds[1]: Duplicate value: "a"',
    ],
    [
      'a path longer than any',
      'externalCA',
      { instanceIds: ['a'], pathLength: 11 },
      'spec.externalCA.pathLength: Invalid value: 11: spec.externalCA.pathLength in body should be less than or equal to 10',
    ],
  ] as const)('refuse %s', async (_, path, value, message) => {
    expect(await admit(cluster.api, withField(path, value))).toBe(comparable(message));
  });

  it.each([
    ['20 tags', 'createCustomCertificate.tags', tags(20)],
    [
      'all extensions',
      'createCustomCertificate.criticals',
      ['KeyUsage', 'ExtendedKeyUsages', 'SubjectAlternativeNames'],
    ],
    [
      'an attribute given twice',
      'createCustomCertificate.subject.customAttributes',
      [
        { objectIdentifier: '2.5.4.11', value: 'a' },
        { objectIdentifier: '2.5.4.11', value: 'b' },
      ],
    ],
  ] as const)('admit %s', async (_, path, value) => {
    expect(await admit(cluster.api, withField(path, value))).toBeTypeOf('object');
  });

  it('refuse a spec without its required fields', async () => {
    expect(await admit(cluster.api, {})).toBe(
      unchecked('spec.parentIdentifier: Required value, spec.credentials: Required value'),
    );
  });
});
