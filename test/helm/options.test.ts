// What single values of the chart lead to: the role's token, issuers, approvers, monitoring, network, refusals.
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { IssuerHosts } from '../../src/alibaba/issuer-hosts.ts';
import { readRules } from '../../src/controllers/issuers/tenancy/read-rules.ts';
import { settings } from '../../src/runtime/options.ts';
import { podIdentity } from '../../src/runtime/pod-identity.ts';
import { readTraceSettings } from '../../src/tracing/settings.ts';
import type { Manifest } from '../support/cluster.ts';
import { buildHelm, buildMs, refusal, render } from '../support/helm.ts';

beforeAll(buildHelm, buildMs);

const fullname = 'pca-alibaba-pca-issuer';

interface Template {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly [
      {
        readonly args: readonly string[];
        readonly env?: readonly { readonly name: string; readonly value: string }[];
        readonly volumeMounts?: readonly object[];
      },
    ];
    readonly volumes?: readonly object[];
  };
}

function of(manifests: readonly Manifest[], kind: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind);
  if (found === undefined) throw new Error(`there is no ${kind}`);
  return found;
}

function templateOf(manifests: readonly Manifest[]): Template {
  return (of(manifests, 'Deployment')['spec'] as { readonly template: Template }).template;
}

const webhookLabels = (manifests: readonly Manifest[]) =>
  Object.entries(templateOf(manifests).metadata.labels).filter(([name]) => name.startsWith('pod-identity'));

describe('a role by a token of its own', () => {
  const role = 'acs:ram::1:role/pca';
  const provider = 'acs:ram::1:oidc-provider/p';
  const rrsa = { enabled: true, roleArn: role, oidcProviderArn: provider };

  it('is told to the operator in the words of the webhook', async () => {
    const { spec } = templateOf(
      await render({ rrsa, sts: { endpoint: 'sts.example', region: 'cn-beijing', vpc: true } }),
    );
    const environment = Object.fromEntries(spec.containers[0].env?.map(({ name, value }) => [name, value]) ?? []);
    expect(podIdentity(environment)).toEqual({
      roleArn: role,
      oidcProviderArn: provider,
      tokenFile: '/var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token',
      sessionName: 'alibaba-pca-issuer',
      stsHost: 'sts.example',
      stsRegion: 'cn-beijing',
      vpc: true,
    });
  });

  it('comes from a projected token for STS', async () => {
    const manifests = await render({ rrsa });
    const { spec } = templateOf(manifests);
    expect([spec.volumes, spec.containers[0].volumeMounts, webhookLabels(manifests)]).toEqual([
      [
        {
          name: 'rrsa-oidc-token',
          projected: {
            sources: [
              { serviceAccountToken: { path: 'token', audience: 'sts.aliyuncs.com', expirationSeconds: 3600 } },
            ],
          },
        },
      ],
      [{ name: 'rrsa-oidc-token', mountPath: '/var/run/secrets/ack.alibabacloud.com/rrsa-tokens', readOnly: true }],
      [],
    ]);
  });
});

describe('a role by the webhook', () => {
  it('is asked for by label and annotations, and nothing is mounted or set here', async () => {
    const manifests = await render({
      rrsa: {
        enabled: true,
        webhook: true,
        roleName: 'pca',
        tokenExpirationSeconds: 1800,
        roleArn: 'acs:ram::1:role/a',
      },
      serviceAccount: { annotations: { own: 'x' } },
    });
    const { spec } = templateOf(manifests);
    expect([
      spec.volumes,
      spec.containers[0].env,
      webhookLabels(manifests),
      of(manifests, 'ServiceAccount').metadata.annotations,
    ]).toEqual([
      undefined,
      undefined,
      [['pod-identity.alibabacloud.com/injection', 'on']],
      {
        own: 'x',
        'pod-identity.alibabacloud.com/role-name': 'pca',
        'pod-identity.alibabacloud.com/service-account-token-expiration': '1800',
      },
    ]);
  });
});

describe('namespaced issuers', () => {
  it.each([
    [{}, 'false'],
    [{ rrsa: { enabled: true } }, 'false'],
    [{ rrsa: { namespacedIssuers: true } }, 'false'],
    [{ rrsa: { enabled: true, namespacedIssuers: true } }, 'true'],
  ])("may use the operator's role with %j: %s", async (values, expected) => {
    const { args } = templateOf(await render(values)).spec.containers[0];
    expect(args.filter((flag) => flag.startsWith('--issuer-ambient'))).toEqual([
      `--issuer-ambient-credentials=${expected}`,
    ]);
  });
});

describe('the role of the nodes', () => {
  it.each([
    [{}, ['--issuer-ecs-role=false', '--ecs-metadata-v1=false']],
    [{ ecsRole: { namespacedIssuers: true } }, ['--issuer-ecs-role=true', '--ecs-metadata-v1=false']],
    [{ ecsRole: { metadataV1: true } }, ['--issuer-ecs-role=false', '--ecs-metadata-v1=true']],
    [{ rrsa: { enabled: true, namespacedIssuers: true } }, ['--issuer-ecs-role=false', '--ecs-metadata-v1=false']],
  ])('is lent as %j says', async (values, expected) => {
    const { args } = templateOf(await render(values)).spec.containers[0];
    expect(args.filter((flag) => /^--(issuer-ecs|ecs-)/.test(flag))).toEqual(expected);
  });
});

describe('the OIDC provider', () => {
  const name = 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN';
  const oidcProviderArn = 'acs:ram::1:oidc-provider/p';

  it.each([
    ['serves ServiceAccounts of issuers', { oidcProviderArn }, [{ name, value: oidcProviderArn }]],
    ['is left to the webhook', { enabled: true, webhook: true, roleName: 'pca', oidcProviderArn }, undefined],
  ])('%s', async (_, rrsa, env) => {
    expect(templateOf(await render({ rrsa })).spec.containers[0].env).toEqual(env);
  });
});

describe('hosts of issuers', () => {
  it.each([
    [{}, [`--issuer-hosts=${settings['issuer-hosts'].default}`]],
    [
      { issuerHosts: ['*.example.com', 'pca.example:8443'], refusedNetworks: ['10.96.0.0/12', 'fd00::/8'] },
      ['--issuer-hosts=*.example.com,pca.example:8443', '--refused-networks=10.96.0.0/12,fd00::/8'],
    ],
    [{ issuerHosts: [] }, ['--issuer-hosts=']],
  ])('of %j are told to the operator', async (values, expected) => {
    const { args } = templateOf(await render(values)).spec.containers[0];
    expect(args.filter((flag) => /^--(issuer-hosts|refused-networks)/.test(flag))).toEqual(expected);
  });
});

describe('rules', () => {
  const rules = [
    { name: 'no', namespaces: ['team-*', '1'], identities: ['Secret'], contact: "it's: # odd" },
    { name: 'cluster', cluster: true, limits: { maxDuration: '24h', certificatesPerDay: 10_000_000 } },
  ];
  const issuerRules = { contact: 'Ask: "pki@example.com"', rules };
  const hosts = new IssuerHosts([]);

  async function started(values: object) {
    const manifests = await render(values);
    const { metadata, spec } = templateOf(manifests);
    const { args, volumeMounts } = spec.containers[0];
    return {
      flags: args.filter((flag) => flag.startsWith('--issuer-rules')),
      mounted: [volumeMounts, spec.volumes],
      annotations: metadata.annotations,
      map: manifests.find(({ kind }) => kind === 'ConfigMap'),
    };
  }

  it('come to the operator as they are written, in a file that it reads', async () => {
    const { flags, mounted, map } = await started({ issuerRules });
    const name = `${fullname}-rules`;
    const data = map?.['data'] as Readonly<Record<string, string>>;
    expect([flags, mounted, map?.metadata.name, Object.keys(data)]).toEqual([
      ['--issuer-rules=/etc/alibaba-pca-issuer/issuer-rules.yaml'],
      [
        [{ name: 'issuer-rules', mountPath: '/etc/alibaba-pca-issuer', readOnly: true }],
        [{ name: 'issuer-rules', configMap: { name } }],
      ],
      name,
      ['issuer-rules.yaml'],
    ]);
    const file: unknown = parse(data['issuer-rules.yaml'] ?? '');
    expect([file, readRules(file, hosts)]).toEqual([issuerRules, readRules(issuerRules, hosts)]);
    expect(readRules(file, hosts).kind).toBe('ok');
  });

  it('that are others start other pods', async () => {
    const checksum = async (values: object) => (await started(values)).annotations?.['checksum/issuer-rules'];
    const first = await checksum({ issuerRules });
    expect([
      first,
      await checksum({ issuerRules, replicaCount: 3 }),
      (await checksum({ issuerRules: { ...issuerRules, contact: 'x' } })) === first,
    ]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), first, false]);
  });

  it('are not there unless they are given', async () => {
    expect(await started({ issuerRules: { contact: '#pki' } })).toEqual({
      flags: [],
      mounted: [undefined, undefined],
      annotations: undefined,
      map: undefined,
    });
  });

  it.each<[object, string, object?]>([
    [{ rules }, 'issuerRules.rules needs issuerRules.contact'],
    [issuerRules, 'issuerRules.rules replaces rrsa.namespacedIssuers', { ecsRole: { namespacedIssuers: true } }],
    [
      issuerRules,
      'issuerRules.rules replaces rrsa.namespacedIssuers',
      { rrsa: { enabled: true, namespacedIssuers: true } },
    ],
    [{ contact: '#pki', rules: [{ name: 'a', namespace: 'b' }] }, "additional properties 'namespace' not allowed"],
    [{ contact: '#pki', rules: [{ name: 'a' }] }, "missing property 'namespaces'"],
    [{ contact: '#pki', rules: [{ name: 'a', namespaces: ['B'] }] }, 'does not match pattern'],
    [{ contact: '#pki', rules: [{ name: 'a', cluster: false }] }, 'issuerRules/rules/0'],
    [{ contact: '#pki', rules: [{ name: 'a', cluster: true, identities: ['Secrets'] }] }, 'value must be one of'],
    [{ contact: '#pki', rules: [{ name: 'a', cluster: true, hosts: [] }] }, 'minItems'],
  ])('%j are refused: %s', async (given, message, more = {}) => {
    expect(await refusal({ issuerRules: given, ...more })).toContain(message);
  });
});

describe('the proxy', () => {
  it.each([
    [{}, undefined],
    [
      { url: 'https://proxy.example:3128', noProxy: ['.internal', '10.0.0.0/8'], caBundle: 'PEM\nPEM' },
      [
        { name: 'HTTPS_PROXY', value: 'https://proxy.example:3128' },
        { name: 'NO_PROXY', value: '.internal,10.0.0.0/8' },
        { name: 'PCA_ISSUER_PROXY_CA_BUNDLE', value: 'PEM\nPEM' },
      ],
    ],
    [
      { urlSecret: { name: 'proxy' } },
      [{ name: 'HTTPS_PROXY', valueFrom: { secretKeyRef: { name: 'proxy', key: 'url' } } }],
    ],
  ])('%j is told to the operator', async (proxy, expected) => {
    expect(templateOf(await render({ proxy })).spec.containers[0].env).toEqual(expected);
  });

  it('comes from the values or from a Secret', async () => {
    const proxy = { url: 'http://proxy.example:3128', urlSecret: { name: 'proxy' } };
    await expect(render({ proxy })).rejects.toThrow('proxy.url and proxy.urlSecret.name exclude each other');
  });
});

describe('endpoints without TLS', () => {
  it.each([true, false])('are allowed: %j', async (plainHttpEndpoints) => {
    const { args } = templateOf(await render({ plainHttpEndpoints })).spec.containers[0];
    expect(args.filter((flag) => flag.startsWith('--plain-http'))).toEqual([
      `--plain-http-endpoints=${plainHttpEndpoints}`,
    ]);
  });
});

describe('issuers of the values', () => {
  it('are made as they are written', async () => {
    const spec = { parentIdentifier: 'ca', credentials: { rrsa: {} } };
    const manifests = await render({
      clusterIssuers: [{ name: 'a', labels: { l: '1' }, spec }],
      issuers: [{ name: 'b', namespace: 'shop', annotations: { n: '2' }, spec }],
    });
    const labels = {
      'app.kubernetes.io/name': 'alibaba-pca-issuer',
      'app.kubernetes.io/instance': 'pca',
      'app.kubernetes.io/version': '0.1.0',
    };
    expect(manifests.filter(({ apiVersion }) => apiVersion === 'pca.alibabacloud.com/v1alpha1')).toEqual([
      {
        apiVersion: 'pca.alibabacloud.com/v1alpha1',
        kind: 'AlibabaPCAClusterIssuer',
        metadata: { name: 'a', labels: { ...labels, l: '1' } },
        spec,
      },
      {
        apiVersion: 'pca.alibabacloud.com/v1alpha1',
        kind: 'AlibabaPCAIssuer',
        metadata: { name: 'b', namespace: 'shop', labels, annotations: { n: '2' } },
        spec,
      },
    ]);
  });
});

describe('approvers', () => {
  it("are those of the list instead of cert-manager's ServiceAccount", async () => {
    const manifests = await render({
      approverRole: {
        subjects: [
          { kind: 'ServiceAccount', name: 'approver-policy', namespace: 'cert-manager' },
          { kind: 'Group', name: 'pki' },
        ],
      },
    });
    const binding = manifests.find(
      ({ kind, metadata }) => kind === 'ClusterRoleBinding' && metadata.name.includes('approve'),
    );
    expect(binding?.['subjects']).toEqual([
      { kind: 'ServiceAccount', name: 'approver-policy', namespace: 'cert-manager' },
      { kind: 'Group', name: 'pki', apiGroup: 'rbac.authorization.k8s.io' },
    ]);
  });
});

describe("the users' roles", () => {
  it.each([
    [true, ['cluster-view to cluster-reader', 'edit to admin edit', 'view to admin cluster-reader edit view']],
    [false, ['cluster-view to ', 'edit to ', 'view to ']],
  ])("are a part of Kubernetes' own: %s", async (aggregateClusterRoles, expected) => {
    const manifests = await render({ rbac: { aggregateClusterRoles } });
    const aggregated = manifests
      .filter(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name.startsWith(`${fullname}-`))
      .map(({ metadata }) => {
        const targets = Object.entries(metadata.labels ?? {}).flatMap(([label, value]) =>
          value === 'true' ? label.split('/aggregate-to-').slice(1) : [],
        );
        return `${metadata.name.slice(fullname.length + 1)} to ${targets.toSorted().join(' ')}`;
      });
    expect(aggregated.toSorted()).toEqual(expected);
  });
});

describe('a ServiceMonitor', () => {
  it('selects the Service of the release, and no other', async () => {
    const manifests = await render({ metrics: { serviceMonitor: { enabled: true, interval: '30s' } } });
    const { selector, ...rest } = of(manifests, 'ServiceMonitor')['spec'] as {
      readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    };
    const service = of(manifests, 'Service');
    expect(service.metadata.labels).toMatchObject(selector.matchLabels);
    expect([selector.matchLabels, rest, (service['spec'] as { ports: unknown }).ports]).toEqual([
      { 'app.kubernetes.io/name': 'alibaba-pca-issuer', 'app.kubernetes.io/instance': 'pca' },
      {
        namespaceSelector: { matchNames: ['issuers'] },
        endpoints: [{ port: 'http', path: '/metrics', interval: '30s' }],
      },
      [{ name: 'http', port: 8080, targetPort: 'http', protocol: 'TCP' }],
    ]);
  });
});

describe('a NetworkPolicy', () => {
  it('lets out DNS, API server and Alibaba Cloud, and in whoever scrapes', async () => {
    const manifests = await render({ networkPolicy: { enabled: true } });
    const tcp = (...ports: readonly (number | string)[]) => ports.map((port) => ({ port, protocol: 'TCP' }));
    expect([of(manifests, 'NetworkPolicy').metadata.name, of(manifests, 'NetworkPolicy')['spec']]).toEqual([
      fullname,
      {
        podSelector: {
          matchLabels: { 'app.kubernetes.io/name': 'alibaba-pca-issuer', 'app.kubernetes.io/instance': 'pca' },
        },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ ports: tcp('http') }],
        egress: [
          { ports: [{ port: 53, protocol: 'UDP' }, ...tcp(53)] },
          { ports: tcp(443, 6443) },
          { ports: tcp(443) },
        ],
      },
    ]);
  });
});

describe('what a platform decides about pods', () => {
  interface Pod {
    readonly securityContext?: object;
    readonly containers: readonly [{ readonly securityContext?: object }];
  }

  const names = ['hostAliases', 'dnsPolicy', 'dnsConfig', 'runtimeClassName', 'priorityClassName', 'tolerations'];

  /** What the pods of the operator are told. */
  async function settingsOf(values: object): Promise<readonly [object | undefined, object | undefined, object]> {
    const pod = templateOf(await render(values)).spec as unknown as Pod;
    const others = Object.entries(pod).filter(([name]) => names.includes(name));
    return [pod.securityContext, pod.containers[0].securityContext, Object.fromEntries(others)];
  }

  const user = { runAsUser: 65532, runAsGroup: 65532 };
  const pod = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
  const container = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };

  it.each<[string, object, Awaited<ReturnType<typeof settingsOf>>]>([
    ['nothing', {}, [{ ...pod, ...user }, container, {}]],
    [
      'the user, as OpenShift does',
      { podSecurityContext: { runAsUser: null, runAsGroup: null } },
      [pod, container, {}],
    ],
    [
      'user, groups and SELinux',
      {
        podSecurityContext: {
          runAsUser: 1000650000,
          runAsGroup: 0,
          fsGroup: 1000650000,
          seLinuxOptions: { level: 's0:c26,c5' },
        },
      },
      [
        {
          ...pod,
          runAsUser: 1000650000,
          runAsGroup: 0,
          fsGroup: 1000650000,
          seLinuxOptions: { level: 's0:c26,c5' },
        },
        container,
        {},
      ],
    ],
    [
      'all of it',
      {
        podSecurityContext: { runAsNonRoot: null, runAsUser: null, runAsGroup: null, seccompProfile: null },
        containerSecurityContext: { allowPrivilegeEscalation: null, readOnlyRootFilesystem: null, capabilities: null },
      },
      [undefined, undefined, {}],
    ],
    [
      'names and runtime',
      {
        hostAliases: [{ ip: '10.0.0.1', hostnames: ['cas.aliyuncs.com'] }],
        dnsPolicy: 'None',
        dnsConfig: { nameservers: ['10.0.0.2'], searches: ['example.com'], options: [{ name: 'ndots', value: '1' }] },
        runtimeClassName: 'gvisor',
      },
      [
        { ...pod, ...user },
        container,
        {
          hostAliases: [{ ip: '10.0.0.1', hostnames: ['cas.aliyuncs.com'] }],
          dnsPolicy: 'None',
          dnsConfig: { nameservers: ['10.0.0.2'], searches: ['example.com'], options: [{ name: 'ndots', value: '1' }] },
          runtimeClassName: 'gvisor',
        },
      ],
    ],
  ])('is in the values: %s', async (_, values, expected) => {
    expect(await settingsOf(values)).toEqual(expected);
  });
});

describe('values', () => {
  const issuer = (spec: object) => ({ clusterIssuers: [{ name: 'a', spec }] });
  const spec = { parentIdentifier: 'ca', credentials: { rrsa: {} } };

  it.each<[string, object, string]>([
    ['a misspelt field of an issuer', issuer({ ...spec, regoin: 'x' }), "additional properties 'regoin' not allowed"],
    [
      'a misspelt field of its credentials',
      issuer({ ...spec, credentials: { rrsa: { roleARN: 'x' } } }),
      "additional properties 'roleARN' not allowed",
    ],
    ['an issuer without a CA', issuer({ credentials: { rrsa: {} } }), "missing property 'parentIdentifier'"],
    ['an operation that is none', issuer({ ...spec, operation: 'Create' }), 'value must be one of'],
    ['an issuer without a namespace', { issuers: [{ name: 'a', spec }] }, "missing property 'namespace'"],
    ['a cluster issuer with one', { clusterIssuers: [{ name: 'a', namespace: 'b', spec }] }, "'namespace' not allowed"],
    ['a role that is no ARN', { rrsa: { roleArn: 'pca' } }, 'does not match pattern'],
    ['a port that is none of a host', { issuerHosts: ['pca.example:99999'] }, 'does not match pattern'],
    ['a port that is none of STS', { sts: { endpoint: 'sts.example:0' } }, 'does not match pattern'],
    ['a URL for a host', { issuerHosts: ['https://pca.example'] }, 'does not match pattern'],
    ['a proxy that is no URL', { proxy: { url: 'proxy.example:3128' } }, 'does not match pattern'],
    ['a misspelt probe', { probes: { liveness: { period: 1 } } }, "additional properties 'period' not allowed"],
    ['a misspelt resource', { resources: { limit: {} } }, "additional properties 'limit' not allowed"],
    [
      'a misspelt security setting',
      { podSecurityContext: { runAsuser: 1 } },
      "additional properties 'runAsuser' not allowed",
    ],
    ['a DNS policy that is none', { dnsPolicy: 'Cluster' }, 'value must be one of'],
    ['a misspelt toleration', { tolerations: [{ kee: 'a' }] }, "additional properties 'kee' not allowed"],
    ['a misspelt peer', { networkPolicy: { dnsTo: [{ pods: {} }] } }, "additional properties 'pods' not allowed"],
    [
      'the webhook without a role',
      { rrsa: { enabled: true, webhook: true } },
      'rrsa.webhook=true needs rrsa.roleName: the webhook injects nothing for a ServiceAccount without a role',
    ],
    [
      'a ServiceMonitor without a Service',
      { metrics: { service: { enabled: false }, serviceMonitor: { enabled: true } } },
      'metrics.serviceMonitor.enabled=true needs metrics.service.enabled=true: Prometheus finds the pods through the Service',
    ],
    [
      'an approving ServiceAccount without a namespace',
      { approverRole: { subjects: [{ kind: 'ServiceAccount', name: 'a' }] } },
      'approverRole.subjects: ServiceAccount a needs a namespace',
    ],
  ])('refuse %s', async (_, values, message) => {
    expect(await refusal(values)).toContain(message);
  });
});

describe('traces', () => {
  const observed = async (tracing: object) => {
    const [{ args, env = [] }] = templateOf(await render({ tracing })).spec.containers;
    const variables = env.filter(({ name }) => name.startsWith('OTEL_'));
    return { flag: args.includes('--tracing'), variables };
  };

  it('are not sent unless they are wanted', async () => {
    expect(await observed({ endpoint: 'http://otel:4318', ratio: 0.5 })).toEqual({ flag: false, variables: [] });
  });

  it('go where the values say, in words that the operator takes', async () => {
    const tracing = { enabled: true, endpoint: 'http://otel:4318', headersSecret: { name: 'otel' }, ratio: 0.000001 };
    const { flag, variables } = await observed(tracing);
    expect({ flag, variables }).toEqual({
      flag: true,
      variables: [
        { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://otel:4318' },
        { name: 'OTEL_EXPORTER_OTLP_HEADERS', valueFrom: { secretKeyRef: { name: 'otel', key: 'headers' } } },
        { name: 'OTEL_TRACES_SAMPLER', value: 'parentbased_traceidratio' },
        { name: 'OTEL_TRACES_SAMPLER_ARG', value: '1e-06' },
      ],
    });
    const given = variables.filter(({ value }) => value !== undefined).map(({ name, value }) => [name, value]);
    expect(readTraceSettings(Object.fromEntries(given) as Readonly<Record<string, string>>, '1')).toMatchObject({
      kind: 'ok',
      settings: { url: new URL('http://otel:4318/v1/traces'), share: 0.000001 },
    });
  });

  it('are all sent by default', async () => {
    expect(await observed({ enabled: true })).toEqual({ flag: true, variables: [] });
  });
});
