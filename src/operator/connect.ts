// Which cluster: that of the kubeconfig that was named, else that of the pod.
import { connectInCluster, connectWithKubeconfig } from '../kubernetes/connection.ts';
import type { KubernetesConnection } from '../kubernetes/connection.ts';
import type { Options } from '../runtime/options.ts';

/** Connects with the kubeconfig of the options, else as the pod; rejects, with the reason, when there is neither. */
export async function connect({
  kubeconfig,
  context,
}: Pick<Options, 'kubeconfig' | 'context'>): Promise<KubernetesConnection> {
  if (kubeconfig === '') return connectInCluster();
  return connectWithKubeconfig(kubeconfig, context === '' ? undefined : context);
}
