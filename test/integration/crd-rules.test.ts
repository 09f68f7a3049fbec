// Every CEL rule, enum and bound of the issuers' spec, on a real API server: what passes, and in which words it refuses.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, it } from 'vitest';

import { apiGroup, issuerKinds } from '../../src/crds/issuer.ts';
import { issuerSpecSchema } from '../../src/crds/issuer-spec-schema.ts';
import type { Schema } from '../../src/crds/schema.ts';
import { testCluster } from '../support/test-cluster.ts';
import { until } from '../support/wait.ts';
import { admit, issuers, unchecked, withField } from './issuer-admission.ts';

const cluster = testCluster();

beforeAll(async () => {
  for (const { plural } of issuerKinds) {
    const file = new URL(`../../deploy/crds/${apiGroup}_${plural}.yaml`, import.meta.url);
    await cluster.install(readFileSync(fileURLToPath(file), 'utf8'));
  }
  await until('the issuers are served', async () => (await cluster.api.send('GET', issuers)).status === 200);
});

const undecodable = (field: string): string =>
  `AlibabaPCAIssuer in version "v1alpha1" cannot be handled as a AlibabaPCAIssuer: strict decoding error: unknown field "${field}"`;

const certificate = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
const lifetime = 'must be a duration above zero in hours, minutes and seconds, such as 2160h or 1h30m';
const secretKey = 'must be a key of a Secret: letters, digits, -, _ and .';

interface RuleRow {
  readonly path: string;
  readonly passing: readonly unknown[];
  readonly failing: readonly unknown[];
  readonly message: string;
}

const ruleRows: readonly RuleRow[] = [
  {
    path: 'parentIdentifier',
    passing: ['1ed4-ca', 'A.b_c'],
    failing: ['', ' a', 'a/b', '-a'],
    message: 'must be the identifier of a subordinate CA: letters, digits, -, _ and .',
  },
  {
    path: 'region',
    passing: ['cn-hangzhou', 'ap-southeast-1', 'cn-beijing-finance-1'],
    failing: ['', 'cn', 'CN-HANGZHOU', 'cn-hangzhou.aliyuncs.com'],
    message: 'must be the ID of a region, such as cn-hangzhou or ap-southeast-1',
  },
  {
    path: 'endpoint.host',
    passing: ['cas-vpc.cn-hangzhou.aliyuncs.com', '127.0.0.1:40123', '[::1]:8443', 'pca'],
    failing: ['', 'https://cas.aliyuncs.com', 'cas.aliyuncs.com/', 'a b', 'a:', 'a:123456', '.a'],
    message: 'must be a host name with an optional port, without https:// and without a path',
  },
  {
    path: 'endpoint.caBundle',
    passing: [certificate, `# a comment\n${certificate}${certificate}`],
    failing: ['', 'AA=='],
    message: 'must hold at least one PEM certificate',
  },
  {
    path: 'endpoint.caBundle',
    passing: [certificate],
    failing: [`${certificate}-----BEGIN PRIVATE KEY-----\n`, `${certificate}-----BEGIN RSA PRIVATE KEY-----\n`],
    message: 'holds a private key; only certificates belong here',
  },
  {
    path: 'endpoint',
    passing: [{ protocol: 'HTTP' }, { protocol: 'HTTPS', caBundle: certificate }, { caBundle: certificate }],
    failing: [{ protocol: 'HTTP', caBundle: certificate }],
    message: 'caBundle has no effect with protocol HTTP; remove it or use HTTPS',
  },
  {
    path: 'createCustomCertificate.resourceGroupId',
    passing: ['rg-acfmxazb4ph6aiy'],
    failing: ['', 'acfm', 'rg-', 'rg-a b'],
    message: 'must be the ID of a resource group, starting with rg-',
  },
  {
    path: 'createCustomCertificate.subject',
    passing: [
      { country: 'CN' },
      { state: 'a' },
      { locality: 'a' },
      { organization: 'a' },
      { organizationUnit: 'a' },
      { commonName: 'a' },
      { customAttributes: [{ objectIdentifier: '2.5.4.11', value: 'a' }] },
    ],
    failing: [{}],
    message: "must have at least one field; leave subject out to use the request's own",
  },
  {
    path: 'createCustomCertificate.subject.country',
    passing: ['CN'],
    failing: ['', 'C', 'cn', 'C1'],
    message: 'must be a country code of two capital letters, such as CN',
  },
  {
    path: 'createCustomCertificate.subject.customAttributes',
    passing: [
      [{ objectIdentifier: '2.5.4.11', value: 'a' }],
      [{ objectIdentifier: '1.3.6.1.4.1.37244.1.1', value: 'a' }],
    ],
    failing: ['', '2', '3.1', '2.5.', '2.05.4', 'OU'].map((objectIdentifier) => [{ objectIdentifier, value: 'a' }]),
    message: 'must be a dotted object identifier, such as 2.5.4.11',
  },
  {
    path: 'validity.maxDuration',
    passing: ['1s', '90m', '2160h0m0s', '999999h999999m999999s'],
    failing: ['', '0s', '0h0m', '90d', '1.5h', '-1h', '1m1h', '1000000h', '100ms', '1H'],
    message: lifetime,
  },
  {
    path: 'validity.minDuration',
    passing: ['1h'],
    failing: ['', '0s', '1d', '1h 1m'],
    message: lifetime,
  },
  {
    path: 'validity.backdate',
    passing: ['0s', '5m', '24h', '1h30m'],
    failing: ['1d', '24h1s', '-5m', '5M'],
    message: 'must be a duration in hours, minutes and seconds of at most 24h, such as 5m',
  },
  {
    path: 'validity',
    passing: [
      { minDuration: '1h', maxDuration: '1h' },
      { minDuration: '90m', maxDuration: '2h' },
      { minDuration: '999999h' },
      { maxDuration: '1s' },
    ],
    failing: [{ minDuration: '61m', maxDuration: '1h' }],
    message: 'minDuration must not exceed maxDuration',
  },
  {
    path: 'credentials.secretRef.name',
    passing: ['key', 'a.b-c.d1'],
    failing: ['', 'Key', 'a_b', '-a', 'a.', 'ns/key'],
    message: 'must be the name of a Secret: lower-case letters, digits, - and .',
  },
  ...['accessKeyId', 'accessKeySecret', 'securityToken'].map((name) => ({
    path: `credentials.secretRef.keys.${name}`,
    passing: ['AK', 'access-key.id_1'],
    failing: ['', 'a b', 'a/b'],
    message: secretKey,
  })),
];

describe('CEL rules', () => {
  it('are all tried below', () => {
    expect(ruleRows.map(({ message }) => message).toSorted()).toEqual(messages(issuerSpecSchema).toSorted());
  });

  it.each(ruleRows)('spec.$path: $message', async ({ path, passing, failing, message }) => {
    const expected: Record<string, unknown> = {};
    const found: Record<string, unknown> = {};
    for (const value of passing) {
      const key = JSON.stringify(value);
      const answer = await admit(cluster.api, withField(path, value));
      expected[key] = 'admitted';
      found[key] = typeof answer === 'string' ? answer : 'admitted';
    }
    for (const value of failing) {
      const key = JSON.stringify(value);
      expected[key] = `spec.${refusedPath(path)}: Invalid value: ${refusedValue(value)}${message}`;
      found[key] = await admit(cluster.api, withField(path, value));
    }
    expect(found).toEqual(expected);
  });

  it('leave a badly written duration to the rule of its own field', async () => {
    expect(await admit(cluster.api, withField('validity', { minDuration: '90d', maxDuration: '1h' }))).toBe(
      `spec.validity.minDuration: Invalid value: "90d": ${lifetime}`,
    );
  });
});

const refusedPath = (path: string): string =>
  path.endsWith('customAttributes') ? `${path}[0].objectIdentifier` : path;

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
      'an operation that is not there yet',
      'operation',
      'CreateServerCertificateWithCsr',
      unchecked(
        'spec.operation: Unsupported value: "CreateServerCertificateWithCsr": supported values: "CreateCustomCertificate"',
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
      'Static',
      unchecked('spec.trust.source: Unsupported value: "Static": supported values: "Root", "IssuingCA"'),
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
    ['credentials of no kind', 'credentials', {}, unchecked('spec.credentials.secretRef: Required value')],
    [
      'a Secret without a name',
      'credentials.secretRef',
      {},
      unchecked('spec.credentials.secretRef.name: Required value'),
    ],
    ['a misspelt field', 'validity.maxDuraton', '1h', undecodable('spec.validity.maxDuraton')],
    [
      'a field of the design that is not served yet',
      'validity.onExceed',
      'Clamp',
      undecodable('spec.validity.onExceed'),
    ],
  ] as const)('refuse %s', async (_, path, value, message) => {
    expect(await admit(cluster.api, withField(path, value))).toBe(message);
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
