// The objects of a cluster that the page shows, as watches keep them.
import { KubernetesClient } from '../../../src/kubernetes/client.ts';
import { connectWithKubeconfig } from '../../../src/kubernetes/connection.ts';
import { Reflector } from '../../../src/kubernetes/reflector.ts';
import { Store } from '../../../src/kubernetes/store.ts';
import { systemClock } from '../../../src/timing/clock.ts';
import type { ShownObject } from './rows.ts';

const group = 'pca.alibabacloud.com';

const collections = {
  issuers: { kind: 'AlibabaPCAIssuer', path: `/apis/${group}/v1alpha1/alibabapcaissuers` },
  clusterIssuers: { kind: 'AlibabaPCAClusterIssuer', path: `/apis/${group}/v1alpha1/alibabapcaclusterissuers` },
  certificates: { kind: 'Certificate', path: '/apis/cert-manager.io/v1/certificates' },
  requests: { kind: 'CertificateRequest', path: '/apis/cert-manager.io/v1/certificaterequests' },
} as const;

type Collection = keyof typeof collections;

/** Watches that run. */
export interface ClusterObjects {
  /** The objects of our group, or for it, newest first. */
  list(collection: Collection): readonly ShownObject[];
  /** Makes a Certificate; throws the API server's words when it is refused. */
  createCertificate(certificate: { readonly metadata: { readonly namespace: string } }): Promise<void>;
  /** Why what is listed may be old; empty where it is not. */
  trouble(): string;
  stop(): Promise<void>;
}

/** Starts the watches; they go on by themselves through whatever goes wrong, until they are stopped. */
export async function watchCluster(kubeconfig: string): Promise<ClusterObjects> {
  const client = new KubernetesClient(await connectWithKubeconfig(kubeconfig), { userAgent: 'demo-page' });
  const end = new AbortController();
  const watches = new Map(
    Object.entries(collections).map(([name, { kind, path }]) => {
      const store = new Store<ShownObject>();
      let trouble = { at: -Infinity, message: '' };
      const reflector = new Reflector<ShownObject>({
        name,
        client,
        path,
        store,
        limits: { firstPauseMs: 100, longestPauseMs: 2000 },
        transform: (object) => shownOf({ ...(object as unknown as ShownObject), kind }),
        onTrouble: ({ message }) => {
          trouble = { at: systemClock.monotonic(), message };
        },
      });
      const running = reflector.run(end.signal);
      return [
        name,
        { store, running, trouble: () => (reflector.lastContact > trouble.at ? '' : trouble.message) },
      ] as const;
    }),
  );
  return {
    list: (collection) =>
      (watches.get(collection)?.store.list() ?? []).toSorted((one, other) =>
        other.metadata.creationTimestamp.localeCompare(one.metadata.creationTimestamp),
      ),
    createCertificate: async (certificate) => {
      const path = `/apis/cert-manager.io/v1/namespaces/${certificate.metadata.namespace}/certificates`;
      const result = await client.create(path, certificate, { signal: end.signal });
      if (result.kind !== 'ok') throw new Error(result.failure.message);
    },
    trouble: () => [...watches.values()].map(({ trouble }) => trouble()).find((message) => message !== '') ?? '',
    stop: async () => {
      end.abort();
      await Promise.all([...watches.values()].map(async ({ running }) => running));
      await client.close();
    },
  };
}

function shownOf(object: ShownObject): ShownObject | undefined {
  const { issuerRef } = object.spec ?? {};
  return issuerRef === undefined || issuerRef.group === group ? object : undefined;
}
