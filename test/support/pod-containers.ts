// What kubelet and kernel say about the container of a pod.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { NodeCluster } from '../../control-plane/driver/node/node-cluster.ts';
import type { Manifest } from './cluster.ts';

/** The part of a container's status that tests look at. */
export interface ContainerStatus {
  readonly containerID: string;
  readonly restartCount: number;
  readonly state: { readonly waiting?: { readonly reason: string }; readonly running?: object };
  readonly lastState: { readonly terminated?: { readonly reason: string } };
}

/** Statuses of the containers of a pod; none before the kubelet has seen it. */
export function containerStatusesOf(pod: Manifest): readonly ContainerStatus[] {
  const status = pod['status'] as { readonly containerStatuses?: readonly ContainerStatus[] };
  return status.containerStatuses ?? [];
}

/** Memory of a container as the kernel counts it against the limit, in bytes. */
export interface ContainerMemory {
  readonly limit: number;
  /** The most that it ever was. */
  readonly peak: number;
}

/** Reads the cgroup (version 1) of the only container of a running pod that requests less than its limits. */
export async function memoryOf({ name }: NodeCluster, pod: Manifest): Promise<ContainerMemory> {
  const id = containerStatusesOf(pod)[0]?.containerID.split('://')[1] ?? '';
  const folder = join('/sys/fs/cgroup/memory', name, 'kubepods/burstable', `pod${pod.metadata.uid}`, id);
  const read = async (file: string): Promise<number> => Number(await readFile(join(folder, file), 'utf8'));
  return { limit: await read('memory.limit_in_bytes'), peak: await read('memory.max_usage_in_bytes') };
}
