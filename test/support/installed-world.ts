// The product as a user has it: a cluster with pods, our images, the simulator in a pod and the chart installed by Helm.
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';

import { buildGoProgram } from '../../control-plane/driver/go-build.ts';
import { helmProgram } from '../../control-plane/driver/programs.ts';
import { tellNowAndThen } from '../../scripts/go-programs.ts';
import { ownArchitectures } from '../../scripts/image/architecture.ts';
import { buildImages, operatorImage, simulatorImage } from '../../scripts/image/images.ts';
import { Cluster, hasCondition, reference } from './cluster.ts';
import type { Manifest } from './cluster.ts';
import type { ClusterWithPods } from './cluster-with-pods.ts';
import { chart } from './helm.ts';
import { startPodSimulator } from './pod-simulator.ts';
import type { PodSimulator } from './pod-simulator.ts';
import { startClusterWithPods } from './start-cluster.ts';
import { NotYet, hangLimitFlag, until } from './wait.ts';
import type { WaitOptions } from './wait.ts';
import { certificate, issuerApiVersion } from './world.ts';

// Helm waits for pods for a while also when the cluster and whoever started it are gone.
const endingWithParent = process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];
const burstNamespaces = 10;
const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };

/** Name of the release. */
export const release = 'pca';
const instance = `app.kubernetes.io/instance=${release}`;
const ofRelease = `labelSelector=${instance}`;
/** What a Ready object has. */
export const ready = { type: 'Ready', status: 'True' };
/** How a Certificate refers to the cluster issuer `shared`. */
export const sharedIssuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAClusterIssuer', name: 'shared' };

/** What a test file works with. */
export class InstalledWorld {
  readonly host: ClusterWithPods;
  readonly cluster: Cluster;
  readonly simulator: PodSimulator;
  /** Namespace of the chart. */
  readonly namespace: string;
  /** Namespace of a user. */
  readonly team: string;
  /** Arguments that name the chart's Deployment to kubectl. */
  readonly deployment: readonly string[];
  readonly #helm: string;
  readonly #provoked: { readonly from: number; readonly until: number }[] = [];

  private constructor(parts: {
    readonly host: ClusterWithPods;
    readonly cluster: Cluster;
    readonly simulator: PodSimulator;
    readonly namespace: string;
    readonly team: string;
    readonly helm: string;
  }) {
    this.host = parts.host;
    this.cluster = parts.cluster;
    this.simulator = parts.simulator;
    this.namespace = parts.namespace;
    this.team = parts.team;
    this.deployment = ['deployment', '--namespace', parts.namespace, `--selector=${instance}`];
    this.#helm = parts.helm;
  }

  /** Starts everything but the chart. */
  static async start(onStep: (step: string) => void = () => {}): Promise<InstalledWorld> {
    const [host, helm] = await Promise.all([
      startClusterWithPods({
        onStep,
        onBuildProgress: (program, progress) => tellNowAndThen(program, onStep)(progress),
      }),
      buildGoProgram(helmProgram, tellNowAndThen(helmProgram, onStep)),
    ]);
    try {
      const images = await buildImages([operatorImage, simulatorImage], {
        directory: join(host.directory, 'images'),
        architectures: ownArchitectures,
      });
      for (const { archive } of images) await host.loadImage(archive);
      onStep('images are loaded');
      const cluster = new Cluster({
        kubeconfig: host.kubeconfig,
        kubectl: [...endingWithParent, ...host.kubectl],
        operatorLog: async () =>
          cluster.kubectl(['logs', `--namespace=${namespace}`, `--selector=${instance}`, '--tail=-1']),
      });
      const namespace = await cluster.createNamespace('alibaba-pca-issuer', restricted);
      const simulators = await cluster.createNamespace('simulator', restricted);
      const simulator = await startPodSimulator(cluster, simulators, images[1]?.reference ?? '');
      onStep('the simulator is ready');
      const team = await cluster.createNamespace('team');
      return new InstalledWorld({ host, cluster, simulator, namespace, team, helm });
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  /** Installs the chart, or upgrades to it, for issuers of the simulator, and waits until its pods are ready. */
  async install(values: object = {}): Promise<void> {
    // The simulator is behind a Service, and speaks plain HTTP there.
    await this.installFrom(chart, { issuerHosts: [this.simulator.endpoint], plainHttpEndpoints: true, ...values });
  }

  /** Installs another chart, or upgrades to it, with these values, and waits until its pods are ready. */
  async installFrom(folder: string, values: object): Promise<void> {
    await this.helm(['upgrade', '--install', release, folder, '--wait', hangLimitFlag, '--values=-'], values);
  }

  /** Uninstalls the chart and waits until its pods are gone. */
  async uninstall(): Promise<void> {
    // Helm takes the rights of the pods away while they end.
    await this.provokeRefusals(async () => {
      await this.helm(['uninstall', release, '--wait', hangLimitFlag]);
      await until('the pods to be gone', async () => {
        const all = await this.cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace: this.namespace }, ofRelease);
        return all.length === 0;
      });
    });
  }

  /** Runs Helm, in the chart's namespace unless another is named; an error carries what it wrote to standard error. */
  async helm(args: readonly string[], values?: object, namespace = this.namespace): Promise<string> {
    const flags = ['--kubeconfig', this.host.kubeconfig, '--namespace', namespace];
    const [program = '', ...rest] = [...endingWithParent, this.#helm, ...args, ...flags];
    const input = values === undefined ? '' : JSON.stringify(values);
    return (await execa(program, rest, { input, stripFinalNewline: false })).stdout;
  }

  /** The operator's pods that are not being deleted. */
  async pods(): Promise<readonly Manifest[]> {
    return (await this.#allPods()).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Waits until no pod is about to end: until then it may still lead, and what it logs goes with it. */
  async withoutEndingPods(): Promise<void> {
    await until(
      'the pods that end to be gone',
      async () => (await this.#allPods()).length === (await this.pods()).length,
    );
  }

  async #allPods(): Promise<readonly Manifest[]> {
    return this.cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace: this.namespace }, ofRelease);
  }

  /** Their names, sorted. */
  async podNames(): Promise<readonly string[]> {
    return (await this.pods()).map(({ metadata }) => metadata.name).toSorted();
  }

  /** Name of the pod that holds the Lease; empty when none does. */
  async leader(): Promise<string> {
    const leases = await this.cluster.list({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      namespace: this.namespace,
    });
    const spec = leases[0]?.['spec'] as { readonly holderIdentity?: string } | undefined;
    return spec?.holderIdentity?.split('_')[0] ?? '';
  }

  /** An issuer of the simulator's CA with its Secret; cluster-wide if no namespace is given. `spec` adds to the base. */
  issuer(name: string, namespace?: string, spec: object = {}): readonly Manifest[] {
    const secret = `${name}-access-key`;
    return [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: secret, namespace: namespace ?? this.namespace },
        stringData: this.simulator.accessKey,
      },
      {
        apiVersion: issuerApiVersion,
        kind: namespace === undefined ? 'AlibabaPCAClusterIssuer' : 'AlibabaPCAIssuer',
        metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
        spec: {
          parentIdentifier: 'sim-sub-ecc-p256',
          endpoint: { host: this.simulator.endpoint, protocol: 'HTTP' },
          credentials: { secretRef: { name: secret } },
          ...spec,
        },
      },
    ];
  }

  /** Applies objects and waits until each of them that can be is Ready. */
  async applyReady(...manifests: readonly Manifest[]): Promise<void> {
    await this.cluster.apply(manifests);
    for (const manifest of manifests.filter(({ kind }) => kind !== 'Secret'))
      await this.cluster.waitForCondition(reference(manifest), ready);
  }

  /** Waits until so many Certificates of these namespaces are Ready. */
  async certificatesReady(count: number, namespaces: readonly string[], options: WaitOptions = {}): Promise<void> {
    await until(
      `${count} Certificates to be Ready`,
      async () => {
        const lists = namespaces.map(async (namespace) =>
          this.cluster.list({ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace }),
        );
        const all = (await Promise.all(lists)).flat();
        const found = all.filter((each) => hasCondition(each, ready)).length;
        if (found < count) throw new NotYet(`${found} of ${all.length} are Ready`);
        return true;
      },
      { everyMs: 500, ...options },
    );
  }

  /** Applies so many Certificates of the issuer `shared` at once, in ten namespaces; the seconds until all are Ready. */
  async burst(count: number): Promise<number> {
    const names = Array.from({ length: burstNamespaces }, async () => this.cluster.createNamespace('burst'));
    const namespaces = await Promise.all(names);
    const started = performance.now();
    await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const namespace = namespaces[index % burstNamespaces] ?? '';
        await this.cluster.apply(certificate(namespace, `burst-${index}`, { issuerRef: sharedIssuerRef }));
      }),
    );
    await this.certificatesReady(count, namespaces, { deadlineMs: 500_000 });
    return (performance.now() - started) / 1_000;
  }

  /** The leaf in a Secret of a Certificate in the user's namespace. */
  async leafOf(name: string): Promise<X509Certificate> {
    const secret = await this.cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace: this.team, name });
    const data = secret?.['data'] as Readonly<Record<string, string>>;
    return new X509Certificate(Buffer.from(data['tls.crt'] ?? '', 'base64'));
  }

  /** Runs what makes the API server refuse requests of the operator, so that {@link isProvoked} knows them. */
  async provokeRefusals(work: () => Promise<void>): Promise<void> {
    const from = Date.now();
    await work();
    this.#provoked.push({ from, until: Date.now() });
  }

  /** Whether a refusal at this moment (RFC 3339) was provoked. */
  isProvoked(moment: string): boolean {
    const at = Date.parse(moment);
    return this.#provoked.some(({ from, until }) => from <= at && at <= until);
  }

  /** Ends everything and removes all traces. */
  async stop(): Promise<void> {
    this.cluster.close();
    await this.host.stop();
  }
}
