// The demo from its first step to its last. Leaves nothing behind, however it ends.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { GoMissingError } from '../../control-plane/driver/go-build.ts';
import type { Manifest } from '../../test/support/cluster.ts';
import { release } from '../../test/support/installed-world.ts';
import { secretAccess } from '../../test/support/product.ts';
import { ignoredKubeconfigNotice } from './arguments.ts';
import type { DemoArguments } from './arguments.ts';
import { CannotRun } from './cluster.ts';
import type { DemoCluster } from './cluster.ts';
import { describeConditions, logTails } from './failure.ts';
import { Progress } from '../progress.ts';
import { keepMeshLogs, prepareAgents, prepareIstiod, prepareWorld, showMesh } from './mesh.ts';
import { checkOpenssl } from './proof.ts';
import { clusterOf, installChart, keepPodLogs, preparePods, showPods } from './pods.ts';
import {
  applyQuickstart,
  prepareCluster,
  prepareNamespace,
  prepareOperator,
  preparePage,
  prepareProduct,
  prepareReadmeExample,
  prepareSimulator,
} from './scene.ts';
import type { SimulatedPca, Stage } from './scene.ts';
import { showProof, waitUntilReady } from './show.ts';
import { Interrupted, interruption, undoAll, unlessInterrupted } from './undo.ts';

const exitCode = { success: 0, failed: 1, cannotRun: 3, signalBase: 128 } as const;
const kinds = 'alibabapcaissuers,certificates,certificaterequests';
const signalNumber: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** What a failure report can look at, filled as the demo goes on. */
interface Seen {
  cluster?: DemoCluster;
  namespace?: string;
  keepLogs?: (directory: string) => Promise<void>;
}

async function play(stage: Stage, demo: DemoArguments, seen: Seen): Promise<string> {
  await checkOpenssl();
  if (demo.mesh) return playMesh(stage, seen);
  return demo.cluster ? playInPods(stage, seen) : playOnControlPlane(stage, demo, seen);
}

async function playOnControlPlane(stage: Stage, demo: DemoArguments, seen: Seen): Promise<string> {
  const simulator = await prepareSimulator(stage);
  const cluster = await prepareCluster(stage, demo.kubeconfig);
  seen.cluster = cluster;
  const product = await prepareProduct(stage, cluster);
  await prepareOperator(stage, cluster, product);
  const namespace = await prepareNamespace(stage, cluster);
  await issue(stage, simulator, { cluster, namespace, access: secretAccess(product, namespace), seen });
  const example =
    demo.keep && cluster.own
      ? await prepareReadmeExample(stage, cluster, simulator, (where) => secretAccess(product, where))
      : undefined;
  const page = demo.keep ? await preparePage(stage, cluster, simulator, namespace) : undefined;
  return [
    ...stillRunning(cluster, namespace),
    ...(example === undefined
      ? []
      : [
          `  kubectl --kubeconfig ${cluster.kubeconfig} apply -f ${example}`,
          `      README.md's example in its namespace shop, with the simulator's CA and access key`,
        ]),
    `  Simulator of PCA: ${simulator.url}   what it was asked and issued, and its faults: ${simulator.adminUrl}`,
    `  Log of the operator: ${join(stage.directory, 'logs', 'operator.log')}`,
    ...(page === undefined ? [] : [`  Open in a browser to see it live, and to turn faults on: ${page}`]),
    end,
  ].join('\n');
}

async function playInPods(stage: Stage, seen: Seen): Promise<string> {
  const world = await preparePods(stage);
  const cluster = clusterOf(world);
  seen.cluster = cluster;
  seen.keepLogs = async (directory) => keepPodLogs(world, directory);
  const namespace = await prepareNamespace(stage, cluster);
  await installChart(stage, world, namespace);
  await issue(stage, world.simulator, { cluster, namespace, access: [], seen });
  await showPods(stage, world);
  return [
    ...stillRunning(cluster, namespace),
    `  kubectl --kubeconfig ${cluster.kubeconfig} logs --namespace ${world.namespace} --selector app.kubernetes.io/instance=${release}`,
    end,
  ].join('\n');
}

async function playMesh(stage: Stage, seen: Seen): Promise<string> {
  const world = await prepareWorld(stage);
  seen.keepLogs = async (directory) => keepMeshLogs(directory, { operator: world.operator });
  const istiod = await prepareIstiod(stage, world);
  seen.keepLogs = async (directory) => keepMeshLogs(directory, { operator: world.operator, istiod });
  const agents = await prepareAgents(stage, world, istiod);
  seen.keepLogs = async (directory) => keepMeshLogs(directory, { operator: world.operator, istiod, ...agents });
  await showMesh(stage, world, agents);
  return [
    'Everything is still running, and the agents renew every few seconds. In another terminal:',
    `  kubectl --kubeconfig ${world.controlPlane.kubeconfig} get events --namespace default --field-selector involvedObject.kind=CertificateSigningRequest`,
    `  Simulator of PCA: ${world.simulator.url}   what it was asked and issued, and its faults: ${world.simulator.adminUrl}`,
    end,
  ].join('\n');
}

async function issue(
  stage: Stage,
  simulator: SimulatedPca,
  given: {
    readonly cluster: DemoCluster;
    readonly namespace: string;
    readonly access: readonly Manifest[];
    readonly seen: Seen;
  },
): Promise<void> {
  const { cluster, namespace, seen } = given;
  seen.namespace = namespace;
  const quickstart = await applyQuickstart(stage, cluster, simulator, given);
  await waitUntilReady(stage, cluster, quickstart);
  await showProof(stage, cluster, simulator, quickstart);
}

function stillRunning({ kubeconfig }: DemoCluster, namespace: string): readonly string[] {
  return [
    `Everything is still running. In another terminal:`,
    `  kubectl --kubeconfig ${kubeconfig} get ${kinds} --namespace ${namespace}`,
  ];
}

const end = 'Ctrl-C ends it and removes all of it.';

const whatNext = `What to try next:
  npm run demo -- --keep               look around yourself: a page in the browser, the kubeconfig, the simulator
  npm run demo -- --kubeconfig FILE    the same in a cluster of yours that has cert-manager
  npm run demo -- --cluster            the same with helm install and pods, which needs root on Linux
  npm run demo -- --mesh               istiod and two workloads of a mesh with certificates of PCA
  README.md                            install it and issue from your own CA`;

async function report(error: unknown, stage: Stage, seen: Seen): Promise<void> {
  const { progress, directory } = stage;
  progress.say(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  if (seen.cluster !== undefined && seen.namespace !== undefined)
    progress.say(`\n${await describeConditions(seen.cluster, seen.namespace)}`);

  await seen.keepLogs?.(join(directory, 'logs'));
  progress.say(await logTails(join(directory, 'logs')));
  progress.say(`All logs are kept in ${directory}`);
}

/** How it ended, as an exit code; failures have been reported. */
async function run(stage: Stage, demo: DemoArguments, signal: AbortSignal): Promise<number> {
  const seen: Seen = {};
  try {
    const stillRunning = await unlessInterrupted(signal, play(stage, demo, seen));
    stage.progress.say(`\nDone in ${stage.progress.total}.\n`);
    if (demo.keep) {
      stage.progress.say(stillRunning);
      await unlessInterrupted(signal, new Promise<never>(() => {})).catch(() => {});
    }
    return exitCode.success;
  } catch (error) {
    if (error instanceof Interrupted) {
      stage.progress.say('\nInterrupted.\n');
      return exitCode.signalBase + (signalNumber[error.signal] ?? 0);
    }
    if (error instanceof CannotRun || error instanceof GoMissingError) {
      const instead = 'Or show it in a cluster that has cert-manager: npm run demo -- --kubeconfig FILE';
      stage.progress.say(`\n${error.message}${error instanceof GoMissingError ? `\n${instead}` : ''}`);
      return exitCode.cannotRun;
    }
    await report(error, stage, seen);
    return exitCode.failed;
  }
}

/** Shows it all and cleans up; answers the exit code. What an interruption left unfinished may still be running then. */
export async function showDemo(demo: DemoArguments): Promise<number> {
  const signal = interruption();
  const directory = await mkdtemp(join(tmpdir(), 'alibaba-pca-demo-'));
  const stage: Stage = {
    progress: new Progress(signal),
    undo: new AsyncDisposableStack(),
    directory,
  };
  const notice = ignoredKubeconfigNotice(demo, process.env['KUBECONFIG']);
  if (notice !== undefined) stage.progress.say(notice);
  const code = await run(stage, demo, signal);
  const failures = await stage.progress.lastStep('stopped and removed again', async () => undoAll(stage.undo));
  for (const failure of failures) stage.progress.say(failure);
  await removeFiles(directory, code === exitCode.failed);
  if (code === exitCode.success && !demo.keep) stage.progress.say(`\n${whatNext}`);
  return failures.length === 0 ? code : exitCode.failed;
}

/** Removes the demo's folder, or everything in it but the logs. */
async function removeFiles(directory: string, keepLogs: boolean): Promise<void> {
  if (!keepLogs) {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    return;
  }
  for (const folder of [directory, join(directory, 'control-plane')]) {
    for (const name of await readdir(folder).catch((): string[] => [])) {
      if (name !== 'logs' && name !== 'control-plane')
        await rm(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
    }
  }
}
