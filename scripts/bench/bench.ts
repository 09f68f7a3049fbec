// The stage of the benchmark: a control plane without cert-manager's controllers, the simulator in a process of its own,
// the bundle as operator, and the measurements.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ControlPlane, webhookLabel } from '../../control-plane/driver/control-plane.ts';
import type { CertificateRequest } from '../../src/crds/cert-manager.ts';
import { connectWithKubeconfig } from '../../src/kubernetes/connection.ts';
import type { KubernetesConnection } from '../../src/kubernetes/connection.ts';
import { Cluster } from '../../test/support/cluster.ts';
import { startOperator } from '../../test/support/operator-process.ts';
import type { OperatorProcess } from '../../test/support/operator-process.ts';
import { readProduct, writeServiceAccountKubeconfig } from '../../test/support/product.ts';
import { NotYet, until } from '../../test/support/wait.ts';
import { buildBundle } from '../build.ts';
import { bareApplies, inParallel } from './bare-client.ts';
import { cpuMs, residentMebibytes } from './process-figures.ts';
import { makeRequest, startSimulatorProcess } from './fixtures.ts';
import type { SimulatorProcess } from './fixtures.ts';

/** One drain of approved requests. */
export interface Run {
  readonly perSecond: number;
  readonly cpuMs: number;
  /** CPU time per certificate of the others on the machine. */
  readonly othersCpuMs: { readonly apiServer: number; readonly etcd: number; readonly simulator: number };
  /** Cloud calls and status PATCHes per certificate. */
  readonly calls: string;
  readonly patches: string;
}

/** The drains of one process at one latency, with the reference of the same run. */
export interface Drain {
  readonly latencyMilliseconds: number;
  readonly referencePerSecond: number;
  /** The first, second and third run of one process. */
  readonly runs: readonly Run[];
}

const namespace = 'bench';
const group = 'pca.alibabacloud.com';
// A stopped process would lose the Lease, and the simulator's ceiling is far above what is measured.
const operatorFlags = ['--leader-elect=false', '--log-level=warn'];

/** Everything that runs during a benchmark. */
export class Bench {
  readonly #controlPlane: ControlPlane;
  readonly #cluster: Cluster;
  readonly #connection: KubernetesConnection;
  readonly #simulator: SimulatorProcess;
  readonly #settings: { readonly kubeconfig: string; readonly namespace: string; readonly logFile: string };
  readonly #say: (text: string) => void;
  readonly #csr: string;
  #operator: OperatorProcess;
  #made = 0;

  private constructor(parts: {
    readonly controlPlane: ControlPlane;
    readonly cluster: Cluster;
    readonly connection: KubernetesConnection;
    readonly simulator: SimulatorProcess;
    readonly settings: { readonly kubeconfig: string; readonly namespace: string; readonly logFile: string };
    readonly operator: OperatorProcess;
    readonly say: (text: string) => void;
  }) {
    this.#controlPlane = parts.controlPlane;
    this.#cluster = parts.cluster;
    this.#connection = parts.connection;
    this.#simulator = parts.simulator;
    this.#settings = parts.settings;
    this.#operator = parts.operator;
    this.#say = parts.say;
    this.#csr = makeRequest();
  }

  /** Starts everything, with one issuer that is ready. */
  static async start(say: (text: string) => void): Promise<Bench> {
    await buildBundle();
    say('Starting the control plane, the simulator and the operator.');
    const controlPlane = await ControlPlane.start();
    // Its approver and its issuers would take part in what is measured.
    await controlPlane.component('cert-manager').kill();
    const cluster = new Cluster({ kubeconfig: controlPlane.kubeconfig, kubectl: controlPlane.kubectlPath });
    const product = await readProduct();
    await cluster.apply(product.objects);
    const settings = {
      kubeconfig: join(controlPlane.directory, 'operator.kubeconfig'),
      namespace: product.serviceAccount.namespace,
      logFile: join(controlPlane.directory, 'operator.log'),
    };
    await writeServiceAccountKubeconfig(
      (args, input) => cluster.kubectl(args, input),
      product.serviceAccount,
      settings.kubeconfig,
    );
    const simulator = await startSimulatorProcess();
    const operator = await startOperator({ ...settings, flags: operatorFlags });
    const connection = await connectWithKubeconfig(controlPlane.kubeconfig);
    const bench = new Bench({ controlPlane, cluster, connection, simulator, settings, operator, say });
    await bench.#prepareIssuer();
    return bench;
  }

  /** Start of the process to `/readyz`, several times, in milliseconds. */
  async startTimes(count: number): Promise<readonly number[]> {
    const times: number[] = [];
    for (let index = 0; index < count; index += 1) times.push(await this.restartOperator());
    this.#say(`Start to ready: ${times.map((time) => time.toFixed(0)).join(', ')} ms`);
    return times;
  }

  /** A fresh process, so that what comes next is cold. */
  async restartOperator(): Promise<number> {
    await this.#operator.kill();
    // Tens of thousands of finished requests take the API server a while to list.
    this.#operator = await startOperator({ ...this.#settings, flags: operatorFlags, deadlineMs: 180_000 });
    await this.#issuerServed();
    return this.#operator.startMs;
  }

  /** Resident memory of the operator in MiB. */
  memory(): number {
    return residentMebibytes(this.#operator.pid);
  }

  /** Status applies a second of a bare client. */
  async reference(count: number): Promise<number> {
    this.#operator.pause();
    const requests = await this.#approved(count);
    const text = 'x'.repeat(2_400);
    const status = {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Issued',
          message: 'Reference.',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
      certificate: Buffer.from(text).toString('base64'),
      ca: Buffer.from(text.slice(0, 700)).toString('base64'),
    };
    const rate = await bareApplies(this.#connection, requests, { concurrency: 24, status });
    this.#operator.resume();
    this.#say(`Reference: ${rate.toFixed(0)} applies/s`);
    return rate;
  }

  /** Approves `count` requests while the operator is stopped, then lets it go on. */
  async drain(count: number, latencyMilliseconds: number): Promise<Run> {
    await this.#faults({ latencyMilliseconds });
    await this.#admin('reset', {});
    // A paused process answers nothing, so its counters are read before.
    const issued = await this.#sum('pca_issuer_certificate_requests_total', 'issued');
    const patches = await this.#sum('rest_client_requests_total', 'patch');
    const cpu = cpuMs(this.#operator.pid);
    this.#operator.pause();
    await this.#approved(count);
    const others = this.#othersCpu();
    const started = performance.now();
    this.#operator.resume();
    await this.#countReaches('pca_issuer_certificate_requests_total', issued + count);
    const seconds = (performance.now() - started) / 1_000;
    const run = {
      perSecond: count / seconds,
      cpuMs: (cpuMs(this.#operator.pid) - cpu) / count,
      othersCpuMs: difference(this.#othersCpu(), others, count),
      calls: ((await this.#creations()) / count).toFixed(2),
      patches: (((await this.#sum('rest_client_requests_total', 'patch')) - patches) / count).toFixed(2),
    };
    await this.#faults({ latencyMilliseconds: 0 });
    this.#say(`Drain at ${latencyMilliseconds} ms: ${JSON.stringify(run)}`);
    return run;
  }

  /** Memory after more and more certificates of one process. */
  async growth(total: number): Promise<readonly { readonly issued: number; readonly mebibytes: number }[]> {
    const points: { readonly issued: number; readonly mebibytes: number }[] = [];
    const step = Math.max(1, Math.round(total / 5));
    for (let issued = step; issued <= total * 2; issued += step) {
      await this.drain(step, 0);
      points.push({ issued, mebibytes: this.memory() });
    }
    this.#say(`Growth: ${JSON.stringify(points)}`);
    return points;
  }

  /** Memory of a fresh process in a cluster with so many finished requests. */
  async withFinished(count: number): Promise<{ readonly count: number; readonly mebibytes: number }> {
    const prefix = `/registry/cert-manager.io/certificaterequests/${namespace}/`;
    await this.#controlPlane.copyObject(`${prefix}r-0`, Math.max(0, count - this.#made), (text, index) => {
      const object = JSON.parse(text) as { metadata: { name: string; uid: string } };
      object.metadata.name = `copy-${index}`;
      object.metadata.uid = randomUUID();
      return { key: `${prefix}${object.metadata.name}`, text: JSON.stringify(object) };
    });
    await this.restartOperator();
    const figure = { count: await this.#finishedRequests(), mebibytes: this.memory() };
    this.#say(`Finished: ${JSON.stringify(figure)}`);
    return figure;
  }

  #othersCpu(): Run['othersCpuMs'] {
    return {
      apiServer: cpuMs(this.#controlPlane.component('kube-apiserver').pid),
      etcd: cpuMs(this.#controlPlane.component('etcd').pid),
      simulator: cpuMs(this.#simulator.process.pid ?? 0),
    };
  }

  async #finishedRequests(): Promise<number> {
    const path = `/apis/cert-manager.io/v1/namespaces/${namespace}/certificaterequests?limit=1`;
    const { body } = await this.#cluster.api.send('GET', path);
    const { items, metadata } = body as { items: unknown[]; metadata: { remainingItemCount?: number } };
    return items.length + (metadata.remainingItemCount ?? 0);
  }

  /** Versions of what takes part. */
  versions(): string {
    const kubernetes = execFileSync(
      this.#controlPlane.kubectlPath[0] ?? '',
      [
        ...this.#controlPlane.kubectlPath.slice(1),
        `--kubeconfig=${this.#controlPlane.kubeconfig}`,
        'version',
        '-o',
        'json',
      ],
      { encoding: 'utf8' },
    );
    const { serverVersion } = JSON.parse(kubernetes) as { readonly serverVersion: { readonly gitVersion: string } };
    return `Node ${process.versions.node}, Kubernetes ${serverVersion.gitVersion}`;
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    await this.#operator.kill();
    this.#cluster.close();
    this.#simulator.process.kill();
    await this.#controlPlane.stop();
  }

  async #prepareIssuer(): Promise<void> {
    const { accessKey, endpoint } = this.#simulator;
    await this.#cluster.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { [webhookLabel]: 'off' } } },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'key', namespace: this.#settings.namespace },
        stringData: { ...accessKey },
      },
      {
        apiVersion: `${group}/v1alpha1`,
        kind: 'AlibabaPCAClusterIssuer',
        metadata: { name: 'bench' },
        spec: {
          parentIdentifier: 'sim-sub-ecc-p256',
          endpoint: { host: endpoint, protocol: 'HTTP' },
          credentials: { secretRef: { name: 'key' } },
        },
      },
    ]);
    await this.#issuerServed();
  }

  async #issuerServed(): Promise<void> {
    await until('the issuer to be served', async () => (await this.#sum('pca_issuer_issuer_ready', 'bench')) === 1);
  }

  async #approved(count: number): Promise<readonly CertificateRequest[]> {
    const requests: CertificateRequest[] = [];
    const path = `/apis/cert-manager.io/v1/namespaces/${namespace}/certificaterequests`;
    const first = this.#made;
    this.#made += count;
    const numbers = Array.from({ length: count }, (_, index) => first + index);
    await inParallel(numbers, 16, async (number) => {
      const name = `r-${number}`;
      const body = {
        apiVersion: 'cert-manager.io/v1',
        kind: 'CertificateRequest',
        metadata: { name, namespace },
        spec: {
          request: this.#csr,
          duration: '2160h',
          usages: ['digital signature', 'server auth', 'client auth'],
          issuerRef: { group, kind: 'AlibabaPCAClusterIssuer', name: 'bench' },
        },
      };
      await this.#cluster.api.send('POST', path, body);
      const approval = {
        status: {
          conditions: [
            {
              type: 'Approved',
              status: 'True',
              reason: 'bench',
              message: '',
              lastTransitionTime: '2026-01-01T00:00:00Z',
            },
          ],
        },
      };
      const answer = await this.#cluster.api.send(
        'PATCH',
        `${path}/${name}/status`,
        approval,
        'application/merge-patch+json',
      );
      if (answer.status !== 200) throw new Error(`approving ${name} was answered ${answer.status}`);
      requests.push(answer.body as CertificateRequest);
    });
    return requests;
  }

  async #countReaches(metric: string, value: number): Promise<void> {
    await until(
      `${metric} to reach ${value}`,
      async () => {
        const now = await this.#sum(metric, 'issued');
        if (now < value) throw new NotYet(String(now));
        return true;
      },
      { deadlineMs: 300_000, everyMs: 200 },
    );
  }

  /** Sum of a metric's series whose labels contain `text`. */
  async #sum(metric: string, text: string): Promise<number> {
    const lines = (await this.#operator.metrics())
      .split('\n')
      .filter((line) => line.startsWith(`${metric}{`) && line.includes(text));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  async #admin(path: string, body: object = {}): Promise<unknown> {
    const response = await fetch(`${this.#simulator.adminUrl}/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    if (!response.ok) throw new Error(`the simulator answered ${response.status} to ${path}`);
    return response.json();
  }

  async #faults(faults: object): Promise<void> {
    await this.#admin('faults', faults);
  }

  async #creations(): Promise<number> {
    const response = await fetch(`${this.#simulator.adminUrl}/counters`);
    const counters = (await response.json()) as Readonly<Record<string, number>>;
    return counters['CreateCustomCertificate'] ?? 0;
  }
}

function difference(after: Run['othersCpuMs'], before: Run['othersCpuMs'], count: number): Run['othersCpuMs'] {
  return {
    apiServer: (after.apiServer - before.apiServer) / count,
    etcd: (after.etcd - before.etcd) / count,
    simulator: (after.simulator - before.simulator) / count,
  };
}
