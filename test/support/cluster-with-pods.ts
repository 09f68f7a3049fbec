// A cluster with pods as the tests of the chart need it, whoever runs it.
import type { Manifest } from './cluster.ts';
import type { ContainerMemory } from './pod-containers.ts';

/** What tests do with a cluster beyond its API. */
export interface ClusterWithPods {
  /** For what the tests write; removed by `stop`. */
  readonly directory: string;
  readonly kubeconfig: string;
  /** How its kubectl is started. */
  readonly kubectl: readonly string[];
  /** Makes the image of an OCI archive available to pods. */
  loadImage(archive: string): Promise<void>;
  restartKubelet(): Promise<void>;
  /** Restarts the API server with these flags beside its own; resolves when it serves. */
  restartApiServer(flags: readonly string[]): Promise<void>;
  /** The API server's audit log, a JSON object on each line. */
  auditLog(): Promise<string>;
  /** Memory of the only container of a running pod that requests less than its limits. */
  memoryOf(pod: Manifest): Promise<ContainerMemory>;
  stop(): Promise<void>;
}
