// The cluster of a demo: a control plane of its own, or the one the user named.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { ControlPlane } from '../../control-plane/driver/control-plane.ts';
import type { BuildProgress } from '../../control-plane/driver/go-build.ts';
import { run } from '../../control-plane/driver/run.ts';
import { readManifests } from '../../test/support/cluster.ts';
import type { Manifest } from '../../test/support/cluster.ts';
import type { Kubectl } from '../../test/support/product.ts';
import type { Tell } from '../progress.ts';

/** A cluster to show the product in. */
export interface DemoCluster {
  readonly kubeconfig: string;
  readonly kubectl: Kubectl;
  /** Whether it goes with the demo, so that nothing in it needs removing. */
  readonly own: boolean;
  /** What a message calls it. */
  readonly name: string;
  /** Folder with its logs, where the demo has them. */
  readonly logs: string | undefined;
  close(): Promise<void>;
}

/** A reason why the demo cannot run, in a sentence for the user. */
export class CannotRun extends Error {}

/** Starts etcd, API server, controller manager and cert-manager, building them the first time. */
export async function startOwnCluster(directory: string, tell: Tell): Promise<DemoCluster> {
  const controlPlane = await ControlPlane.start({
    directory: join(directory, 'control-plane'),
    onBuildProgress: (progress) => {
      tell(buildState(progress));
    },
  });
  return {
    kubeconfig: controlPlane.kubeconfig,
    kubectl: async (args, input = '') => (await controlPlane.kubectl(args, { input })).stdout,
    own: true,
    name: 'its own control plane',
    logs: join(controlPlane.directory, 'logs'),
    close: async () => {
      await controlPlane.stop();
    },
  };
}

/** How far the first build of a program is, in a few words. */
export function buildState({ done, total }: BuildProgress): string {
  if (total === 0) return 'first run: fetching the Go modules';
  // Tenths of a percent would scroll a log away that is not a terminal.
  const percent = Math.floor((done / total) * 20) * 5;
  return percent === 100 ? 'linking' : `building it once takes minutes: ${percent} % of ${total} packages`;
}

/** Uses a cluster that exists; throws {@link CannotRun} when it cannot serve, for instance without cert-manager. */
export async function openUserCluster(file: string, directory: string): Promise<DemoCluster> {
  const kubeconfig = resolve(file);
  await access(kubeconfig, constants.R_OK).catch(() => {
    throw new CannotRun(`The kubeconfig ${kubeconfig} cannot be read.`);
  });
  const kubectl = userKubectl(kubeconfig, directory);
  const context = (await kubectl(['config', 'current-context'])).trim();
  return {
    kubeconfig,
    kubectl,
    own: false,
    name: `context ${context} of ${kubeconfig}`,
    logs: undefined,
    close: async () => {},
  };
}

/** Throws {@link CannotRun} unless the cluster serves cert-manager's kinds and has no operator of ours already. */
export async function checkUserCluster(cluster: DemoCluster): Promise<void> {
  const resources = await cluster.kubectl(['api-resources', '--api-group=cert-manager.io', '-o', 'name']);
  if (!resources.includes('certificaterequests.cert-manager.io')) {
    throw new CannotRun(
      `There is no cert-manager in ${cluster.name}; install it first: https://cert-manager.io/docs/installation/`,
    );
  }
  const label = 'app.kubernetes.io/name=alibaba-pca-issuer';
  const deployed = await cluster.kubectl(['get', 'deployments', '--all-namespaces', '-l', label, '-o', 'name']);
  if (deployed.trim() !== '') {
    throw new CannotRun(
      `The operator is installed in ${cluster.name} already, and would act on the demo's objects too.`,
    );
  }
}

function userKubectl(kubeconfig: string, directory: string): Kubectl {
  return async (args, input = '') => {
    const command = [
      'kubectl',
      `--kubeconfig=${kubeconfig}`,
      `--cache-dir=${join(directory, 'kubectl-cache')}`,
      ...args,
    ];
    const finished = await run(command, input, { KUBECTL_KUBERC: 'false' }).catch(() => {
      throw new CannotRun(
        'kubectl is needed for --kubeconfig: install it from https://kubernetes.io/docs/tasks/tools/ and put it on PATH.',
      );
    });
    if (finished.code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${finished.stderr.trim()}`);
    return finished.stdout;
  };
}

/** Which of the objects the cluster does not have; the others stay as they are and are not the demo's to remove. */
export async function findMissing(kubectl: Kubectl, objects: readonly Manifest[]): Promise<readonly Manifest[]> {
  const found = await kubectl(['get', '--ignore-not-found', '-o', 'yaml', '-f', '-'], listOf(objects));
  const present = new Set(
    readManifests(found).flatMap((manifest) =>
      ((manifest['items'] as readonly Manifest[] | undefined) ?? [manifest]).map(identity),
    ),
  );
  return objects.filter((object) => !present.has(identity(object)));
}

/** Several objects as one text for kubectl. */
export function listOf(objects: readonly Manifest[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
}

function identity({ apiVersion, kind, metadata }: Manifest): string {
  return [apiVersion.replace(/\/[^/]*$/, ''), kind, metadata.namespace ?? '', metadata.name].join(' ');
}
