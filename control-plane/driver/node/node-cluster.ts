// A control plane with one node that runs pods: containerd, kubelet, kube-proxy and CoreDNS in Linux namespaces of their
// own, without a container engine and without a registry. Needs root on Linux. Nothing of it is left on the machine when
// it has stopped; when this process is killed, all that stays are empty cgroups and a folder, which the next start removes.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isAlive } from '../build-lock.ts';
import { ComponentProcess } from '../component.ts';
import type { Component, NodeComponentName } from '../component.ts';
import { ControlPlane } from '../control-plane.ts';
import type { ControlPlaneOptions } from '../control-plane.ts';
import { buildGoProgram } from '../go-build.ts';
import type { BuildProgress, GoProgram } from '../go-build.ts';
import { freePort } from '../ports.ts';
import { controlPlaneProgram, corednsProgram, nodeProgram, pauseProgram } from '../programs.ts';
import { runOrThrow } from '../run.ts';
import { createCgroups, removeCgroups, removeStaleCgroups } from './cgroups.ts';
import { writeContainerdFiles, writeNodeFiles } from './configuration.ts';
import { dnsObjects } from './dns.ts';
import { createNamespaces } from './namespaces.ts';
import type { Namespaces } from './namespaces.ts';
import { connectNode, disconnectNode } from './network.ts';
import type { NodeNetwork } from './network.ts';
import { ctr, defineContainerd, defineNodeParts } from './node-components.ts';
import type { NodeParts, NodePrograms } from './node-components.ts';
import { writePauseImage } from './pause-image.ts';
import { nodeEnvironment, prepareMachine } from './requirements.ts';

export { findObstacle, NodeUnavailableError } from './requirements.ts';

/** How to start a cluster; everything has a default. */
export interface NodeClusterOptions extends Pick<ControlPlaneOptions, 'auditLog' | 'certManagerSettings' | 'onStep'> {
  readonly onBuildProgress?: (program: GoProgram, progress: BuildProgress) => void;
}

/** How the names of clusters' folders begin, in the system's folder for temporary files. */
export const directoryPrefix = 'pca-cluster-';
const running = new Set<NodeCluster>();

/** A running cluster of one node. It ends with the process that started it, even when that one is killed. */
export class NodeCluster {
  /** Data, logs and certificates; removed by `stop`. */
  readonly directory: string;
  /** Address of this machine as pods reach it; kubelet and pods are behind the interface that has it. */
  readonly hostAddress: string;
  /** Name of its interface on this machine, and of its folder in every cgroup hierarchy. */
  readonly name: string;
  readonly #network: NodeNetwork;
  readonly #namespaces: Namespaces;
  readonly #parts: NodeParts;
  readonly #components = new Map<string, ComponentProcess>();
  #controlPlane: ControlPlane | undefined;

  private constructor(network: NodeNetwork, namespaces: Namespaces, parts: NodeParts) {
    this.directory = parts.directory;
    this.hostAddress = network.plan.hostAddress;
    this.name = network.interface;
    this.#network = network;
    this.#namespaces = namespaces;
    this.#parts = parts;
  }

  /**
   * Installs and builds what is missing, starts everything and resolves when the node is ready and cert-manager runs.
   * Throws NodeUnavailableError where this machine cannot run a node. When a part does not start, the error names it and
   * shows the end of its log.
   */
  static async start(options: NodeClusterOptions = {}): Promise<NodeCluster> {
    const { onStep = () => {} } = options;
    await prepareMachine(onStep);
    // Everything that is started from here on finds the programs of the system.
    Object.assign(process.env, nodeEnvironment());
    const programs = await buildPrograms(options);
    await Promise.all([removeStaleCgroups(), removeStaleDirectories()]);
    const directory = await mkdtemp(join(tmpdir(), `${directoryPrefix}${process.pid}-`));
    const cluster = await openNode(directory, programs, (...parts) => new NodeCluster(...parts));
    register(cluster);
    try {
      await cluster.#startAll(options);
    } catch (error) {
      await cluster.stop().catch(() => {});
      throw error;
    }
    return cluster;
  }

  /** Kills everything that this process has started and not stopped. For exit handlers, which cannot wait. */
  static stopAllSync(): void {
    for (const each of running) each.#stopSync();
  }

  /** The control plane behind the node, with kubectl and the components that tests may disturb. */
  get controlPlane(): ControlPlane {
    if (this.#controlPlane === undefined) throw new Error('The control plane of this cluster has not started.');
    return this.#controlPlane;
  }

  /** The administrator's kubeconfig. */
  get kubeconfig(): string {
    return this.controlPlane.kubeconfig;
  }

  /** A part of the node; throws for one that has not been started. */
  component(name: NodeComponentName): Component {
    const component = this.#components.get(name);
    if (component === undefined) throw new Error(`This cluster has no ${name}.`);
    return component;
  }

  /** Makes the image of an OCI archive available to pods under the name that the archive gives it. */
  async loadImage(archive: string): Promise<void> {
    await runOrThrow(ctr(this.#parts, 'images', 'import', archive));
  }

  /** Ends everything, pods included, and removes all traces; a second call does nothing. */
  async stop(): Promise<void> {
    if (!running.delete(this)) return;
    await this.#namespaces.close();
    await Promise.all([
      this.#controlPlane?.stop(),
      ...[...this.#components.values()].map(async (component) => component.kill()),
    ]);
    await disconnectNode(this.#network);
    await removeCgroups(this.#network.interface);
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async #startAll(options: NodeClusterOptions): Promise<void> {
    const { onStep = () => {}, certManagerSettings = {}, auditLog = [] } = options;
    const { plan } = this.#network;
    const containerd = this.#startContainerd(onStep);
    const [controlPlane] = await Promise.all([
      ControlPlane.start({
        directory: this.directory,
        node: plan,
        certManagerSettings,
        auditLog,
        onStep,
        whenServing: async (serving) => {
          this.#controlPlane = serving;
          await containerd;
          await this.#startNode(serving, onStep);
        },
      }),
      containerd,
    ]);
    this.#controlPlane = controlPlane;
  }

  async #startContainerd(onStep: (step: string) => void): Promise<void> {
    await mkdir(join(this.directory, 'logs'), { recursive: true });
    await writeContainerdFiles(this.directory, this.#network.plan.podRange);
    await this.#start(defineContainerd(this.#parts), onStep);
    const pause = join(this.directory, 'node', 'pause.tar');
    await writePauseImage(this.#parts.programs.pause, pause);
    await this.loadImage(pause);
  }

  async #startNode(controlPlane: ControlPlane, onStep: (step: string) => void): Promise<void> {
    const { plan } = this.#network;
    await writeNodeFiles({
      directory: this.directory,
      plan,
      cgroup: this.#network.interface,
      pkiFile: (name) => controlPlane.pkiFile(name),
      kubeconfigFile: (identity) => controlPlane.kubeconfigFile(identity),
    });
    const definitions = defineNodeParts(this.#parts, controlPlane, await freePort());
    await Promise.all([
      ...dnsObjects(plan).map(async (object) => controlPlane.api.put(object)),
      ...definitions.map(async (definition) => this.#start(definition, onStep)),
    ]);
  }

  async #start(
    definition: ConstructorParameters<typeof ComponentProcess>[0],
    onStep: (step: string) => void,
  ): Promise<void> {
    const component = new ComponentProcess(definition);
    this.#components.set(definition.name, component);
    await component.start();
    onStep(`${definition.name} is ready`);
  }

  #stopSync(): void {
    running.delete(this);
    this.#namespaces.closeNow();
    for (const component of this.#components.values()) component.killNow();
    spawnSync('ip', ['link', 'delete', this.#network.interface]);
  }
}

async function openNode(
  directory: string,
  programs: NodePrograms,
  construct: (network: NodeNetwork, namespaces: Namespaces, parts: NodeParts) => NodeCluster,
): Promise<NodeCluster> {
  const namespaces = await createNamespaces(directory, [programs.pause, '--until-input-ends']);
  try {
    const network = await connectNode(namespaces.pid, namespaces.enter);
    await createCgroups(network.interface);
    return construct(network, namespaces, { directory, plan: network.plan, programs, enter: namespaces.enter });
  } catch (error) {
    await namespaces.close();
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function buildPrograms({ onBuildProgress = () => {} }: NodeClusterOptions): Promise<NodePrograms> {
  const build = async (program: GoProgram): Promise<string> =>
    buildGoProgram(program, (progress) => {
      onBuildProgress(program, progress);
    });
  return {
    controlPlane: await build(controlPlaneProgram),
    node: await build(nodeProgram),
    coredns: await build(corednsProgram),
    pause: await build(pauseProgram),
  };
}

/** Removes the folders of runs that were killed. */
async function removeStaleDirectories(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(directoryPrefix) ? Number.parseInt(name.slice(directoryPrefix.length), 10) : 0;
    if (pid > 0 && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true, maxRetries: 5 });
  }
}

function register(cluster: NodeCluster): void {
  if (!process.listeners('exit').includes(stopAll)) process.once('exit', stopAll);
  running.add(cluster);
}

function stopAll(): void {
  NodeCluster.stopAllSync();
}
