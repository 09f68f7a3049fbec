// The real trust-manager spreads the root that ca.crt holds, as docs/mesh/trust-manager.md has it do.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { conditionsOf, reference } from '../../support/cluster.ts';
import type { ObjectReference } from '../../support/cluster.ts';
import { applyDocumented } from '../../support/neighbours/istio/manifests.ts';
import type { Neighbour } from '../../support/neighbours/neighbour.ts';
import { buildMs, neighbourProgram } from '../../support/neighbours/program.ts';
import {
  trustManager,
  trustManagerAccount,
  trustManagerObjects,
  trustManagerProgram,
  trustNamespace,
} from '../../support/neighbours/trust-manager/trust-manager.ts';
import { configMapAccess, readProduct } from '../../support/product.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, issuerApiVersion, World } from '../../support/world.ts';

const manifest = fileURLToPath(new URL('../../../docs/mesh/manifests/trust-manager-bundle.yaml', import.meta.url));
const bundle = {
  apiVersion: 'trust.cert-manager.io/v1alpha1',
  kind: 'Bundle',
  name: 'pca-roots-of-the-mesh',
} as const;

let world: World;
let spreader: Neighbour | undefined;

beforeAll(async () => {
  await neighbourProgram(trustManagerProgram);
  const objects = await trustManagerObjects();
  world = await World.start({});
  const { cluster, controlPlane } = world;
  await cluster.apply([
    ...objects,
    ...configMapAccess(await readProduct(), trustNamespace),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'pca-roots': 'yes' } } },
  ]);
  for (const definition of objects.filter(({ kind }) => kind === 'CustomResourceDefinition'))
    await cluster.waitForCondition(reference(definition), { type: 'Established', status: 'True' });
  const kubeconfig = await controlPlane.kubeconfigForServiceAccount(trustNamespace, trustManagerAccount);
  spreader = await trustManager(controlPlane.directory, kubeconfig);
  await spreader.start();
}, 2 * buildMs);
afterAll(async () => {
  await spreader?.kill();
  await world?.stop();
});

/** The documented issuer with this CA, once it is ready. */
async function issueFrom(parentIdentifier: string): Promise<void> {
  const applied = await applyDocumented(world, 'trust-manager-issuer.yaml', parentIdentifier);
  for (const object of applied.filter(({ kind }) => kind === 'AlibabaPCAClusterIssuer')) {
    await world.cluster.waitFor(reference(object), `Ready with ${parentIdentifier}`, (found) =>
      conditionsOf(found).some(
        ({ type, reason, observedGeneration }) =>
          type === 'Ready' && reason === 'Checked' && observedGeneration === found.metadata['generation'],
      ),
    );
  }
}

/** ca.crt of a new Certificate. */
async function issuedCA(name: string, privateKey: object): Promise<string> {
  const [group] = issuerApiVersion.split('/');
  const issuerRef = { group, kind: 'AlibabaPCAClusterIssuer', name: 'pca' };
  await world.cluster.apply(certificate('shop', name, { issuerRef, privateKey }));
  await world.cluster.waitForCondition(
    { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace: 'shop', name },
    { type: 'Ready', status: 'True' },
  );
  const { 'ca.crt': ca = '' } = await dataOf({ apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name });
  return Buffer.from(ca, 'base64').toString();
}

async function dataOf(object: ObjectReference): Promise<Readonly<Record<string, string>>> {
  const found = (await world.cluster.get(object)) as { readonly data?: Readonly<Record<string, string>> } | undefined;
  return found?.data ?? {};
}

/** The certificates of a PEM text, in an order of their own: trust-manager has one, too. */
function certificatesIn(pem = ''): readonly string[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).toSorted();
}

/** Waits until what the issuer publishes, and what trust-manager makes of it in the namespace shop, are these certificates. */
async function spread(pem: string): Promise<void> {
  const wanted = certificatesIn(pem);
  const from = { apiVersion: 'v1', kind: 'ConfigMap', namespace: trustNamespace, name: 'pca-roots' };
  const to = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: bundle.name };
  expect(certificatesIn((await dataOf(from))['ca.crt'])).toEqual(wanted);
  await until('trust-manager to spread them', async () => {
    const found = certificatesIn((await dataOf(to))['ca.crt']);
    if (found.join() !== wanted.join()) throw new NotYet(found);
    return found;
  });
}

it('spreads the root that ca.crt holds, and both roots after a change of the CA', async () => {
  await issueFrom('sim-sub-ecc-p256');
  // Strictly: a field that trust-manager does not know is refused.
  await world.cluster.kubectl(['create', '--validate=strict', '-f', '-'], await readFile(manifest, 'utf8'));
  const first = await issuedCA('first', { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' });
  expect(first).toBe(world.simulator.rootPem('sim-sub-ecc-p256'));
  await spread(first);

  await issueFrom('sim-sub-rsa-2048');
  const second = await issuedCA('second', { algorithm: 'RSA', size: 2048, rotationPolicy: 'Always' });
  expect(second).toBe(world.simulator.rootPem('sim-sub-rsa-2048'));
  await spread(second + first);
});
