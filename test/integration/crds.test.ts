// Both CRDs on a real API server: that they are accepted, what they default, how kubectl shows them, what a status may be.
// On a control plane of its own: with an operator around, the status would not stay as written.
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ControlPlane } from '../../control-plane/driver/control-plane.ts';
import { issuerKinds } from '../../src/crds/issuer.ts';
import { Cluster, conditionsOf } from '../support/cluster.ts';
import { issuerSpec } from '../support/issuing.ts';
import { hangLimitFlag } from '../support/wait.ts';
import { comparable } from '../support/refusals.ts';
import { admit, issuers, minimal, unchecked, withField } from './issuer-admission.ts';
import type { Answer } from './issuer-admission.ts';

let controlPlane: ControlPlane;
let cluster: Cluster;

beforeAll(async () => {
  controlPlane = await ControlPlane.start({ certManager: false });
  cluster = new Cluster({ kubeconfig: controlPlane.kubeconfig, kubectl: controlPlane.kubectlPath });
  await cluster.kubectl(['apply', '-f', fileURLToPath(new URL('../../deploy/crds', import.meta.url))]);
  await cluster.kubectl([
    'wait',
    '--for=condition=Established',
    hangLimitFlag,
    ...issuerKinds.map(({ plural }) => `crd/${plural}.pca.alibabacloud.com`),
  ]);
});

afterAll(async () => {
  cluster?.close();
  await controlPlane?.stop();
});

describe('definitions', () => {
  it.each(issuerKinds)('$kind has no condition that says the schema is not structural', async ({ plural }) => {
    const definition = await cluster.get({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      name: `${plural}.pca.alibabacloud.com`,
    });
    const conditions = definition === undefined ? [] : conditionsOf(definition);
    expect(Object.fromEntries(conditions.map(({ type, status }) => [type, status]))).toEqual({
      NamesAccepted: 'True',
      Established: 'True',
    });
  });
});

describe('defaults', () => {
  it('fill in everything that the code relies on', async () => {
    const keys = { accessKeyId: 'accessKeyId', accessKeySecret: 'accessKeySecret', securityToken: 'securityToken' };
    const given = { parentIdentifier: '1ef1da5f-38ed', credentials: { secretRef: { name: 'key', keys } } };
    expect(await admit(cluster.api, minimal)).toEqual(issuerSpec(given));
  });

  it('leave what the user wrote', async () => {
    const spec = {
      parentIdentifier: 'ca',
      region: 'ap-southeast-1',
      network: 'VPC',
      endpoint: { host: 'pca.internal:8443', protocol: 'HTTP' },
      operation: 'CreateCustomCertificate',
      createCustomCertificate: {
        enableCrl: true,
        tags: [
          { key: 'a', value: '' },
          { key: 'b', value: '' },
        ],
        resourceGroupId: 'rg-1',
        criticals: ['KeyUsage', 'SubjectAlternativeNames'],
        subject: { country: 'CN', customAttributes: [{ objectIdentifier: '2.5.4.11', value: 'a' }] },
      },
      allowP521: true,
      externalCA: { instanceIds: ['cas_deposit-cn-1', 'cas_deposit-cn-2'], pathLength: 1, names: 'Drop' },
      validity: { minDuration: '1h', maxDuration: '2160h0m0s', backdate: '5m', onExceed: 'Clamp' },
      issuanceLimits: { certificatesPerHour: 100, certificatesPerNamespacePerDay: 50, reissuesPerHour: 0 },
      patience: { duration: '1h', onExceeded: 'Fail' },
      verification: { subject: 'Allow', names: 'Enforce', usages: 'Allow', validity: 'Enforce' },
      revocationPolicy: 'RequestGone',
      trust: { source: 'IssuingCA' },
      credentials: {
        secretRef: { name: 'key', keys: { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' } },
      },
    };
    expect(await admit(cluster.api, spec)).toEqual(spec);
  });

  it('apply where the user wrote null', async () => {
    expect(await admit(cluster.api, withField('region', null))).toEqual(await admit(cluster.api, minimal));
  });
});

describe('kubectl', () => {
  const condition = {
    type: 'Ready',
    status: 'False',
    reason: 'SecretNotFound',
    message: 'Create the Secret.',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
  };
  const other = { ...condition, type: 'Available', status: 'True', reason: 'Other' };

  beforeAll(async () => {
    for (const { kind, plural, scope } of issuerKinds) {
      const metadata = { name: 'shown', ...(scope === 'Namespaced' ? { namespace: 'default' } : {}) };
      const object = { apiVersion: 'pca.alibabacloud.com/v1alpha1', kind, metadata };
      await cluster.apply({ ...object, spec: minimal });
      const base = `/apis/pca.alibabacloud.com/v1alpha1/${scope === 'Namespaced' ? 'namespaces/default/' : ''}`;
      await cluster.api.expect('PUT', `${base}${plural}/shown/status`, {
        ...(await cluster.get({ apiVersion: object.apiVersion, kind, ...metadata })),
        status: {
          observedGeneration: 1,
          conditions: [other, condition],
          ca: {
            subject: 'CN=Sub CA',
            keyAlgorithm: 'ECC',
            issuerType: 'local',
            notAfter: '2036-01-01T00:00:00Z',
            certificatesRemaining: 5,
          },
          trust: {
            bundle: 'PEM',
            certificates: [
              { sha256Fingerprint: 'AB:CD', subject: 'CN=Root', notAfter: '2046-01-01T00:00:00Z' },
              { sha256Fingerprint: 'EF:01', subject: 'CN=Former', notAfter: '2046-01-01T00:00:00Z', former: true },
            ],
          },
        },
      });
    }
  });

  const columns = ['shown', 'False', 'SecretNotFound', 'CreateCustomCertificate', '1ef1da5f-38ed'];

  it.each(issuerKinds.flatMap(({ plural, shortNames }) => [plural, ...shortNames]))(
    'shows the columns of %s',
    async (name) => {
      const shown = await cluster.kubectl(['get', name]);
      const [head = '', row = ''] = shown.trim().split('\n');
      expect(head.split(/\s+/)).toEqual(['NAME', 'READY', 'REASON', 'OPERATION', 'CA', 'AGE']);
      expect(row.split(/\s+/).slice(0, -1)).toEqual(columns);
      expect(row.split(/\s+/).at(-1)).toMatch(/^\d+s$/);
    },
  );

  it('shows subject, root and message in the wide form', async () => {
    const shown = await cluster.kubectl(['get', 'pcai', '-o', 'wide']);
    const [head = '', row = ''] = shown.trim().split('\n');
    expect([head.split(/\s{2,}/), row.split(/\s{2,}/).slice(0, -1)]).toEqual([
      ['NAME', 'READY', 'REASON', 'OPERATION', 'CA', 'EXPIRES', 'LEFT', 'SUBJECT', 'ROOT', 'MESSAGE', 'AGE'],
      [...columns, '2036-01-01T00:00:00Z', '5', 'CN=Sub CA', 'AB:CD', 'Create the Secret.'],
    ]);
  });

  it('lists both kinds in the category cert-manager', async () => {
    expect((await cluster.kubectl(['get', 'cert-manager', '-o', 'name'])).trim().split('\n').toSorted()).toEqual([
      'alibabapcaclusterissuer.pca.alibabacloud.com/shown',
      'alibabapcaissuer.pca.alibabacloud.com/shown',
    ]);
  });

  it('explains a field in the words of the schema', async () => {
    expect(await cluster.kubectl(['explain', 'alibabapcaissuers.spec.region'])).toContain(
      'Region of the PCA instance.',
    );
  });
});

describe('status', () => {
  const path = `${issuers}/with-status`;
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'Ready',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };

  const applyStatus = async (status: object): Promise<string> => {
    const { status: code, body } = await cluster.api.send(
      'PATCH',
      `${path}/status?fieldManager=operator&force=true`,
      JSON.stringify({
        apiVersion: 'pca.alibabacloud.com/v1alpha1',
        kind: 'AlibabaPCAIssuer',
        metadata: { name: 'with-status', namespace: 'default' },
        status,
      }),
      'application/apply-patch+yaml',
    );
    return code === 200
      ? 'applied'
      : comparable(
          ((body as Answer).message ?? '').replace(
            'AlibabaPCAIssuer.pca.alibabacloud.com "with-status" is invalid: ',
            '',
          ),
        );
  };

  beforeAll(async () => {
    await cluster.apply({
      apiVersion: 'pca.alibabacloud.com/v1alpha1',
      kind: 'AlibabaPCAIssuer',
      metadata: { name: 'with-status', namespace: 'default' },
      spec: minimal,
    });
  });

  it.each([
    ['a condition', { conditions: [condition] }, 'applied'],
    ['a condition with a generation', { conditions: [{ ...condition, observedGeneration: 3 }] }, 'applied'],
    [
      'an empty reason',
      { conditions: [{ ...condition, reason: '' }] },
      'status.conditions[0].reason: Invalid value: "": conditions[0].reason in body should be at least 1 chars long',
    ],
    [
      'a reason of two words',
      { conditions: [{ ...condition, reason: 'Not ready' }] },
      `status.conditions[0].reason: Invalid value: "Not ready": conditions[0].reason in body should match '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$'`,
    ],
    [
      'another status',
      { conditions: [{ ...condition, status: 'true' }] },
      unchecked('status.conditions[0].status: Unsupported value: "true": supported values: "True", "False", "Unknown"'),
    ],
    ['no conditions', { observedGeneration: 1 }, unchecked('status.conditions: Required value')],
    [
      'a condition without a time',
      { conditions: [{ ...condition, lastTransitionTime: undefined }] },
      unchecked('status.conditions[0].lastTransitionTime: Required value'),
    ],
  ])('with %s', async (_, status, expected) => {
    expect(await applyStatus(status)).toBe(comparable(expected));
  });

  it('cannot be written with the object itself', async () => {
    const { body } = await cluster.api.send('POST', `${issuers}?dryRun=All`, {
      apiVersion: 'pca.alibabacloud.com/v1alpha1',
      kind: 'AlibabaPCAIssuer',
      metadata: { name: 'new' },
      spec: minimal,
      status: { conditions: [condition] },
    });
    expect(body).toHaveProperty('status', { observedGeneration: -1, conditions: [] });
  });
});
