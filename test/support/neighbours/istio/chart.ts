// The objects of Istio's own charts but what would run in pods, and a kubeconfig of istiod's ServiceAccount, so that exactly
// the rights of the chart are tried.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { goModuleFolder } from '../../../../control-plane/driver/go-build.ts';
import { readManifests, reference } from '../../cluster.ts';
import type { Cluster, Manifest } from '../../cluster.ts';
import { helm } from '../../helm.ts';
import { secretAccess, readProduct, writeServiceAccountKubeconfig } from '../../product.ts';
import type { World } from '../../world.ts';
import { istioNamespace } from './manifests.ts';
import type { IstioValues } from './manifests.ts';
import { istiodProgram } from './programs.ts';

// What needs a Service to lead to a pod: without one, the API server could not ask the webhooks and would refuse.
const keptKinds = new Set([
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
  'ConfigMap',
  'Service',
]);

/** How the chart starts istiod. */
export interface IstiodContainer {
  readonly args: readonly string[];
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
  }[];
}

/** Makes istiod's namespace, which the operator may read Secrets of, and Istio's CustomResourceDefinitions. */
export async function prepareIstio({ cluster }: World): Promise<void> {
  const crds = await readFile(join(await chartFolder('base'), 'files/crd-all.gen.yaml'), 'utf8');
  const product = await readProduct();
  const applied = await cluster.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: istioNamespace } },
    ...secretAccess(product, istioNamespace),
    ...readManifests(crds),
  ]);
  const definitions = applied.filter(({ kind }) => kind === 'CustomResourceDefinition');
  await Promise.all(
    definitions.map(async (each) => cluster.waitForCondition(reference(each), { type: 'Established', status: 'True' })),
  );
}

/** Applies the chart of istiod with these values and answers how it would start istiod. */
export async function applyIstiodChart(cluster: Cluster, values: IstioValues): Promise<IstiodContainer> {
  const chart = await chartFolder('istio-control/istio-discovery');
  const args = ['template', 'istiod', chart, '--namespace', istioNamespace, '--values=-'];
  const { code, stdout, stderr } = await helm(args, JSON.stringify(values));
  if (code !== 0) throw new Error(stderr);
  const manifests = readManifests(stdout);
  await cluster.apply(manifests.filter(({ kind }) => keptKinds.has(kind)));
  return containerOf(manifests);
}

/** Writes a kubeconfig of istiod's ServiceAccount. */
export async function writeIstiodKubeconfig({ cluster }: World, file: string): Promise<void> {
  await writeServiceAccountKubeconfig(
    async (args, input) => cluster.kubectl(args, input),
    { name: 'istiod', namespace: istioNamespace },
    file,
  );
}

/** Folder of a chart of Istio's Go module. */
export async function chartFolder(name: string): Promise<string> {
  const { directory } = await goModuleFolder(istiodProgram, 'istio.io/istio');
  return join(directory, 'manifests/charts', name);
}

function containerOf(manifests: readonly Manifest[]): IstiodContainer {
  const deployment = manifests.find(({ kind }) => kind === 'Deployment');
  const spec = deployment?.['spec'] as
    { readonly template: { readonly spec: { readonly containers: readonly IstiodContainer[] } } } | undefined;
  const container = spec?.template.spec.containers[0];
  if (container === undefined) throw new Error('The chart of istiod has no container.');
  return container;
}
