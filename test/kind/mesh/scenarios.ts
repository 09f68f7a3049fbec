// What meshes and CSI drivers do in a cluster with pods, each with its own chart: Envoy, ztunnel, istio-csr, Linkerd and both
// drivers run nowhere else in the tests. Written without having been run, since no machine of the authors has had a container
// engine: what is expected is read from the sources of these programs. A first run may find the expectations wrong.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';

import { readManifests, reference } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import type { InstalledWorld } from '../../support/installed-world.ts';
import { documentedValues } from '../../support/neighbours/istio/manifests.ts';
import { trustedRoots } from '../../support/neighbours/roots.ts';
import { NotYet, until } from '../../support/wait.ts';
import { manifestsOf, ofCertManager, ofIstio, ofLinkerd, valuesOf, withCharts } from './charts.ts';

/** One mesh or driver, from its chart to two workloads that talk or a pod that has its certificate. */
export interface MeshScenario {
  readonly name: string;
  /** Of this chart, besides what all scenarios have. */
  readonly values?: object;
  readonly run: (world: InstalledWorld) => Promise<void>;
}

// Images have to be fetched.
const imagesTimeout = '--timeout=600s';
const instanceIds = ['cas_deposit-cn-sim0001', 'cas_deposit-cn-sim0002'];

/** All of them. */
export const meshScenarios: readonly MeshScenario[] = [
  { name: 'Istio, form A: Envoy has certificates of PCA', run: registrationAuthority },
  { name: 'Istio, form D, ambient: ztunnel has certificates below an intermediate CA', run: ambient },
  {
    name: 'istio-csr hands on what Envoy asks for',
    values: { configMapAccess: { namespaces: ['cert-manager'] } },
    run: istioCsr,
  },
  { name: 'Linkerd issues below an intermediate CA without its DNS name', run: linkerd },
  { name: 'csi-driver gives a pod a certificate', run: csiDriver },
  {
    name: 'csi-driver-spiffe gives a pod its SVID, which its own approver allows',
    values: { approverRole: { enabled: false } },
    run: csiDriverSpiffe,
  },
];

async function registrationAuthority(world: InstalledWorld): Promise<void> {
  const root = await meshIssuer(world, { parentIdentifier: 'sim-sub-rsa-2048' });
  const values = await documentedValues('istio-ra-values.yaml', root);
  await using _ = await withCharts(world, [ofIstio('base'), ofIstio('istiod', values)]);
  const namespace = await world.cluster.createNamespace('shop', { 'istio-injection': 'enabled' });
  await startWorkloads(world, namespace, 'istio-strict.yaml');
  await expectHello(world, namespace);
  await expectOfPca(world, await serialOfEnvoy(world, namespace));
}

async function ambient(world: InstalledWorld): Promise<void> {
  await meshIssuer(world, { parentIdentifier: 'sim-sub-ecc-issuing-cas', externalCA: { instanceIds } }, 'mesh-ca');
  await world.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } });
  await world.applyReady(...(await documentedCertificates('istio-ca.yaml')));
  const profile = { profile: 'ambient' };
  await using _ = await withCharts(world, [
    ofIstio('base'),
    ofIstio('istiod', profile),
    ofIstio('cni', profile),
    ofIstio('ztunnel'),
  ]);
  const namespace = await world.cluster.createNamespace('shop', { 'istio.io/dataplane-mode': 'ambient' });
  await startWorkloads(world, namespace, 'istio-strict.yaml');
  await expectHello(world, namespace);
  await untilLogged(
    world,
    ['daemonset/ztunnel', '--namespace=istio-system'],
    [
      `src.identity="spiffe://cluster.local/ns/${namespace}/sa/client"`,
      `dst.identity="spiffe://cluster.local/ns/${namespace}/sa/web"`,
    ],
  );
}

async function istioCsr(world: InstalledWorld): Promise<void> {
  const trust = { publishTo: { name: 'mesh-roots', namespace: 'cert-manager' } };
  await meshIssuer(world, { parentIdentifier: 'sim-sub-rsa-2048', trust });
  await world.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } });
  await using _ = await withCharts(world, [
    ofCertManager('cert-manager-istio-csr', await valuesOf('istio-csr-values.yaml')),
    ofIstio('base'),
    ofIstio('istiod', await valuesOf('istio-csr-istiod-values.yaml')),
  ]);
  const namespace = await world.cluster.createNamespace('shop', { 'istio-injection': 'enabled' });
  await startWorkloads(world, namespace, 'istio-strict.yaml');
  await expectHello(world, namespace);
  await expectOfPca(world, await serialOfEnvoy(world, namespace));
}

async function linkerd(world: InstalledWorld): Promise<void> {
  const externalCA = { instanceIds, names: 'Drop' };
  const identityTrustAnchorsPEM = await meshIssuer(world, { externalCA });
  await world.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'linkerd' } });
  await world.applyReady(...(await manifestsOf('linkerd-issuer.yaml', 'linkerd')));
  const values = { identityTrustAnchorsPEM, identity: { issuer: { scheme: 'kubernetes.io/tls' } } };
  await using _ = await withCharts(world, [ofLinkerd('linkerd-crds'), ofLinkerd('linkerd-control-plane', values)]);
  const namespace = 'shop-of-linkerd';
  const annotations = { 'linkerd.io/inject': 'enabled' };
  await world.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, annotations } });
  await startWorkloads(world, namespace);
  await expectHello(world, namespace);
  await untilLogged(
    world,
    ['deployment/linkerd-identity', '--namespace=linkerd', '--container=identity'],
    [`web.${namespace}.serviceaccount.identity.linkerd.cluster.local`],
  );
}

async function csiDriver(world: InstalledWorld): Promise<void> {
  const root = await meshIssuer(world);
  await using _ = await withCharts(world, [ofCertManager('cert-manager-csi-driver')]);
  const namespace = await world.cluster.createNamespace('shop');
  const leaf = await leafOfPod(world, namespace, 'csi-driver-pod.yaml');
  expect(leaf.subjectAltName).toBe(`DNS:web.${namespace}.svc.cluster.local`);
  expect(await inPod(world, namespace, 'pod/web', ['cat', '/tls/ca.crt'])).toBe(root);
  await expectOfPca(world, leaf.serialNumber);
}

async function csiDriverSpiffe(world: InstalledWorld): Promise<void> {
  await meshIssuer(world);
  const values = await valuesOf('csi-driver-spiffe-values.yaml');
  await using _ = await withCharts(world, [ofCertManager('cert-manager-csi-driver-spiffe', values)]);
  const namespace = await world.cluster.createNamespace('shop');
  const leaf = await leafOfPod(world, namespace, 'csi-driver-spiffe-pod.yaml');
  expect(leaf.subjectAltName).toBe(`URI:spiffe://cluster.local/ns/${namespace}/sa/web`);
  await expectOfPca(world, leaf.serialNumber);
}

/** Applies a cluster issuer until it is ready, and answers the root that clients must trust. */
async function meshIssuer(world: InstalledWorld, spec: object = {}, name = 'mesh'): Promise<string> {
  const manifests = world.issuer(name, undefined, spec);
  await world.applyReady(...manifests);
  return trustedRoots(world.cluster, reference(manifests.at(-1)!));
}

/** The Certificates of a file of docs/mesh/manifests. */
async function documentedCertificates(file: string): Promise<readonly Manifest[]> {
  const text = await readFile(new URL(`../../../docs/mesh/manifests/${file}`, import.meta.url), 'utf8');
  return readManifests(text).filter(({ kind }) => kind === 'Certificate');
}

async function startWorkloads(world: InstalledWorld, namespace: string, ...more: readonly string[]): Promise<void> {
  for (const file of [...more, 'workloads.yaml']) await world.cluster.apply(await manifestsOf(file, namespace));
  for (const name of ['web', 'client'])
    await world.cluster.kubectl(['rollout', 'status', `deployment/${name}`, '--namespace', namespace, imagesTimeout]);
}

async function inPod(
  { cluster }: InstalledWorld,
  namespace: string,
  target: string,
  command: readonly string[],
): Promise<string> {
  return cluster.kubectl(['exec', '--namespace', namespace, target, '--', ...command]);
}

/** The client is answered, which in a strict mesh takes certificates on both sides. */
async function expectHello(world: InstalledWorld, namespace: string): Promise<void> {
  const ask = ['wget', '-q', '-T', '10', '-O', '-', 'http://web:8080/'];
  const answer = await until('the workloads to talk', async () => inPod(world, namespace, 'deployment/client', ask));
  expect(answer.trim()).toBe('hello');
}

/** Serial number, hexadecimal, of the certificate that Envoy beside `web` presents. */
async function serialOfEnvoy(world: InstalledWorld, namespace: string): Promise<string> {
  const target = ['--namespace', namespace, 'deployment/web', '--container=istio-proxy'];
  const shown = await world.cluster.kubectl(['exec', ...target, '--', 'pilot-agent', 'request', 'GET', 'certs']);
  const { certificates } = JSON.parse(shown) as {
    readonly certificates: readonly {
      readonly cert_chain?: readonly {
        readonly serial_number: string;
        readonly subject_alt_names: readonly { readonly uri?: string }[];
      }[];
    }[];
  };
  const leaf = certificates.flatMap(({ cert_chain: chain = [] }) => chain.slice(0, 1))[0];
  expect(leaf?.subject_alt_names).toEqual([{ uri: `spiffe://cluster.local/ns/${namespace}/sa/web` }]);
  return leaf?.serial_number ?? '';
}

/** PCA itself has issued the certificate with this serial number. */
async function expectOfPca({ simulator }: InstalledWorld, serialNumber: string): Promise<void> {
  const plain = (serial: string): string => serial.toLowerCase().replace(/^0+/, '');
  const issued = (await simulator.issued()).map(({ serialNumber: serial }) => plain(serial));
  expect(issued).toContain(plain(serialNumber));
}

async function leafOfPod(world: InstalledWorld, namespace: string, file: string): Promise<X509Certificate> {
  await world.cluster.apply(await manifestsOf(file, namespace));
  await world.cluster.kubectl(['wait', 'pod/web', '--for=condition=Ready', '--namespace', namespace, imagesTimeout]);
  return new X509Certificate(await inPod(world, namespace, 'pod/web', ['cat', '/tls/tls.crt']));
}

async function untilLogged(
  { cluster }: InstalledWorld,
  target: readonly string[],
  texts: readonly string[],
): Promise<void> {
  await until(`the log of ${target[0] ?? ''} to name the workloads`, async () => {
    const log = await cluster.kubectl(['logs', ...target, '--tail=-1']);
    const missing = texts.filter((text) => !log.includes(text));
    if (missing.length > 0) throw new NotYet(`without ${missing.join(', ')}`);
    return true;
  });
}
