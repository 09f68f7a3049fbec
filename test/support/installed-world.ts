/** The product as a user has it: a cluster with pods, our images, the simulator in a pod and the chart installed by Helm. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { buildGoProgram } from '../../control-plane/driver/go-build.ts';
import { NodeCluster } from '../../control-plane/driver/node/node-cluster.ts';
import { helmProgram } from '../../control-plane/driver/programs.ts';
import { buildImages, operatorImage, simulatorImage } from '../../scripts/image/images.ts';
import { Cluster, type Manifest } from './cluster.ts';
import { type PodSimulator, startPodSimulator } from './pod-simulator.ts';
import { issuerApiVersion } from './world.ts';

const runFile = promisify(execFile);
const chart = fileURLToPath(new URL('../../helm/alibaba-pca-issuer', import.meta.url));
const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };

/** Release and namespace of the chart. */
export const release = 'pca';

/** What a test file works with. */
export class InstalledWorld {
  readonly node: NodeCluster;
  readonly cluster: Cluster;
  readonly simulator: PodSimulator;
  /** Namespace of the chart. */
  readonly namespace: string;
  readonly #helm: string;

  private constructor(parts: {
    readonly node: NodeCluster;
    readonly cluster: Cluster;
    readonly simulator: PodSimulator;
    readonly namespace: string;
    readonly helm: string;
  }) {
    this.node = parts.node;
    this.cluster = parts.cluster;
    this.simulator = parts.simulator;
    this.namespace = parts.namespace;
    this.#helm = parts.helm;
  }

  /** Starts everything but the chart. */
  static async start(onStep: (step: string) => void = () => {}): Promise<InstalledWorld> {
    const [node, helm] = await Promise.all([
      NodeCluster.start({ certManagerSettings: { workers: 20 }, onStep }),
      buildGoProgram(helmProgram),
    ]);
    try {
      const images = await buildImages([operatorImage, simulatorImage], { directory: join(node.directory, 'images') });
      for (const { archive } of images) {
        await node.loadImage(archive);
      }
      onStep('images are loaded');
      const cluster = new Cluster({ kubeconfig: node.kubeconfig, kubectl: node.controlPlane.kubectlPath });
      const namespace = await cluster.createNamespace('alibaba-pca-issuer', restricted);
      const simulators = await cluster.createNamespace('simulator', restricted);
      const simulator = await startPodSimulator(cluster, simulators, images[1]?.reference ?? '');
      onStep('the simulator is ready');
      return new InstalledWorld({ node, cluster, simulator, namespace, helm });
    } catch (error) {
      await node.stop();
      throw error;
    }
  }

  /** Installs the chart, or upgrades it to these values, and waits until its pods are ready. */
  async install(values: object = {}): Promise<void> {
    await this.helm(['upgrade', '--install', release, chart, '--wait', '--timeout=90s', '--values=-'], values);
  }

  /** Runs Helm in the chart's namespace; an error carries what it wrote to standard error. */
  async helm(args: readonly string[], values?: object): Promise<string> {
    const flags = ['--kubeconfig', this.node.kubeconfig, '--namespace', this.namespace];
    const running = runFile(this.#helm, [...args, ...flags]);
    running.child.stdin?.end(values === undefined ? '' : JSON.stringify(values));
    return (await running).stdout;
  }

  /** The operator's pods that are not being deleted. */
  async pods(): Promise<readonly Manifest[]> {
    const selector = `labelSelector=${encodeURIComponent(`app.kubernetes.io/instance=${release}`)}`;
    const pods = await this.cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace: this.namespace }, selector);
    return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
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

  /** An issuer of the simulator's CA with its Secret; cluster-wide if no namespace is given. */
  issuer(name: string, namespace?: string): readonly Manifest[] {
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
        },
      },
    ];
  }

  /** Ends everything and removes all traces. */
  async stop(): Promise<void> {
    this.cluster.close();
    await this.node.stop();
  }
}
