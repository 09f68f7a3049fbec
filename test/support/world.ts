// The whole product at work for one test file: a control plane of its own with cert-manager, the simulator, the operator
// as a process with the chart's rights, and an issuer that is ready.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ControlPlane } from '../../control-plane/driver/control-plane.ts';
import type { ControlPlaneOptions } from '../../control-plane/driver/control-plane.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import type { SimulatorHandle, SimulatorOptions } from '../../simulator/simulator.ts';
import { Cluster } from './cluster.ts';
import type { Manifest } from './cluster.ts';
import { checkedIssuances } from './issuances.ts';
import type { Issuances, Wanted } from './issuances.ts';
import { freeLease, patientLease } from './lease.ts';
import { launchOperator, startOperator } from './operator-process.ts';
import type { OperatorProcess, OperatorSettings } from './operator-process.ts';
import { readProduct, writeServiceAccountKubeconfig } from './product.ts';
import { madeRequests, watchRequests } from './seen-requests.ts';
import type { SeenRequests } from './seen-requests.ts';

/** API version of our issuers. */
export const issuerApiVersion = 'pca.alibabacloud.com/v1alpha1';

/** What a test file works with. */
export class World {
  readonly controlPlane: ControlPlane;
  readonly cluster: Cluster;
  readonly simulator: SimulatorHandle;
  /** Namespace of the chart. */
  readonly namespace: string;
  /** The operator's own: a token of the chart's ServiceAccount. */
  readonly operatorKubeconfig: string;
  readonly #seen: SeenRequests;
  readonly #flags: readonly string[];
  readonly #replicas = new Set<Pick<OperatorProcess, 'kill'>>();
  #operator: OperatorProcess | undefined;
  /** The last operator was killed, and so holds the Lease still. */
  #wasKilled = false;

  private constructor(parts: {
    readonly controlPlane: ControlPlane;
    readonly cluster: Cluster;
    readonly simulator: SimulatorHandle;
    readonly namespace: string;
    readonly kubeconfig: string;
    readonly seen: SeenRequests;
    readonly flags: readonly string[];
    readonly operator: OperatorProcess | undefined;
  }) {
    this.controlPlane = parts.controlPlane;
    this.cluster = parts.cluster;
    this.simulator = parts.simulator;
    this.namespace = parts.namespace;
    this.operatorKubeconfig = parts.kubeconfig;
    this.#seen = parts.seen;
    this.#flags = parts.flags;
    this.#operator = parts.operator;
    if (parts.operator !== undefined) this.#noticeKill(parts.operator);
  }

  /** Starts everything; `flags` are the operator's. With `operator: false` the test starts replicas by itself. */
  static async start(options: {
    readonly flags?: readonly string[];
    readonly controlPlane?: ControlPlaneOptions;
    readonly simulator?: SimulatorOptions;
    readonly operator?: boolean;
  }): Promise<World> {
    const auditLog = [madeRequests, ...(options.controlPlane?.auditLog ?? [])];
    const certManagerSettings = { qps: 200, burst: 400, workers: 10 };
    const [controlPlane, simulator] = await Promise.all([
      ControlPlane.start({ certManagerSettings, ...options.controlPlane, auditLog }),
      startSimulator(options.simulator),
    ]);
    const logFile = join(controlPlane.directory, 'operator.log');
    const { kubeconfig: administrators, kubectlPath: kubectl } = controlPlane;
    const operatorLog = async (): Promise<string> => readFile(logFile, 'utf8');
    const cluster = new Cluster({ kubeconfig: administrators, kubectl, operatorLog });
    const product = await readProduct();
    await cluster.apply(product.objects);
    const kubeconfig = join(controlPlane.directory, 'operator.kubeconfig');
    await writeServiceAccountKubeconfig(
      (args, input) => cluster.kubectl(args, input),
      product.serviceAccount,
      kubeconfig,
    );
    const seen = await watchRequests(controlPlane.kubeconfig, controlPlane.auditLogFile);
    const flags = ['--log-level=debug', ...patientLease, ...(options.flags ?? [])];
    const { namespace } = product.serviceAccount;
    const operator =
      options.operator === false ? undefined : await startOperator({ kubeconfig, namespace, logFile, flags });
    return new World({ controlPlane, cluster, simulator, namespace, kubeconfig, seen, flags, operator });
  }

  /** The operator that runs now. */
  get operator(): OperatorProcess {
    if (this.#operator === undefined) throw new Error('This world was started without an operator.');
    return this.#operator;
  }

  /** Starts a further operator with a log of its own, as ready as a first one must be; it ends with the world. */
  async startReplica(
    name: string,
    settings: Pick<OperatorSettings, 'flags' | 'environment' | 'deadlineMs'> & {
      readonly kubeconfig?: string;
    } = {},
  ): Promise<OperatorProcess> {
    const replica = await startOperator(this.#replicaSettings(name, settings));
    this.#replicas.add(replica);
    return replica;
  }

  /** Starts a further operator without waiting for it to become ready; it ends with the world. */
  async launchReplica(name: string): Promise<Pick<OperatorProcess, 'address' | 'logs' | 'stop' | 'kill'>> {
    const replica = await launchOperator(this.#replicaSettings(name, {}));
    this.#replicas.add(replica);
    return replica;
  }

  #replicaSettings(
    name: string,
    settings: Partial<Pick<OperatorSettings, 'kubeconfig' | 'flags' | 'environment' | 'deadlineMs'>>,
  ): OperatorSettings {
    return {
      kubeconfig: this.operatorKubeconfig,
      namespace: this.namespace,
      logFile: join(this.controlPlane.directory, `${name}.log`),
      ...settings,
      flags: [...this.#flags, ...(settings.flags ?? [])],
    };
  }

  /** Starts the operator again after it ended; it leads at once when the former one was killed. */
  async startOperator(
    flags: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<OperatorProcess> {
    if (this.#wasKilled) await freeLease(this);
    this.#wasKilled = false;
    this.#operator = await startOperator({
      kubeconfig: this.operatorKubeconfig,
      namespace: this.namespace,
      logFile: join(this.controlPlane.directory, 'operator.log'),
      flags: [...this.#flags, ...flags],
      environment,
    });
    this.#noticeKill(this.#operator);
    return this.operator;
  }

  #noticeKill(operator: OperatorProcess): void {
    void operator.ended.then(({ signal }) => (this.#wasKilled = signal === 'SIGKILL'));
  }

  /** Who asked for what PCA issued since the simulator's last reset; throws when it is not as `wanted`. */
  async issuances(wanted?: Wanted): Promise<Issuances> {
    const { simulator, cluster } = this;
    return checkedIssuances(
      {
        cluster,
        requests: this.#seen.all,
        certificates: () => simulator.issued(),
        calls: () => simulator.calls(),
      },
      wanted,
    );
  }

  /** Makes a namespace with a Secret `access-key` that the operator may read there. */
  async createNamespace(prefix: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const namespace = await this.cluster.createNamespace(prefix, labels);
    const product = await readProduct();
    await this.cluster.apply([
      secret(namespace, 'access-key', this.simulator.accessKey),
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'read-secrets', namespace },
        rules: [{ apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['get'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'read-secrets', namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'read-secrets' },
        subjects: [{ kind: 'ServiceAccount', ...product.serviceAccount }],
      },
    ]);
    return namespace;
  }

  /** A namespaced issuer of the simulator's CA; `spec` adds to or replaces members of the base. */
  issuer(namespace: string, name: string, spec: Readonly<Record<string, unknown>> = {}): Manifest {
    return {
      apiVersion: issuerApiVersion,
      kind: 'AlibabaPCAIssuer',
      metadata: { name, namespace },
      spec: {
        parentIdentifier: 'sim-sub-ecc-p256',
        endpoint: { host: this.simulator.endpoint, protocol: 'HTTP' },
        credentials: { secretRef: { name: 'access-key' } },
        ...spec,
      },
    };
  }

  /** Stops everything. */
  async stop(): Promise<void> {
    await Promise.all([this.#operator, ...this.#replicas].map(async (operator) => operator?.kill()));
    await this.#seen.stop();
    this.cluster.close();
    await Promise.all([this.controlPlane.stop(), this.simulator.close()]);
  }
}

/** A Secret with an access key. */
export function secret(
  namespace: string,
  name: string,
  accessKey: { readonly accessKeyId: string; readonly accessKeySecret: string },
): Manifest {
  const { accessKeyId, accessKeySecret } = accessKey;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    stringData: { accessKeyId, accessKeySecret },
  };
}

/** A Certificate for the issuer `pca` of its namespace; `spec` adds to or replaces members of the base. */
export function certificate(namespace: string, name: string, spec: Readonly<Record<string, unknown>> = {}): Manifest {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, namespace },
    spec: {
      secretName: name,
      dnsNames: [`${name}.example.com`],
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      issuerRef: { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: 'pca' },
      // Whoever counts needs the requests that cert-manager replaced as well: one may come and go while no watch stands.
      revisionHistoryLimit: 50,
      ...spec,
    },
  };
}
