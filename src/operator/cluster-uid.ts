// The UID of the namespace kube-system, which stands for the cluster in the identifiers that PCA gets from us.
import type { ClusterUid } from '../controllers/requests/decide.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';

/** Builds a reader that asks once and keeps the answer; a failed attempt is made again by the next caller. */
export function clusterUidReader(
  kubernetes: Pick<KubernetesClient, 'get'>,
): (signal: AbortSignal) => Promise<ClusterUid> {
  let known: Promise<ClusterUid> | undefined;
  return async (signal) => {
    known ??= read(kubernetes, signal);
    const answer = await known;
    if ('message' in answer) known = undefined;
    return answer;
  };
}

async function read(kubernetes: Pick<KubernetesClient, 'get'>, signal: AbortSignal): Promise<ClusterUid> {
  const path = '/api/v1/namespaces/kube-system';
  const result = await kubernetes.get<{ readonly metadata: { readonly uid: string } }>(path, { signal });
  if (result.kind === 'ok') return { uid: result.body.metadata.uid };
  return {
    message: `The cluster's identity could not be read: ${result.failure.message}. The operator's ClusterRole must allow get on the namespace kube-system.`,
  };
}
