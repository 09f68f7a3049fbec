// The least pod: the image that every node has, as a container.
import type { NodeCluster } from '../../control-plane/driver/node/node-cluster.ts';
import { pauseReference } from '../../control-plane/driver/node/configuration.ts';
import { hangLimitFlag } from './wait.ts';

/** Starts a pod in the namespace `default` and waits until it is ready. */
export async function runPausePod({ controlPlane }: NodeCluster): Promise<void> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pause', namespace: 'default' },
    spec: { automountServiceAccountToken: false, containers: [{ name: 'pause', image: pauseReference }] },
  };
  // A pod is refused until the namespace has its service account, which a controller makes.
  await controlPlane.kubectl(['wait', '--for=create', hangLimitFlag, 'serviceaccount/default']);
  await controlPlane.kubectl(['create', '-f', '-'], { input: JSON.stringify(pod) });
  await controlPlane.kubectl(['wait', '--for=condition=Ready', hangLimitFlag, 'pod/pause']);
}
