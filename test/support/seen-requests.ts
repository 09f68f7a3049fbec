/** Every CertificateRequest that ever existed during a test, also those that cert-manager replaced, by UID. */
import { createHash } from 'node:crypto';

import { KubernetesClient } from '../../src/kubernetes/client.ts';
import { connectWithKubeconfig } from '../../src/kubernetes/connection.ts';
import { Reflector } from '../../src/kubernetes/reflector.ts';
import { Store } from '../../src/kubernetes/store.ts';

/** What was seen so far. */
export interface SeenRequests {
  /** `namespace/name` by UID. */
  readonly requests: ReadonlyMap<string, string>;
  stop(): Promise<void>;
}

/** Watches the requests of a namespace; resolves when the watch stands. */
export async function watchRequests(kubeconfig: string, namespace: string): Promise<SeenRequests> {
  const client = new KubernetesClient(await connectWithKubeconfig(kubeconfig), { userAgent: 'seen-requests' });
  const requests = new Map<string, string>();
  const end = new AbortController();
  const reflector = new Reflector({
    name: 'seen',
    client,
    path: `/apis/cert-manager.io/v1/namespaces/${namespace}/certificaterequests`,
    store: new Store<object>(),
    transform: ({ metadata }) => {
      requests.set(metadata.uid, `${namespace}/${metadata.name}`);
      return undefined;
    },
  });
  const run = reflector.run(end.signal);
  await reflector.synced(end.signal);
  return {
    requests,
    stop: async () => {
      end.abort();
      await run;
      await client.close();
    },
  };
}

/** The identifier that a request's certificate must carry in PCA, computed anew from its description in the docs. */
export function identifierOf(clusterUid: string, requestUid: string): string {
  const hex = createHash('sha256').update(`${clusterUid}/${requestUid}`).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
