// The demo in pods: a cluster of one node, the images, the simulator behind a Service, and the chart installed by Helm.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { InstalledWorld, release } from '../../test/support/installed-world.ts';
import { podsObstacle } from '../../test/support/start-cluster.ts';
import { CannotRun } from './cluster.ts';
import type { DemoCluster } from './cluster.ts';
import type { Stage } from './scene.ts';
import { named } from './undo.ts';

/** Starts everything but the chart; throws {@link CannotRun} where this machine cannot. */
export async function preparePods({ progress, undo }: Stage): Promise<InstalledWorld> {
  const obstacle = podsObstacle();
  if (obstacle !== undefined) throw new CannotRun(`There can be no cluster with pods on this machine: ${obstacle}`);
  return progress.step('cluster of one node, cert-manager, images, simulator', async (tell) => {
    const starting = InstalledWorld.start(tell);
    // Interrupted in the middle, it is stopped once it has started; what failed to has removed itself.
    undo.defer(
      named('cluster', async () => {
        const world = await starting.catch(() => undefined);
        await world?.stop();
      }),
    );
    return starting;
  });
}

/** The cluster as the rest of the demo sees it. */
export function clusterOf({ host, cluster }: InstalledWorld): DemoCluster {
  return {
    kubeconfig: host.kubeconfig,
    kubectl: async (args, input = '') => cluster.kubectl(args, input),
    own: true,
    name: 'its own cluster of one node',
    logs: undefined,
    close: async () => {
      await host.stop();
    },
  };
}

/** Installs the chart with its defaults, but for the right to read Secrets of the quickstart's namespace. */
export async function installChart({ progress }: Stage, world: InstalledWorld, namespace: string): Promise<void> {
  await progress.step('helm install --wait: two replicas, restricted', async () => {
    await world.install({ secretAccess: { namespaces: [namespace] } });
  });
}

/** What runs now, as kubectl shows it. */
export async function showPods({ progress }: Stage, { cluster, namespace }: InstalledWorld): Promise<void> {
  const shown = ['pods,leases', '--namespace', namespace];
  progress.say(`\n$ kubectl get ${shown.join(' ')}`);
  progress.say((await cluster.kubectl(['get', ...shown])).trimEnd());
}

/** Keeps the logs of the operator's pods, which go with the cluster, in the folder. */
export async function keepPodLogs({ cluster, namespace }: InstalledWorld, directory: string): Promise<void> {
  const selector = `app.kubernetes.io/instance=${release}`;
  const text = await cluster
    .kubectl(['logs', '--namespace', namespace, '--selector', selector, '--prefix', '--tail=-1'])
    .catch(String);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'operator.log'), text);
}
