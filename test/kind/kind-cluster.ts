// A cluster of kind, for everyone with Docker or podman: the same tests as on the node that this project runs by itself.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { goModuleFolder } from '../../control-plane/driver/go-build.ts';
import { controlPlaneProgram } from '../../control-plane/driver/programs.ts';
import { run } from '../../control-plane/driver/run.ts';
import type { Manifest } from '../support/cluster.ts';
import type { ClusterWithPods } from '../support/cluster-with-pods.ts';
import { containerStatusesOf } from '../support/pod-containers.ts';
import type { ContainerMemory } from '../support/pod-containers.ts';
import { until } from '../support/wait.ts';

// Its paths are relative to the repository, where every command of the project runs.
const configuration = 'test/kind/cluster.yaml';
const auditLogFile = '/var/log/kubernetes/audit.log';
const apiServerManifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const certManagerModule = 'github.com/cert-manager/cert-manager';
const startMs = 300_000;

/** A container engine that kind can use. */
export type Engine = 'docker' | 'podman';

/** Runs a command, with a text for its standard input; answers its standard output and rejects when it fails. */
export type RunCommand = (command: readonly string[], input?: string) => Promise<string>;

/** The programs that the cluster is made with. */
export interface KindPrograms {
  readonly engine: Engine;
  readonly kind: string;
  readonly helm: string;
  readonly kubectl: readonly string[];
}

/** The engine of this machine that answers; undefined if there is none. */
export function findEngine(answers: (engine: Engine) => boolean = doesAnswer): Engine | undefined {
  return (['docker', 'podman'] as const).find(answers);
}

/** Why kind cannot run here, in a sentence; undefined if it can. */
export function engineObstacle(engine: Engine | undefined): string | undefined {
  return engine === undefined
    ? 'kind needs Docker or podman, and neither answers. Install one and start it, or run what needs neither: npm run test:cluster.'
    : undefined;
}

function doesAnswer(engine: Engine): boolean {
  try {
    execFileSync(engine, ['info'], { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

/** The cluster; `stop` removes it. */
export class KindCluster implements ClusterWithPods {
  readonly directory: string;
  readonly kubeconfig: string;
  readonly kubectl: readonly string[];
  readonly #name: string;
  readonly #programs: KindPrograms;
  readonly #run: RunCommand;

  private constructor(directory: string, name: string, programs: KindPrograms, runCommand: RunCommand) {
    this.directory = directory;
    this.kubeconfig = join(directory, 'kubeconfig');
    this.kubectl = programs.kubectl;
    this.#name = name;
    this.#programs = programs;
    this.#run = runCommand;
  }

  /** Creates the cluster and installs cert-manager by the chart of its Go module; removes it again when that fails. */
  static async start(
    programs: KindPrograms,
    onStep: (step: string) => void,
    runCommand: RunCommand = runHere(programs.engine),
  ): Promise<KindCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'pca-kind-'));
    const cluster = new KindCluster(directory, `pca-${process.pid}`, programs, runCommand);
    try {
      await cluster.#kind(
        'create',
        'cluster',
        `--config=${configuration}`,
        `--kubeconfig=${cluster.kubeconfig}`,
        '--wait=180s',
      );
      onStep('kind is ready');
      await cluster.#installCertManager();
      onStep('cert-manager is ready');
    } catch (error) {
      await cluster.stop().catch(() => {});
      throw error;
    }
    return cluster;
  }

  /** See {@link ClusterWithPods}. */
  async loadImage(archive: string): Promise<void> {
    await this.#kind('load', 'image-archive', archive);
  }

  /** See {@link ClusterWithPods}. */
  async restartKubelet(): Promise<void> {
    await this.#onNode('systemctl', 'restart', 'kubelet');
  }

  /** See {@link ClusterWithPods}; the kubelet does it when the pod's manifest changes. */
  async restartApiServer(flags: readonly string[]): Promise<void> {
    for (const flag of flags)
      await this.#onNode('sed', '-i', `s|^\\( *\\)- kube-apiserver$|&\\n\\1- ${flag}|`, apiServerManifest);

    const last = flags.at(-1) ?? 'kube-apiserver';
    await until(
      'the API server to serve with its new flags',
      async () => {
        await this.#onNode('pgrep', '--full', '--', `kube-apiserver.*${last}`);
        return (await this.#kubectl('get', '--raw', '/readyz')) === 'ok';
      },
      { deadlineMs: startMs },
    );
  }

  /** See {@link ClusterWithPods}. */
  async auditLog(): Promise<string> {
    return this.#onNode('cat', auditLogFile);
  }

  /** See {@link ClusterWithPods}; with either version of cgroups. */
  async memoryOf(pod: Manifest): Promise<ContainerMemory> {
    const id = containerStatusesOf(pod)[0]?.containerID.split('://')[1] ?? '';
    const script = `cd "$(find /sys/fs/cgroup -type d -name '*${id}*' | sort | head -n 1)" && { cat memory.max memory.peak 2>/dev/null || cat memory.limit_in_bytes memory.max_usage_in_bytes; }`;
    const [limit = 0, peak = 0] = (await this.#onNode('sh', '-c', script)).trim().split('\n').map(Number);
    return { limit, peak };
  }

  /** See {@link ClusterWithPods}. */
  async stop(): Promise<void> {
    await this.#kind('delete', 'cluster');
    await rm(this.directory, { recursive: true, force: true });
  }

  async #installCertManager(): Promise<void> {
    const { directory: module, version } = await goModuleFolder(controlPlaneProgram, certManagerModule);
    // The chart in the module has no version: that is filled in when it is released.
    const versions = [`--version=${version}`, `--app-version=${version}`];
    await this.#run([
      this.#programs.helm,
      'package',
      join(module, 'deploy/charts/cert-manager'),
      ...versions,
      '-d',
      this.directory,
    ]);
    const chart = join(this.directory, `cert-manager-${version}.tgz`);
    const target = ['--namespace', 'cert-manager', '--create-namespace', `--kubeconfig=${this.kubeconfig}`];
    const values = ['--set=crds.enabled=true'];
    await this.#run([
      this.#programs.helm,
      'install',
      'cert-manager',
      chart,
      ...target,
      ...values,
      '--wait',
      '--timeout=300s',
    ]);
  }

  async #kind(...args: readonly string[]): Promise<string> {
    return this.#run([this.#programs.kind, ...args, `--name=${this.#name}`]);
  }

  async #onNode(...command: readonly string[]): Promise<string> {
    return this.#run([this.#programs.engine, 'exec', `${this.#name}-control-plane`, ...command]);
  }

  async #kubectl(...args: readonly string[]): Promise<string> {
    return this.#run([...this.#programs.kubectl, `--kubeconfig=${this.kubeconfig}`, ...args]);
  }
}

function runHere(engine: Engine): RunCommand {
  const environment = engine === 'podman' ? { KIND_EXPERIMENTAL_PROVIDER: 'podman' } : {};
  return async (command, input) => {
    const { code, stdout, stderr } = await run(command, input, environment);
    if (code !== 0) throw new Error(`${command.join(' ')} ended with status ${code}: ${stderr}`);
    return stdout;
  };
}
