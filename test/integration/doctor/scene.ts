// A healthy set-up that cases break: the product at work, with the Deployment that the chart would make, as an object only.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import { runDoctorCommand } from '../../../src/doctor-command/doctor-command.ts';
import { connectWithKubeconfig } from '../../../src/kubernetes/connection.ts';
import { systemClock } from '../../../src/timing/clock.ts';
import { readManifests, reference } from '../../support/cluster.ts';
import type { Cluster, Manifest, ObjectReference } from '../../support/cluster.ts';
import { isAllowed } from '../../support/access-review.ts';
import { bundle } from '../../support/operator-process.ts';
import { configMapAccess, readProduct, writeServiceAccountKubeconfig } from '../../support/product.ts';
import { until } from '../../support/wait.ts';
import { certificate, secret, World } from '../../support/world.ts';

/** How a run of the doctor ended. */
export interface DoctorRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** How to run it beside its arguments. */
export interface RunOptions {
  /** The administrator's unless given. */
  readonly kubeconfig?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Values that no output may hold; each stands in a credential. */
export const canaries = {
  accessKeyId: 'LTAIcanaryAccessKeyId0001',
  accessKeySecret: 'canaryAccessKeySecret0123456789',
  malformed: 'canary malformed secret',
  proxyPassword: 'canaryProxyPassword42',
  variable: 'canaryVariableOfThePod77',
} as const;

/** Namespace of the issuers and requests of the cases. */
export const shop = 'shop';
/** What the operator is started with: a Lease that a busy machine does not lose, and hosts that nobody has. */
export const flags = [
  '--retry-max-delay=2s',
  '--lease-duration=90s',
  '--lease-renew-deadline=80s',
  '--secret-check-interval=1s',
  '--issuer-hosts=127.0.0.1:*,*.invalid',
];

const manifestFile = fileURLToPath(new URL('../../../deploy/install.yaml', import.meta.url));
const replicas = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };

/** What the cases work with. */
export class Scene {
  readonly world: World;
  readonly https: SimulatorHandle;
  /** As the chart makes it. */
  readonly deployment: Manifest;
  /** Everything that the doctor has said. */
  readonly said: string[] = [];

  private constructor(parts: {
    readonly world: World;
    readonly https: SimulatorHandle;
    readonly deployment: Manifest;
  }) {
    this.world = parts.world;
    this.https = parts.https;
    this.deployment = parts.deployment;
  }

  /** Starts everything, and waits until nothing is wrong. */
  static async start(): Promise<Scene> {
    const world = await World.start({ flags });
    const https = await startSimulator({ protocol: 'HTTPS', accessKeys: [world.simulator.accessKey] });
    const manifests = readManifests(await readFile(manifestFile, 'utf8'));
    const chart = manifests.find(({ kind }) => kind === 'Deployment');
    if (chart === undefined) throw new Error(`${manifestFile} has no Deployment.`);
    const scene = new Scene({ world, https, deployment: withFlags(chart, flags) });
    await scene.restoreDeployment();
    await scene.#makeShop();
    return scene;
  }

  get cluster(): Cluster {
    return this.world.cluster;
  }

  /** The Deployment. */
  get deploymentReference(): ObjectReference {
    return reference(this.deployment);
  }

  /** The issuer of the healthy set-up. */
  get pca(): ObjectReference {
    return reference(this.world.issuer(shop, 'pca'));
  }

  /** Applies the Deployment with changes to its manifest; `status` is what the controller would write. */
  async changeDeployment(change: (deployment: Manifest) => Manifest, status: object = replicas): Promise<void> {
    const manifest = change(this.deployment);
    await this.cluster.delete(reference(manifest));
    await this.cluster.apply(manifest);
    await this.cluster.patch(reference(manifest), { status: { observedGeneration: 1, ...status } }, 'status');
  }

  /** Makes the Deployment what it was. */
  async restoreDeployment(): Promise<void> {
    await this.changeDeployment((deployment) => deployment);
  }

  /** Runs the doctor as from a laptop. */
  async doctor(
    args: readonly string[],
    { kubeconfig = this.cluster.kubeconfig, environment = {} }: RunOptions = {},
  ): Promise<DoctorRun> {
    const run = await new Promise<DoctorRun>((resolve) => {
      execFile(
        process.execPath,
        [bundle, 'doctor', `--kubeconfig=${kubeconfig}`, ...args],
        { env: { PATH: process.env['PATH'] ?? '', ...environment }, maxBuffer: 64 * 1024 * 1024 },
        (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
    this.said.push(run.out, run.err);
    return run;
  }

  /** Runs the doctor as in the operator's pod: as its ServiceAccount, with its settings as variables. */
  async doctorInPod(): Promise<DoctorRun> {
    const said = { out: '', err: '' };
    const code = await runDoctorCommand(['-o', 'json'], {
      connect: async () => connectWithKubeconfig(this.world.operatorKubeconfig),
      environment: {
        PCA_ISSUER_ISSUER_HOSTS: '127.0.0.1:*',
        PCA_ISSUER_HEALTH_ADDRESS: new URL(this.world.operator.address).host,
      },
      clock: systemClock,
      signal: new AbortController().signal,
      out: (text) => (said.out += text),
      err: (text) => (said.err += text),
    });
    this.said.push(said.out, said.err);
    return { code, ...said };
  }

  /** A kubeconfig of a new ServiceAccount with this ClusterRole alone, else without any right. */
  async kubeconfigOf(name: string, role?: Manifest): Promise<string> {
    const account = { name, namespace: shop };
    const rbac = 'rbac.authorization.k8s.io';
    await this.cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account });
    if (role !== undefined) {
      await this.cluster.apply([
        role,
        {
          apiVersion: `${rbac}/v1`,
          kind: 'ClusterRoleBinding',
          metadata: { name },
          roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role.metadata.name },
          subjects: [{ kind: 'ServiceAccount', ...account }],
        },
      ]);
      const last = { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' };
      await until('the rights to hold', async () => isAllowed(this.cluster, account, last));
    }
    const file = join(this.world.controlPlane.directory, `${name}.kubeconfig`);
    await writeServiceAccountKubeconfig(async (args, input) => this.cluster.kubectl(args, input), account, file);
    return file;
  }

  /** Lets the operator write ConfigMaps of the shop, as the chart does for configMapAccess.namespaces. */
  async grantConfigMaps(): Promise<void> {
    await this.cluster.apply(configMapAccess(await readProduct(), shop));
  }

  /** Stops everything. */
  async stop(): Promise<void> {
    await this.https.close();
    await this.world.stop();
  }

  async #makeShop(): Promise<void> {
    const { cluster, world } = this;
    const product = await readProduct();
    await cluster.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } },
      secret(shop, 'access-key', world.simulator.accessKey),
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'read-secrets', namespace: shop },
        rules: [{ apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['get'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'read-secrets', namespace: shop },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'read-secrets' },
        subjects: [{ kind: 'ServiceAccount', ...product.serviceAccount }],
      },
      world.issuer(shop, 'pca'),
      certificate(shop, 'web'),
    ]);
    await cluster.waitForCondition(
      { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace: shop, name: 'web' },
      { type: 'Ready', status: 'True' },
    );
  }
}

/** The ClusterRole of docs/doctor.md. */
export async function documentedRole(): Promise<Manifest> {
  const page = await readFile(fileURLToPath(new URL('../../../docs/doctor.md', import.meta.url)), 'utf8');
  const [role] = readManifests(/```yaml\n([^`]*kind: ClusterRole\n[^`]*)```/.exec(page)?.[1] ?? '');
  if (role === undefined) throw new Error('docs/doctor.md has no ClusterRole.');
  return role;
}

/** The Deployment with other flags, and one variable that is nobody's business. */
export function withFlags(deployment: Manifest, args: readonly string[]): Manifest {
  return withContainer(deployment, {
    args,
    env: [{ name: 'SOMEBODYS_PASSWORD', value: canaries.variable }],
  });
}

/** The Deployment with changes to its container and to its pods. */
export function withContainer(deployment: Manifest, container: object, pod: object = {}): Manifest {
  const spec = deployment['spec'] as {
    readonly template: { readonly spec: { readonly containers: readonly object[] } };
  };
  const { template } = spec;
  const containers = template.spec.containers.map((each) => ({ ...each, ...container }));
  return {
    ...deployment,
    spec: { ...spec, template: { ...template, spec: { ...template.spec, ...pod, containers } } },
  };
}
