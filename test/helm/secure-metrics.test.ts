// /metrics over TLS, for those alone who may get it: what the chart makes of it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { operatorRights } from '../../src/doctor-command/rights.ts';
import { parseOptions } from '../../src/runtime/options.ts';
import type { Manifest } from '../support/cluster.ts';
import { buildHelm, buildMs, chart, refusal, render } from '../support/helm.ts';

beforeAll(buildHelm, buildMs);

const fullname = 'pca-alibaba-pca-issuer';
const secure = { enabled: true, tlsSecret: 'metrics-tls' };
const spec = (manifests: readonly Manifest[], kind: string): Readonly<Record<string, unknown>> =>
  manifests.find((manifest) => manifest.kind === kind)?.['spec'] as Readonly<Record<string, unknown>>;

interface Container {
  readonly args: readonly string[];
  readonly ports: unknown;
  readonly volumeMounts: unknown;
  readonly readinessProbe: { readonly httpGet: unknown };
}

function podOf(manifests: readonly Manifest[]): {
  readonly containers: readonly [Container];
  readonly volumes: unknown;
} {
  const { template } = spec(manifests, 'Deployment') as { readonly template: { readonly spec: never } };
  return template.spec;
}

const rulesOf = (manifests: readonly Manifest[], name: string): unknown =>
  manifests.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === name)?.['rules'];

it('has a port and a certificate of its own, beside that of the probes', async () => {
  const { containers, volumes } = podOf(await render({ metrics: { secure } }));
  const [{ args, ports, volumeMounts, readinessProbe }] = containers;
  const parsed = parseOptions(args, {});
  const options = parsed.kind === 'run' ? parsed.options : undefined;
  expect([options?.['metrics-address'], options?.['metrics-certificate-directory'], ports]).toEqual([
    ':8443',
    '/etc/alibaba-pca-issuer-metrics',
    [
      { name: 'http', containerPort: 8080, protocol: 'TCP' },
      { name: 'metrics', containerPort: 8443, protocol: 'TCP' },
    ],
  ]);
  expect([volumeMounts, volumes, readinessProbe.httpGet]).toEqual([
    [{ name: 'metrics-certificate', mountPath: '/etc/alibaba-pca-issuer-metrics', readOnly: true }],
    [{ name: 'metrics-certificate', secret: { secretName: 'metrics-tls' } }],
    { path: '/readyz', port: 'http' },
  ]);
});

it('is scraped with the token of Prometheus, and by nobody who does not know the certificate', async () => {
  const manifests = await render({
    metrics: { secure, serviceMonitor: { enabled: true } },
    networkPolicy: { enabled: true },
  });
  const { ingress } = spec(manifests, 'NetworkPolicy') as { readonly ingress: unknown };
  expect([spec(manifests, 'ServiceMonitor')['endpoints'], spec(manifests, 'Service')['ports'], ingress]).toEqual([
    [
      {
        port: 'metrics',
        path: '/metrics',
        scheme: 'https',
        bearerTokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
        tlsConfig: {
          serverName: `${fullname}-metrics.issuers.svc`,
          ca: { secret: { name: 'metrics-tls', key: 'ca.crt' } },
        },
      },
    ],
    [{ name: 'metrics', port: 8080, targetPort: 'metrics', protocol: 'TCP' }],
    [
      {
        ports: [
          { port: 'http', protocol: 'TCP' },
          { port: 'metrics', protocol: 'TCP' },
        ],
      },
    ],
  ]);
});

it('is set up by the values of the README, with a certificate for the name that Prometheus asks for', async () => {
  const page = readFileSync(join(chart, 'README.md'), 'utf8');
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const manifests = await render(parse(yaml) as object);
  const { endpoints } = spec(manifests, 'ServiceMonitor') as {
    readonly endpoints: readonly [{ readonly tlsConfig: { readonly serverName: string; readonly ca: unknown } }];
  };
  const { secretName, dnsNames } = spec(manifests, 'Certificate');
  const namespaces = manifests.filter(({ apiVersion }) => apiVersion === 'cert-manager.io/v1');
  expect([
    endpoints[0].tlsConfig,
    podOf(manifests).volumes,
    namespaces.map(({ metadata }) => metadata.namespace),
  ]).toEqual([
    { serverName: (dnsNames as readonly string[])[0], ca: { secret: { name: secretName, key: 'ca.crt' } } },
    [{ name: 'metrics-certificate', secret: { secretName } }],
    ['issuers', 'issuers'],
  ]);
});

describe('the rights', () => {
  const reviews = (certificateSigningRequests: boolean, enabled: boolean): Promise<unknown> =>
    render({
      certificateSigningRequests: { enabled: certificateSigningRequests },
      metrics: { secure: { ...secure, enabled } },
    }).then((manifests) =>
      (rulesOf(manifests, fullname) as readonly { readonly resources: readonly string[] }[])
        .flatMap(({ resources }) => resources)
        .filter((resource) => resource.endsWith('reviews')),
    );

  it.each([
    [true, false, ['subjectaccessreviews']],
    [false, false, []],
    [true, true, ['subjectaccessreviews', 'tokenreviews']],
    [false, true, ['subjectaccessreviews', 'tokenreviews']],
  ])('to ask, with CertificateSigningRequests %j and secure metrics %j', async (signing, enabled, expected) => {
    expect(await reviews(signing, enabled)).toEqual(expected);
    const flags = enabled ? ['--metrics-address=:1', '--metrics-certificate-directory=/d'] : [];
    const parsed = parseOptions([`--certificate-signing-requests=${signing}`, ...flags], {});
    if (parsed.kind !== 'run') throw new Error(JSON.stringify(parsed));
    const asked = operatorRights({ options: parsed.options, namespace: 'a' }, []);
    expect(asked.map(({ resource }) => resource).filter((resource) => resource.endsWith('reviews'))).toEqual(expected);
  });

  it('to get the metrics go to those who are listed', async () => {
    const readers = [{ kind: 'ServiceAccount', name: 'prometheus', namespace: 'monitoring' }];
    const name = `${fullname}-metrics-reader`;
    const bindings = (manifests: readonly Manifest[]): readonly unknown[] =>
      manifests
        .filter(({ kind, metadata }) => kind === 'ClusterRoleBinding' && metadata.name === name)
        .map(({ subjects }) => subjects);
    const [listed, nobody, off] = [
      await render({ metrics: { secure: { ...secure, readers } } }),
      await render({ metrics: { secure } }),
      await render({ metrics: { secure: { readers } } }),
    ];
    const rules = [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }];
    expect([listed, nobody, off].map((each) => [rulesOf(each, name), bindings(each)])).toEqual([
      [rules, [readers]],
      [rules, []],
      [undefined, []],
    ]);
  });
});

it.each<[object, string]>([
  [{ secure: { enabled: true } }, 'metrics.secure.enabled=true needs metrics.secure.tlsSecret'],
  [{ secure: { ...secure, port: 8080 } }, 'metrics.secure.port and port have to differ'],
  [{ secure, podMonitor: { enabled: true } }, 'a PodMonitor cannot send the token of Prometheus'],
  [
    { secure: { ...secure, readers: [{ kind: 'ServiceAccount', name: 'a' }] } },
    'metrics.secure.readers: ServiceAccount a needs a namespace',
  ],
])('%j is refused', async (metrics, message) => {
  expect(await refusal({ metrics })).toContain(message);
});
