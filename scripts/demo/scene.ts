// The scene of the demo, set up step by step: cluster, simulator, product, operator. Whatever is set up is also put on
// the undo stack.
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startSimulator } from '../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../simulator/simulator.ts';
import type { Manifest } from '../../test/support/cluster.ts';
import { startOperator } from '../../test/support/operator-process.ts';
import type { OperatorProcess } from '../../test/support/operator-process.ts';
import { readProduct, writeServiceAccountKubeconfig } from '../../test/support/product.ts';
import type { Product } from '../../test/support/product.ts';
import { buildBundle } from '../build.ts';
import { checkUserCluster, findMissing, listOf, openUserCluster, startOwnCluster } from './cluster.ts';
import type { DemoCluster } from './cluster.ts';
import type { Progress } from '../progress.ts';
import { openPage } from './page/page.ts';
import {
  pointAtSimulator,
  readQuickstart,
  readQuickstartPattern,
  readReadmeExample,
  secretFor,
  secretNameOf,
} from './quickstart.ts';
import { named } from './undo.ts';

/** What every step needs. */
export interface Stage {
  readonly progress: Progress;
  readonly undo: AsyncDisposableStack;
  /** Folder for logs and everything temporary. */
  readonly directory: string;
}

/** Opens the user's cluster or starts one. */
export async function prepareCluster(stage: Stage, kubeconfig: string | undefined): Promise<DemoCluster> {
  const { progress, undo, directory } = stage;
  if (kubeconfig !== undefined) {
    const cluster = await openUserCluster(kubeconfig, directory);
    progress.say(`Using ${cluster.name}`);
    await progress.step('cluster has cert-manager', async () => {
      await checkUserCluster(cluster);
    });
    return cluster;
  }
  return progress.step('Kubernetes API server and cert-manager', async (tell) => {
    const cluster = await startOwnCluster(directory, tell);
    undo.defer(
      named('control plane', async () => {
        await cluster.close();
      }),
    );
    return cluster;
  });
}

/** Starts the simulator of Alibaba Cloud PCA. */
export async function prepareSimulator({ progress, undo }: Stage): Promise<SimulatorHandle> {
  return progress.step('simulator of Alibaba Cloud PCA', async () => {
    const simulator = await startSimulator();
    undo.defer(
      named('simulator', async () => {
        await simulator.close();
      }),
    );
    return simulator;
  });
}

/** Creates what of the product's objects the cluster lacks, and removes just that in the end. */
export async function prepareProduct(stage: Stage, cluster: DemoCluster): Promise<Product> {
  return stage.progress.step('CustomResourceDefinitions and RBAC (deploy/install.yaml)', async () => {
    const product = await readProduct();
    await create(stage, cluster, cluster.own ? product.objects : await findMissing(cluster.kubectl, product.objects));
    const definitions = product.objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
    await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', '-'], listOf(definitions));
    return product;
  });
}

/** Builds the bundle and starts it with a kubeconfig of its own ServiceAccount. */
export async function prepareOperator(stage: Stage, cluster: DemoCluster, product: Product): Promise<void> {
  const { name, namespace } = product.serviceAccount;
  await stage.progress.step(`operator as ServiceAccount ${name}`, async () => {
    const kubeconfig = join(stage.directory, 'operator.kubeconfig');
    await Promise.all([
      buildBundle(),
      writeServiceAccountKubeconfig(cluster.kubectl, product.serviceAccount, kubeconfig),
    ]);
    const logs = join(stage.directory, 'logs');
    await mkdir(logs, { recursive: true });
    const operator = await startOperator({
      kubeconfig,
      namespace,
      logFile: join(logs, 'operator.log'),
      flags: ['--log-format=text'],
    });
    let isWanted = true;
    stage.undo.defer(
      named('operator', async () => {
        isWanted = false;
        await operator.stop();
      }),
    );
    void tellOfEnd(operator, { isWanted: () => isWanted, say: (text) => stage.progress.say(text) });
  });
}

/** Tells when the operator ends although it is wanted: whoever looks around would wait for certificates in vain. */
export async function tellOfEnd(
  { ended, logFile }: Pick<OperatorProcess, 'ended' | 'logFile'>,
  { isWanted, say }: { readonly isWanted: () => boolean; readonly say: (text: string) => void },
): Promise<void> {
  const { code, signal } = await ended;
  if (!isWanted()) return;
  const how = signal ?? `exit code ${code}`;
  say(`\nThe operator has ended (${how}): nothing is issued any more. Its log: ${logFile}. Start the demo again.`);
}

/** What the demo needs of the simulator, wherever that runs. */
export type SimulatedPca = Pick<SimulatorHandle, 'endpoint' | 'accessKey' | 'cas'>;

/** Where the quickstart was applied. */
export interface Quickstart {
  readonly namespace: string;
  /** Secret with the Certificate's key and chain. */
  readonly secretName: string;
}

/** The simulator's subordinate CA that issues in the demo. */
export const issuingCA = 'sim-sub-ecc-p256';

/** Makes a namespace for the quickstart. */
export async function prepareNamespace(stage: Stage, cluster: DemoCluster): Promise<string> {
  const namespace = `quickstart-${randomBytes(2).toString('hex')}`;
  await create(stage, cluster, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  return namespace;
}

/** What README.md's example asks for by default is an RSA key. */
const rsaCA = 'sim-sub-rsa-2048';

/**
 * Prepares README.md's example for somebody who looks around: its namespace, the right to read its Secret, and a file with its
 * objects, pointed at the simulator. Returns the path of the file, which is theirs to apply.
 */
export async function prepareReadmeExample(
  stage: Stage,
  cluster: DemoCluster,
  simulator: SimulatedPca,
  accessIn: (namespace: string) => readonly Manifest[],
): Promise<string> {
  const { objects, namespace } = await readReadmeExample();
  const service = { host: simulator.endpoint, protocol: 'HTTP', parentIdentifier: rsaCA, ...simulator.accessKey };
  await create(stage, cluster, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  await cluster.kubectl(['apply', '-f', '-'], listOf(accessIn(namespace)));
  const file = join(stage.directory, 'readme-example.json');
  await writeFile(file, listOf([secretFor(objects, service), ...pointAtSimulator(objects, namespace, service)]));
  return file;
}

/** Applies the quickstart in its namespace; `access` is what lets the operator read its Secret, unless the chart does. */
export async function applyQuickstart(
  stage: Stage,
  cluster: DemoCluster,
  simulator: SimulatedPca,
  { namespace, access }: { readonly namespace: string; readonly access: readonly Manifest[] },
): Promise<Quickstart> {
  return stage.progress.step('kubectl apply -f deploy/examples/quickstart/', async () => {
    const objects = pointAtSimulator(await readQuickstart(), namespace, {
      host: simulator.endpoint,
      protocol: 'HTTP',
      parentIdentifier: issuingCA,
      ...simulator.accessKey,
    });
    await cluster.kubectl(['apply', '-f', '-'], listOf([...access, ...objects]));
    return { namespace, secretName: secretNameOf(objects) };
  });
}

/**
 * Serves the page that shows it all live; returns its address, or undefined where it cannot, which is told and is no reason for
 * the demo to fail.
 */
export async function preparePage(
  { progress, undo }: Stage,
  { kubeconfig }: DemoCluster,
  { adminUrl }: SimulatorHandle,
  namespace: string,
): Promise<string | undefined> {
  const { issuer, certificateSpec } = await readQuickstartPattern();
  try {
    const page = await openPage({ kubeconfig, adminUrl, issuingCA, namespace, issuer, certificateSpec });
    undo.defer(named('page', async () => page.close()));
    return page.url;
  } catch (error) {
    progress.say(`There is no page: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function create({ undo }: Stage, cluster: DemoCluster, objects: readonly Manifest[]): Promise<void> {
  if (objects.length === 0) return;
  const creating = cluster.kubectl(['create', '-f', '-'], listOf(objects));
  if (!cluster.own) {
    undo.defer(
      named(`${objects.length} objects in ${cluster.name}`, async () => {
        // Interrupted in the middle, the rest would appear after the removal.
        await creating.catch(() => {});
        const reversed = listOf(objects.toReversed());
        await cluster.kubectl(['delete', '--ignore-not-found', '--timeout=60s', '-f', '-'], reversed);
      }),
    );
  }
  await creating;
}
