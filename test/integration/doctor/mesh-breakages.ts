// Broken meshes: an istiod that asks for what its issuer does not give, or hands out another root.
import type { Manifest } from '../../support/cluster.ts';
import { reference } from '../../support/cluster.ts';
import type { Scene } from './scene.ts';
import { shop } from './scene.ts';
import type { Breakage } from './breakage.ts';

const namespace = 'istio-system';
const domain = 'alibabapcaissuers.pca.alibabacloud.com';
const signer = `${shop}.pca`;

interface Mesh {
  readonly root: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly proxyMetadata?: Readonly<Record<string, string>>;
  readonly mayApprove?: boolean;
}

/** istiod as its chart makes it (docs/mesh/istio.md, form A), as far as the doctor looks. */
function meshObjects({ root, env = {}, proxyMetadata = {}, mayApprove = true }: Mesh): readonly Manifest[] {
  const variables = { CERT_SIGNER_DOMAIN: domain, CITADEL_SELF_SIGNED_CA_CERT_TTL: '2160h', ...env };
  const mesh = {
    defaultConfig: { proxyMetadata: { ISTIO_META_CERT_SIGNER: signer, ...proxyMetadata } },
    caCertificates: [{ pem: root, certSigners: [`${domain}/${signer}`] }],
  };
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'istiod', namespace } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio', namespace },
      data: { mesh: JSON.stringify(mesh) },
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'istiod-signers' },
      rules: [
        {
          apiGroups: ['certificates.k8s.io'],
          resources: ['signers'],
          resourceNames: [mayApprove ? `${domain}/*` : 'kubernetes.io/legacy-unknown'],
          verbs: ['approve'],
        },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'istiod-signers' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'istiod-signers' },
      subjects: [{ kind: 'ServiceAccount', name: 'istiod', namespace }],
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'istiod', namespace, labels: { app: 'istiod' } },
      spec: {
        selector: { matchLabels: { app: 'istiod' } },
        template: {
          metadata: { labels: { app: 'istiod' } },
          spec: {
            serviceAccountName: 'istiod',
            containers: [
              {
                name: 'discovery',
                image: 'istio/pilot:1.31.0',
                env: Object.entries(variables).map(([name, value]) => ({ name, value })),
              },
            ],
          },
        },
      },
    },
  ];
}

const rootOf = ({ world }: Scene, parent = 'sim-sub-ecc-p256'): string => world.simulator.rootPem(parent);

/** The mesh as it should be. */
export async function applyMesh(scene: Scene): Promise<void> {
  await scene.cluster.apply(meshObjects({ root: rootOf(scene) }));
}

function brokenMesh(mesh: (scene: Scene) => Mesh, maxDuration?: string): Breakage['apply'] {
  return async (scene) => {
    const { cluster, pca } = scene;
    await cluster.apply(meshObjects(mesh(scene)));
    const limit = async (most: string | null): Promise<void> => {
      await cluster.patch(pca, { spec: { validity: { maxDuration: most } } });
      await cluster.waitForCondition(pca, { type: 'Ready', status: 'True' });
    };
    if (maxDuration !== undefined) await limit(maxDuration);
    return {
      undo: async () => {
        await applyMesh(scene);
        if (maxDuration !== undefined) await limit(null);
      },
    };
  };
}

/** The traps of docs/mesh/istio.md. */
export const meshBreakages: readonly Breakage[] = [
  {
    name: 'The mesh trusts another root than that of its issuer',
    apply: brokenMesh((scene) => ({ root: rootOf(scene, 'sim-sub-rsa-2048') })),
    cause: /lacks the root of AlibabaPCAIssuer "shop\/pca"/,
  },
  {
    name: 'Proxies ask for more than maxDuration of the issuer',
    apply: brokenMesh((scene) => ({ root: rootOf(scene), proxyMetadata: { SECRET_TTL: '2160h' } }), '720h'),
    cause: /asks for 2160h \(SECRET_TTL.*more than the 720h of spec\.validity\.maxDuration/,
  },
  {
    name: 'istiod asks for ten years for itself, longer than maxDuration',
    apply: brokenMesh(
      (scene) => ({
        root: rootOf(scene),
        env: { PILOT_CERT_PROVIDER: `k8s.io/${domain}/${signer}`, CITADEL_SELF_SIGNED_CA_CERT_TTL: '87600h' },
      }),
      '8760h',
    ),
    cause: /asks for 87600h \(CITADEL_SELF_SIGNED_CA_CERT_TTL/,
  },
  {
    name: 'istiod may not approve what it asks for',
    apply: brokenMesh((scene) => ({ root: rootOf(scene), mayApprove: false })),
    cause: /istiod may not approve/,
  },
  {
    name: 'K8S_SIGNER is set',
    apply: brokenMesh((scene) => ({ root: rootOf(scene), env: { K8S_SIGNER: 'kubernetes.io/legacy-unknown' } })),
    cause: /K8S_SIGNER is set/,
  },
];

/** The Deployment of istiod, to be removed at the end. */
export const istiod = reference({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'istiod', namespace } });
