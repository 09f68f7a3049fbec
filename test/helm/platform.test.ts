// What platforms ask of a chart: namespaces, labels and annotations, how pods run and are replaced, further objects, rights.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import type { Manifest } from '../support/cluster.ts';
import { buildHelm, buildMs, refusal, render, renderTests } from '../support/helm.ts';

beforeAll(buildHelm, buildMs);

const fullname = 'pca-alibaba-pca-issuer';

interface Deployment {
  readonly template: {
    readonly metadata: { readonly labels: object; readonly annotations?: object };
    readonly spec: Readonly<Record<string, unknown>> & {
      readonly containers: readonly [Readonly<Record<string, unknown>>];
    };
  };
}

function of(manifests: readonly Manifest[], kind: string, name = fullname): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

const deploymentOf = (manifests: readonly Manifest[]): Deployment & Readonly<Record<string, unknown>> =>
  of(manifests, 'Deployment')['spec'] as Deployment & Readonly<Record<string, unknown>>;

/** What a value adds to or changes of some object, at its first level. */
function changes(before: object, after: object): Readonly<Record<string, unknown>> {
  const old = before as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(after).filter(([name, value]) => JSON.stringify(old[name]) !== JSON.stringify(value)),
  );
}

describe('namespaceOverride', () => {
  it('moves every object, and what names the namespace of one', async () => {
    const values = { namespaceOverride: 'pki', metrics: { serviceMonitor: { enabled: true } } };
    const manifests = [...(await render(values)), ...(await renderTests(values))];
    const text = JSON.stringify(manifests);
    expect([...new Set(manifests.map(({ metadata }) => metadata.namespace))]).toEqual(['pki', undefined]);
    expect(text).not.toContain('"issuers"');
    expect(text).toContain('"--deployment=pki/pca-alibaba-pca-issuer"');
  });

  it('is moved by a namespace for Secrets of its own', async () => {
    const roles = (await render({ namespaceOverride: 'pki', clusterResourceNamespace: 'keys' })).filter(
      ({ kind }) => kind === 'Role',
    );
    expect(roles.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).toSorted()).toEqual([
      `keys/${fullname}-secrets`,
      `pki/${fullname}-leader-election`,
    ]);
  });
});

describe('labels and annotations', () => {
  const spec = { parentIdentifier: 'ca', credentials: { rrsa: {} } };
  const everything = {
    clusterIssuers: [{ name: 'a', spec }],
    metrics: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } },
    networkPolicy: { enabled: true },
    issuerRules: { contact: '#pki', rules: [{ name: 'all', namespaces: ['*'] }] },
    secretAccess: { namespaces: ['a'] },
    configMapAccess: { namespaces: ['a'] },
    serviceAccountTokens: { namespaces: ['a'] },
  };

  it('of all objects are on all objects, and the annotations not on pods', async () => {
    const manifests = await render({ ...everything, commonLabels: { l: '1' }, commonAnnotations: { n: '2' } });
    const without = manifests.filter(
      ({ metadata }) => metadata.labels?.['l'] !== '1' || metadata.annotations?.['n'] !== '2',
    );
    expect(without.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
    const { metadata } = deploymentOf(manifests).template;
    expect([metadata.labels, Object.keys(metadata.annotations ?? {})]).toEqual([
      {
        'app.kubernetes.io/name': 'alibaba-pca-issuer',
        'app.kubernetes.io/instance': 'pca',
        'app.kubernetes.io/version': '0.1.0',
        l: '1',
      },
      ['checksum/issuer-rules'],
    ]);
  });

  it("of all objects give way to an object's own, and to those that select pods", async () => {
    const name = 'app.kubernetes.io/name';
    const manifests = await render({
      commonLabels: { [name]: 'other', a: 'common' },
      commonAnnotations: { 'helm.sh/resource-policy': 'delete', a: 'common' },
      deploymentLabels: { a: 'own' },
      deploymentAnnotations: { a: 'own' },
      podLabels: { [name]: 'other', a: 'own' },
    });
    const { labels, annotations } = of(manifests, 'Deployment').metadata;
    const definition = of(manifests, 'CustomResourceDefinition', 'alibabapcaissuers.pca.alibabacloud.com');
    expect([
      labels?.['a'],
      labels?.[name],
      annotations,
      deploymentOf(manifests).template.metadata.labels,
      definition.metadata.annotations,
    ]).toEqual([
      'own',
      'alibaba-pca-issuer',
      { a: 'own', 'helm.sh/resource-policy': 'delete' },
      {
        [name]: 'alibaba-pca-issuer',
        'app.kubernetes.io/instance': 'pca',
        'app.kubernetes.io/version': '0.1.0',
        a: 'own',
      },
      { a: 'common', 'helm.sh/resource-policy': 'keep' },
    ]);
  });
});

describe('the Deployment', () => {
  it.each<[string, object, object]>([
    ['no replica', { replicaCount: 0 }, { replicas: 0 }],
    ['another history', { revisionHistoryLimit: 2 }, { revisionHistoryLimit: 2 }],
    [
      'another strategy',
      { strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '50%' } } },
      { strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '50%' } } },
    ],
  ])('has %s', async (_, values, expected) => {
    expect(changes(deploymentOf(await render()), deploymentOf(await render(values)))).toEqual(expected);
  });

  it('replaces its one pod before the next where nobody is elected', async () => {
    const alone = { leaderElection: { enabled: false }, replicaCount: 1 };
    expect([
      deploymentOf(await render(alone))['strategy'],
      await refusal({ ...alone, strategy: { type: 'RollingUpdate' } }),
    ]).toEqual([{ type: 'Recreate' }, expect.stringContaining('leaderElection.enabled=false needs strategy.type')]);
  });
});

describe('the pods', () => {
  const sidecar = { name: 'beside', image: 'example.com/beside' };

  it.each<[string, object, object]>([
    ["a node's network", { hostNetwork: true }, { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }],
    [
      "a node's network and names",
      { hostNetwork: true, dnsPolicy: 'Default' },
      { hostNetwork: true, dnsPolicy: 'Default' },
    ],
    ['another scheduler', { schedulerName: 'other' }, { schedulerName: 'other' }],
    ['no token', { automountServiceAccountToken: false }, { automountServiceAccountToken: false }],
    ['containers before', { initContainers: [sidecar] }, { initContainers: [sidecar] }],
    [
      'no user of the chart',
      { podSecurityContext: { runAsUser: null, runAsGroup: null } },
      { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } },
    ],
  ])('have %s', async (_, values, expected) => {
    const podOf = (manifests: readonly Manifest[]): object => deploymentOf(manifests).template.spec;
    expect(changes(podOf(await render()), podOf(await render(values)))).toEqual(expected);
  });

  it('have containers beside, after the own one', async () => {
    const { containers } = deploymentOf(await render({ extraContainers: [sidecar] })).template.spec;
    expect([containers.length, containers[0]['name'], containers.at(-1)]).toEqual([2, 'alibaba-pca-issuer', sidecar]);
  });

  it.each<[string, object, object]>([
    [
      'a pause before its end',
      { lifecycle: { preStop: { sleep: { seconds: 5 } } } },
      { lifecycle: { preStop: { sleep: { seconds: 5 } } } },
    ],
    [
      'variables of a ConfigMap',
      { extraEnvFrom: [{ configMapRef: { name: 'a' } }] },
      { envFrom: [{ configMapRef: { name: 'a' } }] },
    ],
    [
      'another probe',
      { probes: { readiness: { initialDelaySeconds: 3, successThreshold: 2 } } },
      {
        readinessProbe: {
          httpGet: { path: '/readyz', port: 'http' },
          initialDelaySeconds: 3,
          periodSeconds: 5,
          timeoutSeconds: 2,
          failureThreshold: 3,
          successThreshold: 2,
        },
      },
    ],
  ])('have %s', async (_, values, expected) => {
    const containerOf = (manifests: readonly Manifest[]): object => deploymentOf(manifests).template.spec.containers[0];
    expect(changes(containerOf(await render()), containerOf(await render(values)))).toEqual(expected);
  });
});

describe('the PodDisruptionBudget', () => {
  const selector = {
    matchLabels: { 'app.kubernetes.io/name': 'alibaba-pca-issuer', 'app.kubernetes.io/instance': 'pca' },
  };

  it.each<[object, object]>([
    [{}, { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' }],
    [{ minAvailable: 0 }, { minAvailable: 0, unhealthyPodEvictionPolicy: 'AlwaysAllow' }],
    [{ minAvailable: '50%', unhealthyPodEvictionPolicy: '' }, { minAvailable: '50%' }],
  ])('%j', async (podDisruptionBudget, expected) => {
    expect(of(await render({ podDisruptionBudget }), 'PodDisruptionBudget')['spec']).toEqual({ ...expected, selector });
  });
});

describe('a PodMonitor', () => {
  it('selects the pods of the release, and needs no Service', async () => {
    const relabelings = [{ action: 'replace', sourceLabels: ['a'], targetLabel: 'b', replacement: '$1' }];
    const metricRelabelings = [{ action: 'drop', sourceLabels: ['__name__'], regex: 'nodejs_.*' }];
    const podMonitor = { enabled: true, interval: '30s', honorLabels: true, relabelings, metricRelabelings };
    const manifests = await render({ metrics: { service: { enabled: false }, podMonitor } });
    const { matchLabels } = (deploymentOf(manifests)['selector'] ?? {}) as { readonly matchLabels?: object };
    const { ports } = deploymentOf(manifests).template.spec.containers[0] as { readonly ports?: unknown };
    expect([of(manifests, 'PodMonitor')['spec'], ports]).toEqual([
      {
        namespaceSelector: { matchNames: ['issuers'] },
        selector: { matchLabels },
        podMetricsEndpoints: [
          { port: 'http', path: '/metrics', interval: '30s', honorLabels: true, relabelings, metricRelabelings },
        ],
      },
      [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    ]);
  });

  it('stands instead of a ServiceMonitor', async () => {
    const metrics = { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } };
    expect(await refusal({ metrics })).toContain('Prometheus would scrape every pod twice');
  });
});

describe('further objects', () => {
  it('are rendered as templates, written as objects or as text', async () => {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: '{{ .Release.Name }}-a' },
      data: { n: '1' },
    };
    const text = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ include "alibaba-pca-issuer.fullname" . }}\n';
    const manifests = await render({ extraObjects: [object, text] });
    expect(manifests.filter(({ kind }) => kind === 'ConfigMap' || kind === 'Secret')).toEqual([
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: fullname } },
      { ...object, metadata: { name: 'pca-a' } },
    ]);
  });
});

describe('rbac.create=false', () => {
  it('leaves every right to others', async () => {
    const manifests = await render({
      rbac: { create: false },
      secretAccess: { namespaces: ['a'] },
      configMapAccess: { namespaces: ['a'] },
      serviceAccountTokens: { namespaces: ['a'], serviceAccounts: [{ namespace: 'b', names: ['c'] }] },
    });
    expect(manifests.map(({ kind }) => kind).toSorted()).toEqual([
      'CustomResourceDefinition',
      'CustomResourceDefinition',
      'Deployment',
      'PodDisruptionBudget',
      'Service',
      'ServiceAccount',
    ]);
  });
});

describe('helm test', () => {
  it('gives the doctor the rights of docs/doctor.md, but none on Secrets and tokens, while it runs', async () => {
    const page = readFileSync(fileURLToPath(new URL('../../docs/doctor.md', import.meta.url)), 'utf8');
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const { rules } = parse(yaml) as { readonly rules: readonly { readonly resources: readonly string[] }[] };
    const role = of(await renderTests(), 'ClusterRole', `${fullname}-test`);
    const secret = ['secrets', 'serviceaccounts/token'];
    expect([role['rules'], role.metadata.annotations]).toEqual([
      rules.filter(({ resources }) => !resources.some((resource) => secret.includes(resource))),
      {
        'helm.sh/hook': 'test',
        'helm.sh/hook-weight': '-5',
        'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
      },
    ]);
  });

  it('has every object of its own in the hook, and none that the Service or the Deployment selects', async () => {
    const found = (await renderTests()).map(({ kind, metadata: { annotations, labels } }) => [
      kind,
      annotations?.['helm.sh/hook'],
      labels?.['app.kubernetes.io/name'],
    ]);
    expect(found).toHaveLength(5);
    expect(found).toEqual(
      expect.arrayContaining(
        ['ClusterRole', 'ClusterRoleBinding', 'ConfigMap', 'Pod', 'ServiceAccount'].map((kind) => [
          kind,
          'test',
          'alibaba-pca-issuer-test',
        ]),
      ),
    );
  });
});

describe('values', () => {
  it.each<[string, object, string]>([
    ['a flag that the operator does not know', { extraArgs: ['--pca-timeot=10s'] }, 'does not match pattern'],
    ['memory that is no quantity', { resources: { limits: { memory: 'lots' } } }, 'does not match pattern'],
    ['a misspelt container', { extraContainers: [{ name: 'a', image: 'b', arg: [] }] }, "'arg' not allowed"],
    ['a misspelt strategy', { strategy: { type: 'Rolling' } }, 'value must be one of'],
    ['a misspelt relabeling', { metrics: { podMonitor: { relabelings: [{ source: 'a' }] } } }, "'source' not allowed"],
    ['a namespace that is none', { namespaceOverride: 'PKI' }, 'does not match pattern'],
    ['a budget of no number', { podDisruptionBudget: { minAvailable: true } }, 'got boolean'],
  ])('refuse %s', async (_, values, message) => {
    expect(await refusal(values)).toContain(message);
  });
});
