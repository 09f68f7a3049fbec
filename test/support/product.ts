// What a cluster needs before the operator can run as a process: everything of deploy/install.yaml except what would
// run in pods, and a kubeconfig of the operator's own ServiceAccount, so that exactly the chart's permissions are tried.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { readManifests, reference } from './cluster.ts';
import type { Cluster, Manifest } from './cluster.ts';

/** Runs kubectl with these arguments and standard input, and returns what it printed. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** The objects to apply, in order, and the ServiceAccount among them that the operator runs as. */
export interface Product {
  readonly objects: readonly Manifest[];
  readonly serviceAccount: { readonly name: string; readonly namespace: string };
}

const manifestFile = fileURLToPath(new URL('../../deploy/install.yaml', import.meta.url));
const kindsInPods = new Set([
  'Deployment',
  'Service',
  'PodDisruptionBudget',
  'NetworkPolicy',
  'ServiceMonitor',
  'PodMonitor',
]);

/** Reads deploy/install.yaml. */
export async function readProduct(): Promise<Product> {
  const manifests = readManifests(await readFile(manifestFile, 'utf8'));
  const account = manifests.find(({ kind }) => kind === 'ServiceAccount')?.metadata;
  if (account?.namespace === undefined) throw new Error(`${manifestFile} has no ServiceAccount with a namespace.`);
  const namespaces = [...new Set(manifests.map(({ metadata }) => metadata.namespace))]
    .filter(
      (name) =>
        name !== undefined && !manifests.some(({ kind, metadata }) => kind === 'Namespace' && metadata.name === name),
    )
    .map((name): Manifest => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: String(name) } }));
  return {
    objects: [...namespaces, ...manifests.filter(({ kind }) => !kindsInPods.has(kind))],
    serviceAccount: { name: account.name, namespace: account.namespace },
  };
}

/**
 * The Role and RoleBinding with which the operator may read the Secrets of a further namespace: the same that the chart
 * makes for each of `secretAccess.namespaces`.
 */
export function secretAccess({ objects }: Product, namespace: string): readonly Manifest[] {
  const role = objects.find(({ kind, rules }) => kind === 'Role' && JSON.stringify(rules).includes('"secrets"'));
  const binding = objects.find(
    ({ kind, metadata }) =>
      kind === 'RoleBinding' && metadata.name === role?.metadata.name && metadata.namespace === role.metadata.namespace,
  );
  if (role === undefined || binding === undefined) throw new Error(`${manifestFile} has no Role for reading Secrets.`);
  return [role, binding].map((manifest) => ({ ...manifest, metadata: { ...manifest.metadata, namespace } }));
}

/** What the chart lets the operator do in each of `configMapAccess.namespaces`. */
export const configMapRules = [
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch', 'delete'] },
];

/** The Role and RoleBinding that the chart makes for each of `configMapAccess.namespaces`. */
export function configMapAccess(product: Product, namespace: string): readonly Manifest[] {
  return access(product, namespace, 'configmaps', configMapRules);
}

function access(
  { serviceAccount }: Product,
  namespace: string,
  what: string,
  rules: readonly object[],
): readonly Manifest[] {
  const name = `${serviceAccount.name}-${what}`;
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  return [
    { apiVersion, kind: 'Role', metadata: { name, namespace }, rules },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', ...serviceAccount }],
    },
  ];
}

/** What the chart lets the operator do in each of `serviceAccountTokens.namespaces`. */
export const serviceAccountTokenRules = [
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
];

/** The Role and RoleBinding that the chart makes for each of `serviceAccountTokens.namespaces`. */
export function serviceAccountTokens(product: Product, namespace: string): readonly Manifest[] {
  return access(product, namespace, 'tokens', serviceAccountTokenRules);
}

/** Applies {@link readProduct} to a test cluster, where it stays, and waits until the new kinds are served. */
export async function installProduct(cluster: Cluster): Promise<Product> {
  const product = await readProduct();
  for (const manifest of await cluster.apply(product.objects)) {
    if (manifest.kind === 'CustomResourceDefinition')
      await cluster.waitForCondition(reference(manifest), { type: 'Established', status: 'True' });
  }
  return product;
}

/** Writes a kubeconfig for the same API server whose only credential is a token of the ServiceAccount. */
export async function writeServiceAccountKubeconfig(
  kubectl: Kubectl,
  serviceAccount: Product['serviceAccount'],
  file: string,
): Promise<void> {
  const [view, token] = await Promise.all([
    kubectl(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json']),
    kubectl(['create', 'token', serviceAccount.name, '--namespace', serviceAccount.namespace, '--duration', '24h']),
  ]);
  const { clusters } = JSON.parse(view) as { readonly clusters: readonly { readonly cluster: object }[] };
  const name = serviceAccount.name;
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: clusters[0]?.cluster }],
    users: [{ name, user: { token: token.trim() } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  await writeFile(file, `${JSON.stringify(kubeconfig, null, 2)}\n`, { mode: 0o600 });
}
