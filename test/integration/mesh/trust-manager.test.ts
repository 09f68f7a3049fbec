// What docs/mesh/trust-manager.md has trust-manager read is what ca.crt holds. Its own definition of Bundles takes the manifest;
// trust-manager itself does not run.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { conditionsOf, reference } from '../../support/cluster.ts';
import type { ObjectReference } from '../../support/cluster.ts';
import { applyDocumented } from '../../support/neighbours/istio/manifests.ts';
import { trustManagerObjects, trustNamespace } from '../../support/neighbours/trust-manager/trust-manager.ts';
import { configMapAccess, readProduct } from '../../support/product.ts';
import { certificate, issuerApiVersion, World } from '../../support/world.ts';

const manifest = fileURLToPath(new URL('../../../docs/mesh/manifests/trust-manager-bundle.yaml', import.meta.url));
const bundle = {
  apiVersion: 'trust.cert-manager.io/v1alpha1',
  kind: 'Bundle',
  name: 'pca-roots-of-the-mesh',
} as const;

let world: World;

beforeAll(async () => {
  const objects = await trustManagerObjects();
  world = await World.start({});
  const { cluster } = world;
  const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  await cluster.apply([
    ...definitions,
    ...configMapAccess(await readProduct(), trustNamespace),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  ]);
  for (const definition of definitions)
    await cluster.waitForCondition(reference(definition), { type: 'Established', status: 'True' });
});
afterAll(async () => world?.stop());

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

/** What trust-manager reads for the Bundle: the values of its sources, in the namespace that it reads. */
async function sources(): Promise<readonly (string | undefined)[]> {
  const { spec } = (await world.cluster.get(bundle)) as unknown as {
    readonly spec: {
      readonly sources: readonly { readonly configMap: { readonly name: string; readonly key: string } }[];
    };
  };
  return Promise.all(
    spec.sources.map(async ({ configMap: { name, key } }) => {
      const data = await dataOf({ apiVersion: 'v1', kind: 'ConfigMap', namespace: trustNamespace, name });
      return data[key];
    }),
  );
}

it('reads the root that ca.crt holds, and both roots after a change of the CA', async () => {
  // Strictly: a field that trust-manager does not know is refused.
  await world.cluster.kubectl(['create', '--validate=strict', '-f', '-'], await readFile(manifest, 'utf8'));
  await issueFrom('sim-sub-ecc-p256');
  const first = await issuedCA('first', { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' });
  expect([first, await sources()]).toEqual([world.simulator.rootPem('sim-sub-ecc-p256'), [first]]);

  await issueFrom('sim-sub-rsa-2048');
  const second = await issuedCA('second', { algorithm: 'RSA', size: 2048, rotationPolicy: 'Always' });
  expect([second, await sources()]).toEqual([world.simulator.rootPem('sim-sub-rsa-2048'), [second + first]]);
});
