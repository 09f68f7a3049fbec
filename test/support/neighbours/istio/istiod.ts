// istiod as a process, with the environment that its chart gives it and with Secrets where the chart mounts them.
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort } from '../../../../control-plane/driver/ports.ts';
import type { World } from '../../world.ts';
import { Neighbour } from '../neighbour.ts';
import { neighbourProgram } from '../program.ts';
import { applyIstiodChart, writeIstiodKubeconfig } from './chart.ts';
import type { IstiodContainer } from './chart.ts';
import { istioNamespace } from './manifests.ts';
import type { IstioValues } from './manifests.ts';
import { istiodProgram } from './programs.ts';

/** How to run istiod. */
export interface IstiodSettings {
  /** Of its chart. */
  readonly values: IstioValues;
  /** What its files and its log are called, different from those of other istiods of the world. */
  readonly name: string;
  /** Where the chart mounts a Secret, by the Secret's name. */
  readonly mounts?: Readonly<Record<string, string>>;
}

/** An istiod that is ready. */
export class Istiod {
  readonly #world: World;
  readonly #process: Neighbour;
  readonly #directory: string;
  readonly #mounts: Readonly<Record<string, string>>;
  readonly #versions = new Map<string, string>();
  /** `host:port` for agents. */
  readonly address: string;
  readonly values: IstioValues;

  private constructor(
    world: World,
    parts: {
      readonly process: Neighbour;
      readonly directory: string;
      readonly settings: IstiodSettings;
      readonly address: string;
    },
  ) {
    this.#world = world;
    this.#process = parts.process;
    this.#directory = parts.directory;
    this.#mounts = parts.settings.mounts ?? {};
    this.address = parts.address;
    this.values = parts.settings.values;
  }

  /** Applies the chart and starts istiod, which is ready when it has its own certificate. */
  static async start(world: World, settings: IstiodSettings): Promise<Istiod> {
    const program = await neighbourProgram(istiodProgram);
    const directory = join(world.controlPlane.directory, settings.name);
    await mkdir(directory, { recursive: true });
    const container = await applyIstiodChart(world.cluster, settings.values);
    const kubeconfig = join(directory, 'kubeconfig');
    await writeIstiodKubeconfig(world, kubeconfig);
    const [http = 0, grpc, secure, https, monitoring, introspection] = await freePorts(6);
    const process = new Neighbour({
      name: 'istiod',
      command: [
        program,
        ...argumentsOf(container),
        `--kubeconfig=${kubeconfig}`,
        `--namespace=${istioNamespace}`,
        `--httpAddr=127.0.0.1:${http}`,
        `--grpcAddr=127.0.0.1:${grpc}`,
        `--secureGRPCAddr=127.0.0.1:${secure}`,
        `--httpsAddr=127.0.0.1:${https}`,
        `--monitoringAddr=127.0.0.1:${monitoring}`,
        `--ctrlz_port=${introspection}`,
        // Nobody is connected that it would have to let go.
        '--shutdownDuration=1s',
      ],
      directory,
      environment: environmentOf(container),
      logFile: join(directory, 'istiod.log'),
      isReady: async () => {
        const answer = await fetch(`http://127.0.0.1:${http}/ready`, { signal: AbortSignal.timeout(10_000) });
        return answer.ok;
      },
    });
    const istiod = new Istiod(world, { process, directory, settings, address: `127.0.0.1:${secure}` });
    await istiod.refreshMounts();
    await process.start();
    return istiod;
  }

  /** Puts the present content of the Secrets into place, all files of one at once, as a kubelet does. */
  async refreshMounts(): Promise<void> {
    for (const [name, path] of Object.entries(this.#mounts)) await this.#mount(name, join(this.#directory, path));
  }

  /** Process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Everything that it has written. */
  async logs(): Promise<string> {
    return this.#process.logs();
  }

  /** Ends it, so that another one finds no locks of it. */
  async stop(): Promise<void> {
    await this.#process.stop();
  }

  async #mount(name: string, folder: string): Promise<void> {
    const secret = await this.#world.cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace: istioNamespace, name });
    const version = secret?.metadata.resourceVersion;
    if (version === undefined) throw new Error(`There is no Secret ${name} in ${istioNamespace}.`);
    const before = this.#versions.get(name);
    if (before === version) return;
    this.#versions.set(name, version);
    const data = secret?.['data'] as Readonly<Record<string, string>>;
    await mkdir(join(folder, `..${version}`), { recursive: true });
    for (const [file, content] of Object.entries(data))
      await writeFile(join(folder, `..${version}`, file), Buffer.from(content, 'base64'));
    await symlink(`..${version}`, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    if (before !== undefined) return rm(join(folder, `..${before}`), { recursive: true });
    for (const file of Object.keys(data)) await symlink(join('..data', file), join(folder, file));
  }
}

/** So many ports, all of them different. */
async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count && attempt < 10 * count; attempt += 1) ports.add(await freePort());
  return [...ports];
}

// The addresses of the chart are the pod's.
function argumentsOf({ args }: IstiodContainer): readonly string[] {
  return args.filter((each) => !each.startsWith('--monitoringAddr='));
}

function environmentOf({ env }: IstiodContainer): Readonly<Record<string, string>> {
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': 'istiod-0',
    'metadata.namespace': istioNamespace,
    'spec.serviceAccountName': 'istiod',
  };
  const values = env
    // A file of the pod; here a flag says where it is.
    .filter(({ name }) => name !== 'KUBECONFIG')
    .map(({ name, value, valueFrom }) => [name, value ?? fields[valueFrom?.fieldRef?.fieldPath ?? '']] as const);
  return Object.fromEntries(values.filter((pair): pair is readonly [string, string] => pair[1] !== undefined));
}
