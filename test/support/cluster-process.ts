// A process of its own that starts a cluster with a pod, says so on its standard output, and waits to be killed.
import { NodeCluster } from '../../control-plane/driver/node/node-cluster.ts';
import { runPausePod } from './pause-pod.ts';

const cluster = await NodeCluster.start();
await runPausePod(cluster);
console.log(JSON.stringify({ directory: cluster.directory, name: cluster.name }));
// The pipes to its children keep it running.
