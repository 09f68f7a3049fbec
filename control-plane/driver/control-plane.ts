// A real API server with a real cert-manager, as processes of this machine. Several may run side by side, each in its own
// directory and on its own ports. Knows nothing of the issuer that is tested with it.
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createNamespace, requestToken } from './admin.ts';
import { ApiClient } from './api-client.ts';
import { ComponentProcess } from './component.ts';
import type { Component, ComponentName } from './component.ts';
import { defineComponent, startCertManager } from './components.ts';
import { compactEtcd, copyInEtcd, deleteInEtcd } from './etcd-gateway.ts';
import { buildGoProgram } from './go-build.ts';
import type { BuildProgress } from './go-build.ts';
import {
  auditLogFile,
  chooseBinaries,
  choosePorts,
  kubeconfigFile,
  pkiFile,
  serverOf,
  writeInstanceFiles,
} from './instance.ts';
import type { AuditRule, CertManagerSettings, Instance, NodePlan } from './instance.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { chosenControlPlane } from './programs.ts';
import { nodeCertificates, nodeIdentities } from './node/identities.ts';
import { run, runOrThrow } from './run.ts';
import type { Finished } from './run.ts';

export type { Component, ComponentName } from './component.ts';
export { everyRequest } from './instance.ts';
export type { AuditRule, CertManagerSettings } from './instance.ts';
export { webhookLabel } from './cert-manager-objects.ts';

/** How to start a control plane; everything has a default. */
export interface ControlPlaneOptions {
  /** Where data, logs and certificates go. Without it: a fresh temporary directory, removed by `stop`. */
  readonly directory?: string;
  /** Whether to run cert-manager's controllers and webhook too. Default: true. */
  readonly certManager?: boolean;
  readonly certManagerSettings?: CertManagerSettings;
  readonly onStep?: (step: string) => void;
  readonly onBuildProgress?: (progress: BuildProgress) => void;
  /** What the API server writes to `auditLogFile`; the first rule that fits decides. Default: nothing, and no file. */
  readonly auditLog?: readonly AuditRule[];
  /** The node that the control plane is for. Default: none, and the API server listens on loopback only. */
  readonly node?: NodePlan;
  /** Called as soon as the API server serves, while the rest starts; `start` resolves when both are done. */
  readonly whenServing?: (controlPlane: ControlPlane) => Promise<void>;
}

/** Settings of one kubectl call. */
export interface KubectlOptions {
  readonly input?: string;
  /** Another identity than the administrator's. */
  readonly kubeconfig?: string;
  /** Return a failed call instead of throwing. */
  readonly allowFailure?: boolean;
}

const running = new Set<ControlPlane>();

/** A running control plane. Its processes end with the process that started it, even when that one is killed. */
export class ControlPlane {
  readonly directory: string;
  /** The administrator's kubeconfig: a client certificate of the group system:masters. */
  readonly kubeconfig: string;
  readonly server: string;
  readonly caPem: string;
  readonly auditLogFile: string | undefined;
  /** Argv prefix that runs kubectl. */
  readonly kubectlPath: readonly string[];
  readonly #instance: Instance;
  readonly #api: ApiClient;
  readonly #temporary: boolean;
  readonly #components = new Map<ComponentName, ComponentProcess>();

  private constructor(instance: Instance, caPem: string, temporary: boolean) {
    this.#instance = instance;
    this.#temporary = temporary;
    this.directory = instance.directory;
    this.kubeconfig = kubeconfigFile(instance, 'admin');
    this.server = serverOf(instance);
    this.caPem = caPem;
    this.auditLogFile = auditLogFile(instance);
    // Discovery is cached by address, and the same port serves another control plane tomorrow.
    this.kubectlPath = [...instance.binaries.kubectl, `--cache-dir=${join(instance.directory, 'kubectl-cache')}`];
    this.#api = new ApiClient(this.server, {
      caFile: pkiFile(instance, 'ca.crt'),
      certificateFile: pkiFile(instance, 'admin.crt'),
      keyFile: pkiFile(instance, 'admin.key'),
    });
  }

  /**
   * Builds the program if need be, starts everything and resolves when it is usable. When a component does not start, the
   * error names it and its log, and the directory stays for a look.
   */
  static async start(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    const { onStep = () => {} } = options;
    const program = await buildGoProgram(chosenControlPlane(), options.onBuildProgress);
    const instance: Instance = {
      directory: await prepareDirectory(options.directory),
      binaries: chooseBinaries(program),
      ports: await choosePorts(),
      auditLog: options.auditLog ?? [],
      certManagerSettings: options.certManagerSettings ?? {},
      node: options.node,
    };
    onStep('certificates');
    await prepareIdentities(instance);
    const caPem = await readFile(pkiFile(instance, 'ca.crt'), 'utf8');
    const controlPlane = new ControlPlane(instance, caPem, options.directory === undefined);
    register(controlPlane);
    try {
      await controlPlane.#startComponents(options, onStep);
    } catch (error) {
      await controlPlane.#killAll();
      throw error;
    }
    return controlPlane;
  }

  /** Kills everything that this process has started and not stopped. For exit handlers, which cannot wait. */
  static stopAllSync(): void {
    for (const each of running) each.#stopSync();
  }

  get components(): ReadonlyMap<ComponentName, Component> {
    return this.#components;
  }

  /** The component of this name; throws when this control plane runs without it. */
  component(name: ComponentName): Component {
    const component = this.#components.get(name);
    if (component === undefined) throw new Error(`This control plane has no ${name}.`);
    return component;
  }

  /** Runs kubectl to its end; throws with its error output unless failure is allowed. */
  async kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<Finished> {
    const kubeconfig = options.kubeconfig ?? this.kubeconfig;
    const command = [...this.kubectlPath, `--kubeconfig=${kubeconfig}`, ...args];
    // The user's own kubectl preferences must not change what a test sees.
    const finished = await run(command, options.input, { KUBECTL_KUBERC: 'false' });
    if (finished.code !== 0 && options.allowFailure !== true)
      throw new Error(`kubectl ${args.join(' ')} ended with status ${finished.code}: ${finished.stderr.trim()}`);

    return finished;
  }

  /** Writes a kubeconfig with a fresh token of the service account and returns its path. */
  async kubeconfigForServiceAccount(namespace: string, name: string): Promise<string> {
    const file = kubeconfigFile(this.#instance, `${namespace}.${name}`);
    const token = await requestToken(this.#api, namespace, name);
    await writeKubeconfig(file, this.server, pkiFile(this.#instance, 'ca.crt'), { token });
    return file;
  }

  /** Creates a namespace named after the prefix; `spareWebhook` keeps cert-manager's webhook away from it. */
  async createNamespace(prefix: string, options: { readonly spareWebhook?: boolean } = {}): Promise<string> {
    return createNamespace(this.#api, prefix, options.spareWebhook ?? false);
  }

  /** Path of a certificate (`.crt`) or key (`.key`) of this control plane. */
  pkiFile(name: string): string {
    return pkiFile(this.#instance, name);
  }

  /** Path of the kubeconfig of a component. */
  kubeconfigFile(identity: string): string {
    return kubeconfigFile(this.#instance, identity);
  }

  /** The administrator's connection to the API server. */
  get api(): ApiClient {
    return this.#api;
  }

  /** Compacts etcd to its present revision. */
  async compact(): Promise<void> {
    await compactEtcd(etcdOf(this.#instance));
  }

  /** Stores copies of a custom resource straight in etcd; `copy` gives key and JSON of each from the original's JSON. */
  async copyObject(key: string, count: number, copy: Parameters<typeof copyInEtcd>[3]): Promise<void> {
    await copyInEtcd(etcdOf(this.#instance), key, count, copy);
  }

  /** Deletes objects straight in etcd, by the prefix of their keys; finalizers are not asked. */
  async deleteObjects(prefix: string): Promise<void> {
    await deleteInEtcd(etcdOf(this.#instance), prefix);
  }

  /** Kills all processes and removes the directory if it was a temporary one. */
  async stop(): Promise<void> {
    await this.#killAll();
    if (this.#temporary) await rm(this.directory, { recursive: true, force: true });
  }

  async #startComponents(options: ControlPlaneOptions, onStep: (step: string) => void): Promise<void> {
    const { certManager = true, whenServing = async () => {} } = options;
    const start = async (name: ComponentName): Promise<void> => {
      // A component that was still being prepared when another one failed must not start any more.
      if (!running.has(this)) throw new Error(`${name} was not started: the control plane is stopping.`);
      const component = new ComponentProcess(defineComponent(this.#instance, name, this.#api));
      this.#components.set(name, component);
      await component.start();
      onStep(`${name} is ready`);
    };
    // The API server waits for etcd on its own, and its own start takes longer.
    await Promise.all([start('etcd'), start('kube-apiserver')]);
    await Promise.all([
      start('kube-controller-manager'),
      whenServing(this),
      ...(certManager ? [startCertManager(this.#instance, this.#api, start, onStep)] : []),
    ]);
  }

  async #killAll(): Promise<void> {
    running.delete(this);
    this.#api.close();
    await Promise.all([...this.#components.values()].map(async (component) => component.kill()));
  }

  #stopSync(): void {
    running.delete(this);
    for (const component of this.#components.values()) component.killNow();
    if (this.#temporary) rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

function register(controlPlane: ControlPlane): void {
  if (!process.listeners('exit').includes(stopAll)) process.once('exit', stopAll);
  running.add(controlPlane);
}

function stopAll(): void {
  ControlPlane.stopAllSync();
}

async function prepareDirectory(directory: string | undefined): Promise<string> {
  if (directory === undefined) return mkdtemp(join(tmpdir(), 'control-plane-'));
  await mkdir(directory, { recursive: true });
  return directory;
}

async function prepareIdentities(instance: Instance): Promise<void> {
  await writeInstanceFiles(instance);
  const { node } = instance;
  const further = node === undefined ? [] : [JSON.stringify(nodeCertificates(node))];
  await runOrThrow([instance.binaries.program, 'pki', pkiFile(instance, ''), ...further]);
  for (const identity of ['admin', 'kube-controller-manager', ...(node === undefined ? [] : nodeIdentities)]) {
    await writeKubeconfig(kubeconfigFile(instance, identity), serverOf(instance), pkiFile(instance, 'ca.crt'), {
      certificateFile: pkiFile(instance, `${identity}.crt`),
      keyFile: pkiFile(instance, `${identity}.key`),
    });
  }
}

function etcdOf(instance: Instance): string {
  return `http://127.0.0.1:${instance.ports.etcd}`;
}
