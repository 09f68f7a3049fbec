// The agent of Istio's sidecars as a process, without Envoy: it has certificates made for one workload and renews them.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort } from '../../../../control-plane/driver/ports.ts';
import { NotYet, until } from '../../wait.ts';
import type { World } from '../../world.ts';
import { Neighbour } from '../neighbour.ts';
import { neighbourProgram } from '../program.ts';
import type { Istiod } from './istiod.ts';
import { istioAgentProgram } from './programs.ts';

/** What a workload has after the agent has asked for it. */
export interface Identity {
  /** PEM: the leaf, then its CAs. */
  readonly chain: string;
  readonly key: string;
  /** PEM: what it trusts. */
  readonly root: string;
  readonly leaf: X509Certificate;
}

/** How to run an agent. */
export interface AgentSettings {
  readonly namespace: string;
  /** Name of the workload's ServiceAccount, which is there. */
  readonly serviceAccount: string;
  readonly istiod: Istiod;
  /** What differs from the usual. */
  readonly environment?: Readonly<Record<string, string>>;
}

// The shortest that Kubernetes allows, of which the agent renews after one part in a hundred: 6 s.
const lifetime = '10m';
const renewal = { SECRET_TTL: lifetime, SECRET_GRACE_PERIOD_RATIO: '0.99', SECRET_GRACE_PERIOD_RATIO_JITTER: '0' };

/** The agent of one workload. */
export class IstioAgent {
  readonly #process: Neighbour;
  readonly #certificates: string;
  readonly #name: string;

  private constructor(name: string, process: Neighbour, certificates: string) {
    this.#name = name;
    this.#process = process;
    this.#certificates = certificates;
  }

  /** Starts it with a token of the workload's ServiceAccount and the root that istiod has published in its namespace. */
  static async launch(world: World, settings: AgentSettings): Promise<IstioAgent> {
    const program = await neighbourProgram(istioAgentProgram);
    const { namespace, serviceAccount, istiod } = settings;
    const name = `${namespace}.${serviceAccount}`;
    const directory = join(world.controlPlane.directory, name);
    const certificates = join(directory, 'certificates');
    const token = ['create', 'token', serviceAccount, '--namespace', namespace, '--audience', 'istio-ca'];
    await write(join(directory, 'var/run/secrets/tokens'), 'istio-token', (await world.cluster.kubectl(token)).trim());
    await write(join(directory, 'var/run/secrets/istio'), 'root-cert.pem', await publishedRoot(world, namespace));
    await mkdir(certificates);
    const process = new Neighbour({
      name: `the agent of ${name}`,
      command: [program, 'proxy', 'sidecar', '--domain', `${namespace}.svc.cluster.local`],
      directory,
      environment: {
        POD_NAME: `${serviceAccount}-0`,
        POD_NAMESPACE: namespace,
        SERVICE_ACCOUNT: serviceAccount,
        INSTANCE_IP: '127.0.0.1',
        ISTIO_META_CLUSTER_ID: 'Kubernetes',
        TRUST_DOMAIN: 'cluster.local',
        DISABLE_ENVOY: 'true',
        OUTPUT_CERTS: certificates,
        ISTIOD_SAN: 'istiod.istio-system.svc',
        PROXY_CONFIG: JSON.stringify({ discoveryAddress: istiod.address, statusPort: await freePort() }),
        // What the injector adds to a pod.
        ...istiod.values.meshConfig?.defaultConfig?.proxyMetadata,
        ...renewal,
        ...settings.environment,
      },
      logFile: join(directory, 'agent.log'),
    });
    await process.start();
    return new IstioAgent(name, process, certificates);
  }

  /** The present identity, or the next one that is not any of these. */
  async identity(...known: readonly Identity[]): Promise<Identity> {
    return until(`a certificate of ${this.#name}`, async () => {
      const read = async (file: string): Promise<string> => readFile(join(this.#certificates, file), 'utf8');
      const [chain, key, root] = await Promise.all([read('cert-chain.pem'), read('key.pem'), read('root-cert.pem')]);
      const leaf = new X509Certificate(chain);
      // The agent writes one file after the other.
      if (!leaf.checkPrivateKey(createPrivateKey(key))) throw new NotYet('a certificate with the key of another');
      if (known.some((each) => each.leaf.serialNumber === leaf.serialNumber)) throw new NotYet('the one before');
      return { chain, key, root, leaf };
    });
  }

  /** Everything that it has written. */
  async logs(): Promise<string> {
    return this.#process.logs();
  }

  /** Kills it. */
  async kill(): Promise<void> {
    await this.#process.kill();
  }
}

/** The root that istiod publishes for a namespace, PEM. */
export async function publishedRoot({ cluster }: World, namespace: string): Promise<string> {
  const what = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'istio-ca-root-cert' };
  const { data } = (await cluster.waitFor(what, 'to have a root', ({ data: found }) => found !== undefined)) as {
    readonly data?: Readonly<Record<string, string>>;
  };
  return data?.['root-cert.pem'] ?? '';
}

async function write(folder: string, file: string, content: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, file), content, { mode: 0o600 });
}
