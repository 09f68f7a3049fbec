// The stage of the benchmark: a control plane without cert-manager's controllers, the simulator in a process of its own, the
// bare client in another, and the driver's watch.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ControlPlane, webhookLabel } from '../../../control-plane/driver/control-plane.ts';
import type { CertificateRequest } from '../../../src/crds/cert-manager.ts';
import { apiVersion } from '../../../src/crds/issuer.ts';
import { connectWithKubeconfig } from '../../../src/kubernetes/connection.ts';
import { Cluster } from '../../../test/support/cluster.ts';
import { readProduct, writeServiceAccountKubeconfig } from '../../../test/support/product.ts';
import { apiRequests } from './api-requests.ts';
import type { ApiRequests } from './api-requests.ts';
import { BareClient } from './bare-client.ts';
import { FinishedWatch } from './finished-watch.ts';
import { Requests } from './requests.ts';
import { SimulatorProcess } from './simulator.ts';
import type { Pids } from './usage.ts';
import { issuerNames } from './where.ts';
import type { PodSurroundings, WhereItRuns } from './where.ts';

/** Namespaces of requests: the usual one, and that of a neighbour. */
export const namespaces = { usual: 'bench', neighbour: 'bench-neighbour' } as const;

// The simulator's.
const authorities = { ECDSA: 'sim-sub-ecc-p256', RSA: 'sim-sub-rsa-2048' };
const watchedResources = ['certificaterequests', 'events', 'secrets', 'configmaps', 'subjectaccessreviews'];

/** Everything that runs during a benchmark but the contestants. */
export class Stage {
  readonly controlPlane: ControlPlane;
  readonly cluster: Cluster;
  readonly simulator: SimulatorProcess;
  readonly requests: Requests;
  readonly watch: FinishedWatch;
  readonly bareClient: BareClient;
  readonly where: WhereItRuns;

  private constructor(parts: {
    readonly controlPlane: ControlPlane;
    readonly cluster: Cluster;
    readonly simulator: SimulatorProcess;
    readonly watch: FinishedWatch;
    readonly bareClient: BareClient;
    readonly where: WhereItRuns;
  }) {
    this.controlPlane = parts.controlPlane;
    this.cluster = parts.cluster;
    this.simulator = parts.simulator;
    this.watch = parts.watch;
    this.bareClient = parts.bareClient;
    this.where = parts.where;
    this.requests = new Requests(parts.cluster.api);
  }

  /** Starts everything; the bare client has so many applies in flight. */
  static async start(inFlight: number): Promise<Stage> {
    const [controlPlane, simulator] = await Promise.all([ControlPlane.start(), SimulatorProcess.start()]);
    // Its approver and its issuers would take part in what is measured.
    await controlPlane.component('cert-manager').kill();
    const cluster = new Cluster({ kubeconfig: controlPlane.kubeconfig, kubectl: controlPlane.kubectlPath });
    const { objects, serviceAccount } = await readProduct();
    await cluster.apply(objects);
    const { directory, kubeconfig, server, caPem } = controlPlane;
    const operatorKubeconfig = join(directory, 'operator.kubeconfig');
    const kubectl = async (args: readonly string[], input?: string): Promise<string> => cluster.kubectl(args, input);
    await writeServiceAccountKubeconfig(kubectl, serviceAccount, operatorKubeconfig);
    const { users } = JSON.parse(await readFile(operatorKubeconfig, 'utf8')) as {
      readonly users: readonly [{ readonly user: { readonly token: string } }];
    };
    const { token } = users[0].user;
    const pod = canMount() ? await podSurroundings(controlPlane, serviceAccount.namespace, token) : undefined;
    const watch = await FinishedWatch.open(await connectWithKubeconfig(kubeconfig), (error) => {
      throw error;
    });
    const bareClient = await BareClient.start({ server, token, ca: caPem, inFlight });
    const where = { kubeconfig, operatorKubeconfig, pod, namespace: serviceAccount.namespace, directory };
    const stage = new Stage({ controlPlane, cluster, simulator, watch, bareClient, where });
    await stage.#prepare();
    return stage;
  }

  /** The processes of a run in which this one is measured. */
  pids(contestant: number): Pids {
    return {
      contestant,
      apiServer: this.controlPlane.component('kube-apiserver').pid,
      etcd: this.controlPlane.component('etcd').pid,
      simulator: this.simulator.pid,
    };
  }

  /** What the API server has been asked so far, as far as issuing is concerned. */
  async apiRequests(): Promise<ApiRequests> {
    const { body } = await this.cluster.api.send('GET', '/metrics');
    return apiRequests(String(body), watchedResources);
  }

  /** Takes away all requests. */
  async removeRequests(): Promise<void> {
    this.watch.forget();
    for (const namespace of Object.values(namespaces))
      await this.controlPlane.deleteObjects(keyOf({ namespace, name: '' }));
  }

  /** Makes so many copies of a request, straight in etcd. */
  async copy({ metadata }: CertificateRequest, count: number): Promise<void> {
    await this.controlPlane.copyObject(keyOf(metadata), count, (text, index) => {
      const object = JSON.parse(text) as { metadata: { name: string; uid: string; namespace: string } };
      object.metadata.name = `${metadata.name}-copy-${index}`;
      object.metadata.uid = randomUUID();
      return { key: keyOf(object.metadata), text: JSON.stringify(object) };
    });
  }

  /** Versions of what takes part. */
  async versions(): Promise<string> {
    const { body } = await this.cluster.api.send('GET', '/version');
    return `Node ${process.versions.node}, Kubernetes ${(body as { readonly gitVersion: string }).gitVersion}`;
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    await this.watch.close();
    this.bareClient.stop();
    this.cluster.close();
    await this.simulator.stop();
    await this.controlPlane.stop();
  }

  async #prepare(): Promise<void> {
    const { accessKey, endpoint, caBundle } = this.simulator;
    await this.cluster.apply([
      ...Object.values(namespaces).map((name) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { [webhookLabel]: 'off' } },
      })),
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'key', namespace: this.where.namespace },
        stringData: { ...accessKey },
      },
      ...Object.entries(authorities).map(([key, parentIdentifier]) => ({
        apiVersion,
        kind: 'AlibabaPCAClusterIssuer',
        metadata: { name: issuerNames[key as keyof typeof issuerNames] },
        spec: {
          parentIdentifier,
          endpoint: { host: endpoint, protocol: 'HTTPS', caBundle },
          credentials: { secretRef: { name: 'key' } },
        },
      })),
    ]);
  }
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `/registry/cert-manager.io/certificaterequests/${namespace}/${name}`;
}

/** Whether this machine lets us make mounts that only one process sees. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs none /var/run'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function podSurroundings(
  { directory, server, caPem }: ControlPlane,
  namespace: string,
  token: string,
): Promise<PodSurroundings> {
  const folder = join(directory, 'service-account');
  await mkdir(folder);
  const files = { token, namespace, 'ca.crt': caPem };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  const { hostname, port } = new URL(server);
  return { directory: folder, environment: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port } };
}
