// Broken clusters: CRDs, operator, Lease, rights, approval, proxy.
import { reference } from '../../support/cluster.ts';
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import { isAllowed } from '../../support/access-review.ts';
import type { Action } from '../../support/access-review.ts';
import { readProduct } from '../../support/product.ts';
import { until } from '../../support/wait.ts';
import { canaries, flags, shop, withContainer, withFlags } from './scene.ts';
import type { Scene } from './scene.ts';
import type { Breakage } from './breakage.ts';

const definition = (plural: string): ObjectReference => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  name: `${plural}.pca.alibabacloud.com`,
});

/** A case in which the Deployment is another one. */
function changedDeployment(change: (deployment: Manifest) => Manifest, status?: object): Breakage['apply'] {
  return async (scene) => {
    await scene.changeDeployment(change, status);
    return { undo: async () => scene.restoreDeployment() };
  };
}

/** A case in which a ClusterRoleBinding of the chart is missing, so that somebody may not do something. */
function withoutBinding(
  isIt: (name: string) => boolean,
  may: { readonly account?: { readonly namespace: string; readonly name: string }; readonly action: Action },
): Breakage['apply'] {
  return async ({ cluster }) => {
    const { objects, serviceAccount } = await readProduct();
    const object = objects.find(({ kind, metadata }) => kind === 'ClusterRoleBinding' && isIt(metadata.name));
    if (object === undefined) throw new Error('The chart has no such ClusterRoleBinding.');
    const account = may.account ?? serviceAccount;
    await cluster.delete(reference(object));
    await until('the right to be gone', async () => !(await isAllowed(cluster, account, may.action)));
    return {
      undo: async () => {
        await cluster.apply(object);
        await until('the right to be back', async () => isAllowed(cluster, account, may.action));
      },
    };
  };
}

/** Waits until the API server serves something, or no more. */
async function served({ cluster }: Scene, path: string, wanted: boolean): Promise<void> {
  await until(`${path} to be ${wanted ? 'served' : 'gone'}`, async () => {
    const { status } = await cluster.api.send('GET', path);
    return (status === 200) === wanted;
  });
}

const environment = [
  { name: 'ALIBABA_CLOUD_OIDC_TOKEN_FILE', value: '/var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token' },
  { name: 'ALIBABA_CLOUD_ROLE_ARN', value: 'acs:ram::1234567890123456:role/pca-issuer' },
  { name: 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN', value: 'acs:ram::1234567890123456:oidc-provider/ack-rrsa' },
];
const tokenVolume = {
  name: 'rrsa-oidc-token',
  projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'kubernetes', expirationSeconds: 3600 } }] },
};
const policies: Manifest = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'certificaterequestpolicies.policy.cert-manager.io' },
  spec: {
    group: 'policy.cert-manager.io',
    scope: 'Cluster',
    names: {
      plural: 'certificaterequestpolicies',
      singular: 'certificaterequestpolicy',
      kind: 'CertificateRequestPolicy',
      listKind: 'CertificateRequestPolicyList',
    },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

/** In the order in which the doctor looks. */
export const clusterBreakages: readonly Breakage[] = [
  {
    name: 'The CRD of an issuer is older than the operator',
    apply: async ({ cluster }) => {
      const crd = definition('alibabapcaclusterissuers');
      const before = await cluster.get(crd);
      const text = JSON.stringify(before?.['spec']);
      const spec = JSON.parse(text) as CrdSpec;
      for (const { schema } of spec.versions) delete schema.openAPIV3Schema.properties.spec.properties['patience'];
      await cluster.patch(crd, { spec });
      return { undo: async () => void (await cluster.patch(crd, { spec: JSON.parse(text) as object })) };
    },
    cause: /lacks spec\.patience/,
  },
  {
    name: 'Two releases of the operator are installed',
    apply: async ({ cluster, deployment }) => {
      const other = { ...deployment, metadata: { ...deployment.metadata, name: 'second-release' } };
      await cluster.apply(other);
      return { undo: async () => cluster.delete(reference(other)) };
    },
    cause: /second operator/,
  },
  {
    name: 'The Deployment has a flag that cannot be read',
    apply: changedDeployment((deployment) => withFlags(deployment, [...flags, '--retry-max-delay=soon'])),
    cause: /--retry-max-delay is "soon"/,
  },
  {
    name: 'No replica of the operator is available',
    apply: changedDeployment((deployment) => deployment, { replicas: 2, unavailableReplicas: 2 }),
    cause: /0 of 2 replicas/,
  },
  {
    name: 'The operator is of another version',
    apply: changedDeployment((deployment) => ({
      ...deployment,
      metadata: {
        ...deployment.metadata,
        labels: { ...deployment.metadata.labels, 'app.kubernetes.io/version': '0.0.9' },
      },
    })),
    cause: /version is 0\.0\.9/,
  },
  {
    name: "The operator's ServiceAccount does not exist",
    apply: changedDeployment((deployment) => withContainer(deployment, {}, { serviceAccountName: 'forgotten' })),
    cause: /does not exist/,
  },
  {
    name: 'The operator looks for another Lease than the one that is held',
    apply: changedDeployment((deployment) => withFlags(deployment, [...flags, '--leader-election-name=another'])),
    cause: /no replica has ever led/,
  },
  {
    name: 'The operator was stopped, and no replica leads',
    apply: async ({ world }) => {
      await world.operator.stop();
      return { undo: async () => void (await world.startOperator()) };
    },
    cause: /Nobody holds it/,
  },
  {
    name: "The operator's ClusterRole is not bound",
    apply: withoutBinding((name) => name === 'alibaba-pca-issuer', {
      action: { verb: 'get', group: 'cert-manager.io', resource: 'certificaterequests' },
    }),
    cause: /may not get certificaterequests/,
  },
  {
    name: 'The operator may not read the Secret of an issuer',
    apply: async ({ cluster, world }) => {
      const binding = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        namespace: shop,
        name: 'read-secrets',
      };
      const before = await cluster.get(binding);
      const { serviceAccount } = await readProduct();
      const read = { verb: 'get', resource: 'secrets', namespace: shop, name: 'access-key' };
      await cluster.delete(binding);
      await until('the right to be gone', async () => !(await isAllowed(cluster, serviceAccount, read)));
      return {
        undo: async () => {
          const { roleRef, subjects } = before as Manifest & { readonly roleRef: object; readonly subjects: object };
          await cluster.apply({
            apiVersion: binding.apiVersion,
            kind: binding.kind,
            metadata: { name: binding.name, namespace: shop },
            roleRef,
            subjects,
          });
          await until('the right to be back', async () => isAllowed(cluster, serviceAccount, read));
          await cluster.waitForCondition(reference(world.issuer(shop, 'pca')), { type: 'Ready', status: 'True' });
        },
      };
    },
    cause: /may not get secrets "access-key" in namespace shop/,
  },
  {
    name: 'cert-manager runs as a ServiceAccount without its RBAC',
    apply: async () => Promise.resolve({ args: [`--cert-manager=${shop}/default`] }),
    cause: /may not create certificaterequests/,
  },
  {
    name: 'Nobody may approve requests for the issuers',
    apply: withoutBinding((name) => name.startsWith('cert-manager-controller-approve'), {
      account: { namespace: 'cert-manager', name: 'cert-manager' },
      action: {
        verb: 'approve',
        group: 'cert-manager.io',
        resource: 'signers',
        name: 'alibabapcaissuers.pca.alibabacloud.com/*',
      },
    }),
    cause: /nobody else is bound/,
  },
  {
    name: 'cert-manager approves before approver-policy has judged',
    apply: async (scene) => {
      const { cluster } = scene;
      const path = '/apis/policy.cert-manager.io/v1alpha1';
      await cluster.apply(policies);
      await served(scene, path, true);
      return {
        undo: async () => {
          await cluster.delete(reference(policies));
          await served(scene, path, false);
        },
      };
    },
    cause: /before approver-policy has judged/,
  },
  {
    name: 'The token for STS has the audience of the API server',
    apply: changedDeployment((deployment) =>
      withContainer(deployment, { env: environment }, { volumes: [tokenVolume] }),
    ),
    cause: /audience kubernetes/,
  },
  {
    name: 'The proxy of the environment is no URL of one',
    apply: async () =>
      Promise.resolve({ environment: { HTTPS_PROXY: `ftp://user:${canaries.proxyPassword}@proxy.example.com` } }),
    cause: /HTTPS_PROXY is no URL of a proxy/,
  },
  {
    name: 'A kind of issuer is not served',
    apply: async (scene) => {
      const { cluster } = scene;
      const crd = definition('alibabapcaclusterissuers');
      const { objects } = await readProduct();
      const object = objects.find(({ kind, metadata }) => kind === crd.kind && metadata.name === crd.name);
      const listed = async (): Promise<boolean> => {
        const { body } = await cluster.api.send('GET', '/apis/pca.alibabacloud.com/v1alpha1');
        return JSON.stringify(body).includes('"alibabapcaclusterissuers"');
      };
      await cluster.delete(crd);
      await until('the kind to be gone', async () => !(await listed()));
      return {
        undo: async () => {
          await until('the definition to be gone', async () => (await cluster.get(crd)) === undefined);
          if (object !== undefined) await cluster.apply(object);
          await until('the kind to be back', listed);
        },
      };
    },
    cause: /does not serve this kind/,
  },
];

interface CrdSpec {
  readonly versions: readonly {
    readonly schema: {
      readonly openAPIV3Schema: {
        readonly properties: { readonly spec: { readonly properties: Record<string, unknown> } };
      };
    };
  }[];
}
