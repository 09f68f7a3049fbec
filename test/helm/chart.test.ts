// The chart through the real Helm: what it renders, what it refuses, and that deploy/install.yaml is made from it.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, it } from 'vitest';

import { renderInstallManifest } from '../../scripts/generate/install-manifest.ts';
import { parseOptions } from '../../src/runtime/options.ts';
import type { Manifest } from '../support/cluster.ts';
import { configMapRules, serviceAccountTokenRules } from '../support/product.ts';
import { buildHelm, buildMs, chart, helm, refusal, render } from '../support/helm.ts';

beforeAll(buildHelm, buildMs);

const templateArguments = ['template', 'pca', chart, '--namespace', 'issuers', '--values', '-'];

const names = (manifests: readonly Manifest[]): readonly string[] =>
  manifests
    .map(
      ({ kind, metadata }) =>
        `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`,
    )
    .toSorted();

function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name} among ${names(manifests).join(', ')}`);
  return found;
}

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly securityContext: object;
}
interface PodSpec {
  readonly securityContext: object;
  readonly containers: readonly [Container];
}

function podOf(manifests: readonly Manifest[]): PodSpec {
  const deployment = find(manifests, 'Deployment', 'pca-alibaba-pca-issuer');
  return (deployment['spec'] as { readonly template: { readonly spec: PodSpec } }).template.spec;
}

describe('the chart', () => {
  it('passes helm lint in strict mode', async () => {
    const { code, stdout } = await helm(['lint', '--strict', chart]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 chart(s) linted, 0 chart(s) failed')]);
  });

  it('renders the same twice', async () => {
    const [first, second] = [await helm(templateArguments, '{}'), await helm(templateArguments, '{}')];
    expect(second).toEqual(first);
    expect(first.code).toBe(0);
  });

  it('is what deploy/install.yaml was made from (else: npm run generate -- --with-helm)', async () => {
    const manifest = fileURLToPath(new URL('../../deploy/install.yaml', import.meta.url));
    expect(await readFile(manifest, 'utf8')).toBe(await renderInstallManifest(await buildHelm(), chart));
  });

  it('makes these objects by default', async () => {
    expect(names(await render())).toEqual([
      'ClusterRole cert-manager-controller-approve:pca-alibabacloud-com',
      'ClusterRole pca-alibaba-pca-issuer',
      'ClusterRole pca-alibaba-pca-issuer-cluster-view',
      'ClusterRole pca-alibaba-pca-issuer-edit',
      'ClusterRole pca-alibaba-pca-issuer-view',
      'ClusterRoleBinding cert-manager-controller-approve:pca-alibabacloud-com',
      'ClusterRoleBinding pca-alibaba-pca-issuer',
      'CustomResourceDefinition alibabapcaclusterissuers.pca.alibabacloud.com',
      'CustomResourceDefinition alibabapcaissuers.pca.alibabacloud.com',
      'Deployment issuers/pca-alibaba-pca-issuer',
      'PodDisruptionBudget issuers/pca-alibaba-pca-issuer',
      'Role issuers/pca-alibaba-pca-issuer-leader-election',
      'Role issuers/pca-alibaba-pca-issuer-secrets',
      'RoleBinding issuers/pca-alibaba-pca-issuer-leader-election',
      'RoleBinding issuers/pca-alibaba-pca-issuer-secrets',
      'Service issuers/pca-alibaba-pca-issuer-metrics',
      'ServiceAccount issuers/pca-alibaba-pca-issuer',
    ]);
  });

  it('leaves out what is turned off', async () => {
    const manifests = await render({
      crds: { enabled: false },
      approverRole: { enabled: false },
      serviceAccount: { create: false },
      leaderElection: { enabled: false },
      replicaCount: 1,
      metrics: { service: { enabled: false } },
      podDisruptionBudget: { enabled: false },
    });
    expect(names(manifests)).toEqual([
      'ClusterRole pca-alibaba-pca-issuer',
      'ClusterRole pca-alibaba-pca-issuer-cluster-view',
      'ClusterRole pca-alibaba-pca-issuer-edit',
      'ClusterRole pca-alibaba-pca-issuer-view',
      'ClusterRoleBinding pca-alibaba-pca-issuer',
      'Deployment issuers/pca-alibaba-pca-issuer',
      'Role issuers/pca-alibaba-pca-issuer-secrets',
      'RoleBinding issuers/pca-alibaba-pca-issuer-secrets',
    ]);
  });

  it('keeps the definitions on removal unless told otherwise', async () => {
    const annotations = async (keep: boolean) =>
      (await render({ crds: { keep } }))
        .filter(({ kind }) => kind === 'CustomResourceDefinition')
        .map(({ metadata }) => metadata.annotations);
    expect([await annotations(true), await annotations(false)]).toEqual([
      [{ 'helm.sh/resource-policy': 'keep' }, { 'helm.sh/resource-policy': 'keep' }],
      [undefined, undefined],
    ]);
  });
});

describe('access to Secrets', () => {
  const secretRules = (manifests: readonly Manifest[]): readonly string[] =>
    manifests
      .filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
      .flatMap((role) =>
        (role['rules'] as readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[])
          .filter(({ resources }) => resources.includes('secrets'))
          .map(({ verbs }) => `${role.kind} ${role.metadata.namespace ?? '*'}: ${verbs.join(',')}`),
      );

  it.each([
    ['is limited to the namespace of the release', {}, ['Role issuers: get']],
    ['moves with the cluster resource namespace', { clusterResourceNamespace: 'keys' }, ['Role keys: get']],
    [
      'is given in each listed namespace, once',
      { secretAccess: { namespaces: ['a', 'issuers', 'b'] } },
      ['Role issuers: get', 'Role a: get', 'Role b: get'],
    ],
    ['is cluster-wide only by an explicit value', { secretAccess: { clusterWide: true } }, ['ClusterRole *: get']],
  ])('%s', async (_, values, expected) => {
    expect(secretRules(await render(values)).toSorted()).toEqual(expected.toSorted());
  });

  it('is bound to the operator in every namespace', async () => {
    const manifests = await render({ secretAccess: { namespaces: ['a'] } });
    expect(
      manifests
        .filter(({ kind, metadata }) => kind === 'RoleBinding' && metadata.name.endsWith('-secrets'))
        .map(({ metadata, subjects }) => [metadata.namespace, subjects]),
    ).toEqual(
      ['issuers', 'a'].map((namespace) => [
        namespace,
        [{ kind: 'ServiceAccount', name: 'pca-alibaba-pca-issuer', namespace: 'issuers' }],
      ]),
    );
  });
});

describe('the permission to ask for tokens of ServiceAccounts', () => {
  const subjects = [{ kind: 'ServiceAccount', name: 'pca-alibaba-pca-issuer', namespace: 'issuers' }];
  const given = async (serviceAccountTokens: object) =>
    (await render({ serviceAccountTokens }))
      .filter(({ kind, metadata }) => kind.startsWith('Role') && metadata.name.endsWith('-tokens'))
      .map(({ kind, metadata, rules, subjects: bound }) => [kind, metadata.namespace, rules ?? bound]);

  it.each<[string, object, readonly unknown[]]>([
    ['nowhere', {}, []],
    [
      'in each listed namespace',
      { namespaces: ['a', 'b'] },
      ['a', 'b'].flatMap((namespace) => [
        ['Role', namespace, serviceAccountTokenRules],
        ['RoleBinding', namespace, subjects],
      ]),
    ],
    [
      'for the listed ServiceAccounts, where not for all',
      {
        namespaces: ['a'],
        serviceAccounts: [
          { namespace: 'b', names: ['pca'] },
          { namespace: 'a', names: ['x'] },
        ],
      },
      [
        ['Role', 'a', serviceAccountTokenRules],
        ['RoleBinding', 'a', subjects],
        ['Role', 'b', serviceAccountTokenRules.map((rule) => ({ ...rule, resourceNames: ['pca'] }))],
        ['RoleBinding', 'b', subjects],
      ],
    ],
  ])('is given %s', async (_, values, expected) => {
    const roles = await given(values);
    expect(roles).toHaveLength(expected.length);
    expect(roles).toEqual(expect.arrayContaining([...expected]));
  });
});

describe('the permission to write ConfigMaps', () => {
  it('is given in each listed namespace, and nowhere unless told so', async () => {
    const given = async (values: object) =>
      (await render(values))
        .filter(({ kind, metadata }) => kind.startsWith('Role') && metadata.name.endsWith('-configmaps'))
        .map(({ kind, metadata, rules, subjects }) => [kind, metadata.namespace, rules ?? subjects]);
    const subjects = [{ kind: 'ServiceAccount', name: 'pca-alibaba-pca-issuer', namespace: 'issuers' }];
    expect([await given({}), await given({ configMapAccess: { namespaces: ['a', 'b'] } })]).toEqual([
      [],
      expect.arrayContaining(
        ['a', 'b'].flatMap((namespace) => [
          ['Role', namespace, configMapRules],
          ['RoleBinding', namespace, subjects],
        ]),
      ),
    ]);
  });
});

describe('the permission to approve', () => {
  it('goes to the ServiceAccount of cert-manager that is named', async () => {
    const manifests = await render({ certManager: { serviceAccount: { name: 'cm', namespace: 'pki' } } });
    const name = 'cert-manager-controller-approve:pca-alibabacloud-com';
    expect([
      find(manifests, 'ClusterRole', name)['rules'],
      find(manifests, 'ClusterRoleBinding', name)['subjects'],
    ]).toEqual([
      [
        {
          apiGroups: ['cert-manager.io'],
          resources: ['signers'],
          verbs: ['approve'],
          resourceNames: [
            'alibabapcaissuers.pca.alibabacloud.com/*',
            'alibabapcaclusterissuers.pca.alibabacloud.com/*',
          ],
        },
      ],
      [{ kind: 'ServiceAccount', name: 'cm', namespace: 'pki' }],
    ]);
  });
});

describe('the pod', () => {
  it('starts the executable with flags that it knows', async () => {
    const { containers } = podOf(
      await render({ extraArgs: ['--pca-timeout=10s'], log: { level: 'debug' }, port: 9090 }),
    );
    expect(parseOptions(containers[0].args, {})).toEqual({
      kind: 'run',
      options: expect.objectContaining({
        'leader-elect': true,
        'leader-election-name': 'pca-alibaba-pca-issuer',
        'health-address': ':9090',
        'log-level': 'debug',
        'log-format': 'json',
        'max-concurrent-requests': 64,
        'pca-timeout': 10_000,
      }) as unknown,
    });
  });

  it('takes the namespace from where it runs, whatever moves the manifests, unless the values name one', async () => {
    const flags = async (values: object): Promise<readonly string[]> =>
      podOf(await render(values)).containers[0].args.filter((flag) => flag.includes('namespace'));
    expect([await flags({}), await flags({ clusterResourceNamespace: 'keys' })]).toEqual([
      [],
      ['--cluster-resource-namespace=keys'],
    ]);
  });

  it('asks for no more than Pod Security restricted allows', async () => {
    const { securityContext, containers } = podOf(await render());
    expect([securityContext, containers[0].securityContext]).toEqual([
      { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    ]);
  });

  const digest = `sha256:${'0'.repeat(64)}`;

  it.each([
    ['the version of the chart', {}, 'alibaba-pca-issuer:0.1.0'],
    ['a tag', { repository: 'example.com/pca', tag: 'v1' }, 'example.com/pca:v1'],
    ['a digest before a tag', { repository: 'example.com/pca', tag: 'v1', digest }, `example.com/pca@${digest}`],
  ])('runs the image of %s', async (_, image, expected) => {
    expect(podOf(await render({ image })).containers[0].image).toBe(expected);
  });
});

describe('values', () => {
  it.each([
    ['a misspelt value', { replicas: 3 }, "additional properties 'replicas' not allowed"],
    ['a misspelt value further down', { image: { tga: 'x' } }, "additional properties 'tga' not allowed"],
    ['a value of another type', { replicaCount: 'two' }, 'got string, want integer'],
    ['a level that the log does not know', { log: { level: 'verbose' } }, 'value must be one of'],
    ['a digest that is none', { image: { digest: 'latest' } }, 'does not match pattern'],
    ['a flag without dashes', { extraArgs: ['pca-timeout=10s'] }, 'does not match pattern'],
    [
      'two replicas without an election',
      { leaderElection: { enabled: false } },
      'leaderElection.enabled=false needs replicaCount=1: two replicas without an election would both issue',
    ],
  ])('refuse %s', async (_, values, message) => {
    expect(await refusal(values)).toContain(message);
  });

  it('may hold what Helm gives to the parts of a larger chart', async () => {
    expect(await refusal({ global: { registry: 'x' }, enabled: true })).toBe('rendered');
  });
});
