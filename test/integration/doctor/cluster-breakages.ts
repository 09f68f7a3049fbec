// Broken clusters: CRDs, operator, Lease, rights, approval, proxy.
import { freePort } from '../../../control-plane/driver/ports.ts';
import { reference } from '../../support/cluster.ts';
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import { readProduct } from '../../support/product.ts';
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

/** A case in which an object of the chart is missing. */
function without(kind: string, isIt: (name: string) => boolean): Breakage['apply'] {
  return async ({ cluster }) => {
    const object = (await readProduct()).objects.find((each) => each.kind === kind && isIt(each.metadata.name));
    if (object === undefined) throw new Error(`The chart has no such ${kind}.`);
    await cluster.delete(reference(object));
    return { undo: async () => void (await cluster.apply(object)) };
  };
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
    names: { plural: 'certificaterequestpolicies', singular: 'certificaterequestpolicy', kind: 'CertificateRequestPolicy', listKind: 'CertificateRequestPolicyList' },
    versions: [{ name: 'v1alpha1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } }],
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
      metadata: { ...deployment.metadata, labels: { ...deployment.metadata.labels, 'app.kubernetes.io/version': '0.0.9' } },
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
    apply: without('ClusterRoleBinding', (name) => name === 'alibaba-pca-issuer'),
    cause: /may not get certificaterequests/,
  },
  {
    name: 'The operator may not read the Secret of an issuer',
    apply: async ({ cluster, world }) => {
      const binding = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', namespace: shop, name: 'read-secrets' };
      const before = await cluster.get(binding);
      await cluster.delete(binding);
      return {
        undo: async () => {
          const { roleRef, subjects } = before as Manifest & { readonly roleRef: object; readonly subjects: object };
          await cluster.apply({ apiVersion: binding.apiVersion, kind: binding.kind, metadata: { name: binding.name, namespace: shop }, roleRef, subjects });
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
    apply: without('ClusterRoleBinding', (name) => name.startsWith('cert-manager-controller-approve')),
    cause: /nobody else is bound/,
  },
  {
    name: 'cert-manager approves before approver-policy has judged',
    apply: async ({ cluster }) => {
      await cluster.apply(policies);
      await cluster.waitForCondition(reference(policies), { type: 'Established', status: 'True' });
      return { undo: async () => cluster.delete(reference(policies)) };
    },
    cause: /before approver-policy has judged/,
  },
  {
    name: "The token for STS has the audience of the API server",
    apply: changedDeployment((deployment) => withContainer(deployment, { env: environment }, { volumes: [tokenVolume] })),
    cause: /audience kubernetes/,
  },
  {
    name: 'The proxy of the environment is no URL of one',
    apply: async () => Promise.resolve({ environment: { HTTPS_PROXY: `ftp://user:${canaries.proxyPassword}@proxy.example.com` } }),
    cause: /HTTPS_PROXY is no URL of a proxy/,
  },
  {
    name: 'Nothing listens where the proxy should be',
    apply: async () => {
      const proxy = `http://user:${canaries.proxyPassword}@127.0.0.1:${await freePort()}`;
      return { environment: { HTTPS_PROXY: proxy, HTTP_PROXY: proxy } };
    },
    cause: /connection was refused/,
  },
  {
    name: 'A kind of issuer is not served',
    apply: async ({ cluster }: Scene) => {
      const crd = definition('alibabapcaclusterissuers');
      const product = await readProduct();
      await cluster.delete(crd);
      return {
        undo: async () => {
          const [object] = product.objects.filter(({ kind, metadata }) => kind === crd.kind && metadata.name === crd.name);
          if (object !== undefined) await cluster.apply(object);
          await cluster.waitForCondition(crd, { type: 'Established', status: 'True' });
        },
      };
    },
    cause: /does not serve this kind/,
  },
];

interface CrdSpec {
  readonly versions: readonly {
    readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly spec: { readonly properties: Record<string, unknown> } } } };
  }[];
}
