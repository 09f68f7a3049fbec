// Starts the cluster with pods that the tests of the chart run on: a node of this machine, or kind with TEST_CLUSTER=kind.
import { readFile } from 'node:fs/promises';

import { everyRequest } from '../../control-plane/driver/control-plane.ts';
import { buildGoProgram } from '../../control-plane/driver/go-build.ts';
import type { BuildProgress, GoProgram } from '../../control-plane/driver/go-build.ts';
import { findObstacle, NodeCluster } from '../../control-plane/driver/node/node-cluster.ts';
import { controlPlaneProgram, helmProgram, kindProgram } from '../../control-plane/driver/programs.ts';
import { engineObstacle, findEngine, KindCluster } from '../kind/kind-cluster.ts';
import type { ClusterWithPods } from './cluster-with-pods.ts';
import { memoryOf } from './pod-containers.ts';

/** Listeners for a start that takes long. */
export interface ClusterStart {
  readonly onStep: (step: string) => void;
  readonly onBuildProgress: (program: GoProgram, progress: BuildProgress) => void;
}

/** Whether the tests run on kind. */
export const isKind = process.env['TEST_CLUSTER'] === 'kind';

/** Why there can be no cluster with pods, in a sentence; undefined if there can. */
export function podsObstacle(): string | undefined {
  return isKind ? engineObstacle(findEngine()) : findObstacle();
}

/** Starts a cluster with cert-manager. */
export async function startClusterWithPods(start: ClusterStart): Promise<ClusterWithPods> {
  if (!isKind) return startNode(start);
  const engine = findEngine();
  if (engine === undefined) throw new Error(engineObstacle(engine));
  const [kind, helm, controlPlane] = await Promise.all(
    [kindProgram, helmProgram, controlPlaneProgram].map((program) =>
      buildGoProgram(program, (progress) => start.onBuildProgress(program, progress)),
    ),
  );
  const programs = { engine, kind: kind ?? '', helm: helm ?? '', kubectl: [controlPlane ?? '', 'kubectl'] };
  return KindCluster.start(programs, start.onStep);
}

async function startNode(start: ClusterStart): Promise<ClusterWithPods> {
  const node = await NodeCluster.start({ certManagerSettings: { workers: 20 }, auditLog: [everyRequest], ...start });
  const { controlPlane, directory, kubeconfig } = node;
  return {
    directory,
    kubeconfig,
    kubectl: controlPlane.kubectlPath,
    loadImage: async (archive) => node.loadImage(archive),
    restartKubelet: async () => node.component('kubelet').restart(),
    restartApiServer: async (flags) => controlPlane.component('kube-apiserver').restart(flags),
    auditLog: async () => readFile(controlPlane.auditLogFile ?? '', 'utf8'),
    memoryOf: async (pod) => memoryOf(node, pod),
    stop: async () => node.stop(),
  };
}
