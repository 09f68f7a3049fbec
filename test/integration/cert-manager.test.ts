// Beside a cert-manager that has the rights of its own chart and no others: docs/ingress-and-gateway.md, from the annotations to
// the Secret, and what somebody sees who writes other ones; and what users of a namespace may do with the roles of both charts.
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { goModuleFolder } from '../../control-plane/driver/go-build.ts';
import { controlPlaneProgram } from '../../control-plane/driver/programs.ts';
import { conditionsOf, readManifests } from '../support/cluster.ts';
import type { Manifest } from '../support/cluster.ts';
import { helm } from '../support/helm.ts';
import { blocksOf } from '../support/pages.ts';
import { hangLimitFlag, until } from '../support/wait.ts';
import { certificate, issuerApiVersion, secret, World } from '../support/world.ts';

const page = await readFile(fileURLToPath(new URL('../../docs/ingress-and-gateway.md', import.meta.url)), 'utf8');
const blocks = blocksOf(page)
  .filter(({ language }) => language === 'yaml')
  .flatMap(({ text }) => readManifests(text));
const ca = 'sim-sub-ecc-p256';
const issuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAClusterIssuer', name: 'pca' };

let world: World;

beforeAll(async () => {
  world = await World.start({});
  await world.cluster.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    secret(world.namespace, 'access-key', world.simulator.accessKey),
    { ...world.issuer('', 'pca'), kind: 'AlibabaPCAClusterIssuer', metadata: { name: 'pca' } },
  ]);
  await world.cluster.waitForCondition(
    { apiVersion: issuerApiVersion, kind: 'AlibabaPCAClusterIssuer', name: 'pca' },
    { type: 'Ready', status: 'True' },
  );
});
afterAll(async () => world?.stop());

/** The object of this kind that the page shows, in a namespace of its own. */
async function shown(kind: string): Promise<Manifest> {
  const manifest = blocks.find((block) => block.kind === kind);
  if (manifest === undefined) throw new Error(`The page shows no ${kind}.`);
  const namespace = await world.cluster.createNamespace(kind.toLowerCase());
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}

async function requestsIn(namespace: string): Promise<readonly Manifest[]> {
  return world.cluster.list({ apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace });
}

/** What came of an annotated object: its Certificate, the request, the Secret. */
async function madeOf({ metadata: { namespace = '' } }: Manifest): Promise<object> {
  const { cluster, simulator } = world;
  const name = 'web-tls';
  const of = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name, namespace };
  const made = await cluster.waitForCondition(of, { type: 'Ready', status: 'True' });
  const stored = await cluster.get({ apiVersion: 'v1', kind: 'Secret', name, namespace });
  const data = stored?.['data'] as Readonly<Record<string, string>>;
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
  const leaf = new X509Certificate(text('tls.crt'));
  const owners = made.metadata['ownerReferences'] as readonly { readonly kind: string; readonly name: string }[];
  return {
    owners: owners.map((owner) => `${owner.kind} ${owner.name}`),
    requests: (await requestsIn(namespace)).map((request) => [
      (request['spec'] as { readonly issuerRef: object }).issuerRef,
      conditionsOf(request).map(({ type, reason }) => `${type} ${reason}`),
    ]),
    names: leaf.subjectAltName,
    usages: leaf.keyUsage,
    key: leaf.publicKey.asymmetricKeyType,
    serialNumber:
      simulator.issued().at(-1)?.serialNumber === leaf.serialNumber.toLowerCase() ? 'as PCA issued it' : leaf,
    root: text('ca.crt'),
  };
}

const wanted = (owner: string): object => ({
  owners: [owner],
  requests: [[issuerRef, ['Approved cert-manager.io', 'Ready Issued']]],
  names: 'DNS:web.example.com',
  usages: ['1.3.6.1.5.5.7.3.1'],
  key: 'ec',
  serialNumber: 'as PCA issued it',
  root: world.simulator.rootPem(ca),
});

describe('an Ingress with the annotations of the page', () => {
  it('leads to a certificate for its hosts', async () => {
    const ingress = await shown('Ingress');
    await world.cluster.apply(ingress);
    expect(await madeOf(ingress)).toEqual(wanted('Ingress web'));
  });
});

const annotation = (name: string): string => `cert-manager.io/${name}`;

/** The annotations of the page but these; with `cluster-issuer` where it is said. */
function annotations(left: readonly string[], clusterIssuer = false): Readonly<Record<string, string>> {
  const shownOnes = Object.entries(blocks.find(({ kind }) => kind === 'Ingress')?.metadata.annotations ?? {});
  const kept = shownOnes.filter(([key]) => !left.map(annotation).includes(key));
  return Object.fromEntries([...kept, ...(clusterIssuer ? [[annotation('cluster-issuer'), 'pca']] : [])]);
}

const whole = ['issuer', 'issuer-kind', 'issuer-group'];
const wrong: readonly {
  readonly what: string;
  readonly of: Readonly<Record<string, string>>;
  readonly seen: string[];
}[] = [
  {
    what: 'neither kind nor group',
    of: annotations(['issuer-kind', 'issuer-group']),
    seen: ['Ready of a request: Referenced "Issuer" not found: issuer.cert-manager.io "pca" not found'],
  },
  {
    what: 'no kind',
    of: annotations(['issuer-kind']),
    seen: [
      'UnknownIssuerKind of CertificateRequest: issuerRef.kind is Issuer, but group pca.alibabacloud.com has only the kinds AlibabaPCAIssuer and AlibabaPCAClusterIssuer. Correct issuerRef of the Certificate.',
    ],
  },
  {
    what: 'cluster-issuer alone',
    of: annotations(whole, true),
    seen: ['Ready of a request: Referenced "ClusterIssuer" not found: clusterissuer.cert-manager.io "pca" not found'],
  },
  {
    what: 'cluster-issuer with kind and group',
    of: annotations(['issuer'], true),
    seen: [
      'BadConfig of Ingress: Could not determine issuer for ingress due to bad annotations: both "cert-manager.io/cluster-issuer" and "cert-manager.io/issuer-group" may not be set, both "cert-manager.io/cluster-issuer" and "cert-manager.io/issuer-kind" may not be set',
    ],
  },
];

/** What somebody finds in a namespace who looks why there is no certificate: warnings, and why a request is not ready. */
async function seenIn(namespace: string): Promise<readonly string[]> {
  const events = await world.cluster.list({ apiVersion: 'v1', kind: 'Event', namespace });
  const warnings = events
    .filter((event) => event['type'] === 'Warning')
    .map((event) => {
      const { kind } = event['involvedObject'] as { readonly kind: string };
      return `${String(event['reason'])} of ${kind}: ${String(event['message'])}`;
    });
  const conditions = (await requestsIn(namespace)).flatMap(conditionsOf).filter(({ type }) => type === 'Ready');
  return [...warnings, ...conditions.map(({ message }) => `Ready of a request: ${message}`)];
}

describe('an Ingress with other annotations', () => {
  it.each(wrong)('tells why there is no certificate: $what', async ({ of, seen }) => {
    const ingress = await shown('Ingress');
    const { namespace = '' } = ingress.metadata;
    await world.cluster.apply({ ...ingress, metadata: { ...ingress.metadata, annotations: of } });
    await until('a reason to be seen', async () => (await seenIn(namespace)).length > 0);
    expect(await seenIn(namespace)).toEqual(seen);
    for (const each of seen) expect(page).toContain(`\`${each.replace(/^.*? of .*?: /, '')}\``);
  });

  it('leads to a certificate once the annotations are right', async () => {
    const ingress = await shown('Ingress');
    const { namespace = '' } = ingress.metadata;
    const of = annotations(['issuer-kind', 'issuer-group']);
    await world.cluster.apply({ ...ingress, metadata: { ...ingress.metadata, annotations: of } });
    await until('a request', async () => (await requestsIn(namespace)).length > 0);
    await world.cluster.apply(ingress);
    expect(await madeOf(ingress)).toEqual(wanted('Ingress web'));
  });

  it('tells nothing but in the log of cert-manager where the group alone is left out', async () => {
    const refused =
      'denied the request: spec.issuerRef.kind: Invalid value: "AlibabaPCAClusterIssuer": must be one of Issuer or ClusterIssuer';
    const ingress = await shown('Ingress');
    const { namespace = '' } = ingress.metadata;
    const of = annotations(['issuer-group']);
    await world.cluster.apply({ ...ingress, metadata: { ...ingress.metadata, annotations: of } });
    const { logFile } = world.controlPlane.component('cert-manager');
    const log = async (): Promise<string> => (await readFile(logFile, 'utf8')).replaceAll(String.raw`\"`, '"');
    await until('the refusal in the log', async () => (await log()).includes(refused));
    const certificates = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace };
    expect([await seenIn(namespace), await world.cluster.list(certificates)]).toEqual([[], []]);
    expect(page).toContain(`\`${refused.replace('denied the request: ', '')}\``);
  });
});

describe('a Gateway with the annotations of the page', () => {
  beforeAll(async () => {
    const { directory } = await goModuleFolder(controlPlaneProgram, 'sigs.k8s.io/gateway-api');
    const file = join(directory, 'config/crd/standard/gateway.networking.k8s.io_gateways.yaml');
    await world.cluster.apply(await readFile(file, 'utf8'));
    // It ends where the API server does not serve Gateways yet.
    await world.cluster.list({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', namespace: 'default' });
    await world.controlPlane.component('cert-manager').restart(['--enable-gateway-api']);
  });

  it('is looked at with the values of the page', async () => {
    const values = blocksOf(page).find(({ text }) => text.startsWith('config:'))?.text ?? '';
    const { directory } = await goModuleFolder(controlPlaneProgram, 'github.com/cert-manager/cert-manager');
    const chart = join(directory, 'deploy/charts/cert-manager');
    const { code, stdout, stderr } = await helm(['template', 'cert-manager', chart, '--values=-'], values);
    expect([code, stderr]).toEqual([0, '']);
    const configuration = readManifests(stdout).find(({ kind, data }) => kind === 'ConfigMap' && data !== undefined);
    expect(configuration?.['data']).toEqual({
      'config.yaml': expect.stringContaining('enableGatewayAPI: true') as string,
    });
  });

  it('leads to a certificate for its listeners', async () => {
    const gateway = await shown('Gateway');
    await world.cluster.apply(gateway);
    expect(await madeOf(gateway)).toEqual(wanted('Gateway web'));
  });
});

it('a Certificate whose request failed gets one as soon as it is deleted and applied again, and its Secret is its own', async () => {
  const namespace = await world.createNamespace('failed');
  const spec = { parentIdentifier: 'sim-sub-rsa-2048' };
  await world.cluster.apply([world.issuer(namespace, 'pca', spec), certificate(namespace, 'web')]);
  const web = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'web', namespace };
  await world.cluster.waitForCondition(web, { type: 'Issuing', status: 'False', reason: 'Failed' });
  await world.cluster.delete(web);
  await world.cluster.apply(
    certificate(namespace, 'web', { privateKey: { algorithm: 'RSA', rotationPolicy: 'Always' } }),
  );
  await world.cluster.waitForCondition(web, { type: 'Ready', status: 'True' });
  const stored = await world.cluster.get({ apiVersion: 'v1', kind: 'Secret', name: 'web', namespace });
  // What nothing owns is not collected.
  expect([stored?.['type'], stored?.metadata['ownerReferences']]).toEqual(['kubernetes.io/tls', undefined]);
});

describe('a user of a namespace', () => {
  /** Binds a user of this name to the ClusterRole of this name, and answers how they use kubectl there. */
  async function userBoundTo(role: string, namespace: string): Promise<(...args: string[]) => Promise<string>> {
    const api = 'rbac.authorization.k8s.io';
    await world.cluster.apply({
      apiVersion: `${api}/v1`,
      kind: 'RoleBinding',
      metadata: { name: role, namespace },
      roleRef: { apiGroup: api, kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup: api, kind: 'User', name: role }],
    });
    return async (...args) => {
      const { stdout, stderr } = await world.controlPlane.kubectl([...args, '-n', namespace, `--as=${role}`], {
        allowFailure: true,
      });
      return `${stdout}${stderr}`.trim();
    };
  }
  const kinds = 'alibabapcaissuers,certificates,certificaterequests';

  it('with edit makes an issuer and a certificate of it, which one with view sees and does not touch', async () => {
    const namespace = await world.createNamespace('users');
    const editor = await userBoundTo('edit', namespace);
    const viewer = await userBoundTo('view', namespace);
    const file = join(world.controlPlane.directory, 'of-a-user.json');
    const items = [world.issuer(namespace, 'pca'), certificate(namespace, 'web')];
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    const wait = ['wait', '--for=condition=Ready', hangLimitFlag, 'certificate/web'];
    expect([
      await editor('create', '-f', file),
      await editor(...wait),
      await viewer('get', kinds, '-o=name'),
      await viewer('delete', 'alibabapcaissuer/pca', 'certificate/web'),
    ]).toEqual([
      'alibabapcaissuer.pca.alibabacloud.com/pca created\ncertificate.cert-manager.io/web created',
      'certificate.cert-manager.io/web condition met',
      [
        'alibabapcaissuer.pca.alibabacloud.com/pca',
        'certificate.cert-manager.io/web',
        'certificaterequest.cert-manager.io/web-1',
      ].join('\n'),
      [
        ['alibabapcaissuers.pca.alibabacloud.com', 'pca'],
        ['certificates.cert-manager.io', 'web'],
      ]
        .map(([resource = '', name = '']) => {
          const [plural, group] = [resource.replace(/\..*/, ''), resource.replace(/^\w+\./, '')];
          return `Error from server (Forbidden): ${resource} "${name}" is forbidden: User "view" cannot delete resource "${plural}" in API group "${group}" in the namespace "${namespace}"`;
        })
        .join('\n'),
    ]);
  });
});
