// Requests that wait or have failed, and what is said of each.
import { reference } from '../../support/cluster.ts';
import type { Cluster, Manifest } from '../../support/cluster.ts';
import { makeCsr } from '../../support/certificates.ts';
import { readProduct } from '../../support/product.ts';
import { until } from '../../support/wait.ts';
import { certificate } from '../../support/world.ts';
import type { Breakage } from './breakage.ts';
import { shop } from './scene.ts';
import type { Scene } from './scene.ts';

interface RequestStatus {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly message?: string }[] };
}

/** A Certificate whose request is waited for, and until its Ready condition says `message` where that is given. */
async function asked(
  { cluster }: Scene,
  name: string,
  { spec = {}, message }: { readonly spec?: Readonly<Record<string, unknown>>; readonly message?: RegExp } = {},
): Promise<{ readonly args: readonly string[]; readonly undo: () => Promise<void> }> {
  const object = certificate(shop, name, spec);
  await cluster.apply(object);
  await until(`a request for ${name}`, async () => {
    const own = await requestFor(cluster, name);
    const ready = own?.status?.conditions?.find(({ type }) => type === 'Ready');
    return own !== undefined && (message === undefined || message.test(ready?.message ?? ''));
  });
  return {
    args: [`--request=${shop}/${name}`],
    undo: async () => {
      await cluster.delete(reference(object));
      await until(`no request for ${name}`, async () => (await requestFor(cluster, name)) === undefined);
    },
  };
}

async function requestFor(cluster: Cluster, name: string): Promise<(Manifest & RequestStatus) | undefined> {
  const requests = await cluster.list({
    apiVersion: 'cert-manager.io/v1',
    kind: 'CertificateRequest',
    namespace: shop,
  });
  return requests.find(({ metadata }) => metadata.annotations?.['cert-manager.io/certificate-name'] === name);
}

const issuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: 'pca' } as const;

/** In the order of a request's life. */
export const requestBreakages: readonly Breakage[] = [
  {
    name: 'A request is for a kind of ours in another group',
    apply: async (scene) =>
      asked(scene, 'wrong-group', { spec: { issuerRef: { ...issuerRef, group: 'pca.aliyun.com' } } }),
    cause: /in group "pca\.aliyun\.com", so no issuer answers it/,
  },
  {
    name: 'A request names a kind that our group has not',
    apply: async (scene) =>
      asked(scene, 'wrong-kind', { spec: { issuerRef: { ...issuerRef, kind: 'ClusterIssuer' } } }),
    cause: /names the kind ClusterIssuer/,
  },
  {
    name: 'Nobody approves a request',
    apply: async (scene) => {
      const { cluster } = scene;
      const approver = (await readProduct()).objects.find(
        ({ kind, metadata }) =>
          kind === 'ClusterRoleBinding' && metadata.name.startsWith('cert-manager-controller-approve'),
      ) as Manifest;
      await cluster.delete(reference(approver));
      const { args, undo } = await asked(scene, 'not-approved');
      return {
        args,
        undo: async () => {
          await undo();
          await cluster.apply(approver);
        },
      };
    },
    cause: /Nobody has approved or denied it/,
  },
  {
    name: 'The issuer of a request does not exist',
    apply: async (scene) =>
      asked(scene, 'no-issuer', { spec: { issuerRef: { ...issuerRef, name: 'nowhere' } }, message: /does not exist/ }),
    cause: /AlibabaPCAIssuer "shop\/nowhere".*does not exist/,
  },
  {
    name: 'The issuer of a request is not ready',
    apply: async (scene) => {
      const { cluster, world } = scene;
      const issuer = world.issuer(shop, 'sick', { parentIdentifier: 'sim-sub-revoked' });
      await cluster.apply(issuer);
      await cluster.waitForCondition(reference(issuer), { type: 'Ready', status: 'False' });
      const { args, undo } = await asked(scene, 'sick', {
        spec: { issuerRef: { ...issuerRef, name: 'sick' } },
        message: /not ready/,
      });
      return {
        args,
        undo: async () => {
          await undo();
          await cluster.delete(reference(issuer));
        },
      };
    },
    cause: /IssuingCANotActive/,
  },
  {
    name: 'A request asks for more than the issuer gives',
    apply: async (scene) => {
      const { cluster, world } = scene;
      const issuer = world.issuer(shop, 'brief', { validity: { maxDuration: '24h' } });
      await cluster.apply(issuer);
      await cluster.waitForCondition(reference(issuer), { type: 'Ready', status: 'True' });
      const { args, undo } = await asked(scene, 'too-long', {
        spec: { issuerRef: { ...issuerRef, name: 'brief' } },
        message: /maxDuration/,
      });
      return {
        args,
        undo: async () => {
          await undo();
          await cluster.delete(reference(issuer));
        },
      };
    },
    cause: /Failed: .*maxDuration/,
  },
  {
    name: 'Nobody approves a CertificateSigningRequest',
    apply: async ({ cluster }) => {
      const csr = await makeCsr('P-256', { subject: [{ CN: ['a.example'] }] });
      const object = {
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name: 'not-approved' },
        spec: {
          request: Buffer.from(csr).toString('base64'),
          signerName: `alibabapcaissuers.pca.alibabacloud.com/${shop}.pca`,
          usages: ['digital signature', 'server auth'],
        },
      };
      await cluster.apply(object);
      return { args: ['--request=not-approved'], undo: async () => cluster.delete(reference(object)) };
    },
    cause: /kubectl certificate approve not-approved/,
  },
];
