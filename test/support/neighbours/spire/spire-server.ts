// SPIRE's server as a process, with the configuration that a user has in a ConfigMap.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort } from '../../../../control-plane/driver/ports.ts';
import { runOrThrow } from '../../../../control-plane/driver/run.ts';
import { NotYet } from '../../wait.ts';
import { Neighbour } from '../neighbour.ts';
import { neighbourProgram } from '../program.ts';
import { spireServerProgram } from './programs.ts';

/** How to run a server. */
export interface SpireServerSettings {
  /** Where its keys, its database and its log are; made when it is not there. */
  readonly directory: string;
  /** With a token of its ServiceAccount. */
  readonly kubeconfig: string;
  /** `server.conf` as it is in a pod. */
  readonly configuration: string;
}

const inPod = {
  data: '/run/spire/data',
  attestor: /NodeAttestor "k8s_psat" \{[\s\S]*?\n {2}\}\n/,
  upstream: 'namespace = "spire"\n',
};

/** A server of the trust domain example.org. It starts again on the same keys and database. */
export class SpireServer {
  readonly process: Neighbour;
  readonly port: number;
  readonly #program: string;
  readonly #socket: string;

  private constructor(parts: {
    readonly process: Neighbour;
    readonly port: number;
    readonly program: string;
    readonly socket: string;
  }) {
    this.process = parts.process;
    this.port = parts.port;
    this.#program = parts.program;
    this.#socket = parts.socket;
  }

  /** Writes its configuration; it does not run yet. */
  static async prepare({ directory, kubeconfig, configuration }: SpireServerSettings): Promise<SpireServer> {
    const [program, port] = await Promise.all([neighbourProgram(spireServerProgram), freePort()]);
    const data = join(directory, 'data');
    await mkdir(data, { recursive: true });
    const file = join(directory, 'server.conf');
    await writeFile(file, asProcess(configuration, data, kubeconfig));
    const socket = join(directory, 'server.sock');
    const process = new Neighbour({
      name: 'spire-server',
      command: [
        program,
        'run',
        ...flags({ config: file, bindAddress: '127.0.0.1', serverPort: port, socketPath: socket }),
      ],
      directory,
      logFile: join(directory, 'server.log'),
      isReady: async () => server.isHealthy(),
    });
    const server = new SpireServer({ process, port, program, socket });
    return server;
  }

  /** Whether it has a CA and serves; throws what it says where it does not. */
  async isHealthy(): Promise<boolean> {
    try {
      return (await this.run(['healthcheck'])).includes('Server is healthy');
    } catch (error) {
      throw new NotYet(error instanceof Error ? error.message : error);
    }
  }

  /** Runs one of its subcommands against it, such as `entry create`, and returns what that printed. */
  async run(subcommand: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<string> {
    return runOrThrow([this.#program, ...subcommand, ...flags({ socketPath: this.#socket, ...more })]);
  }

  /** Subject key identifier of the CA in this state; undefined where there is none. */
  async authority(state: 'active' | 'prepared' | 'old'): Promise<string | undefined> {
    const shown = JSON.parse(await this.run(['localauthority', 'x509', 'show'], { output: 'json' })) as Readonly<
      Record<string, { readonly authority_id?: string } | undefined>
    >;
    return shown[state]?.authority_id;
  }

  /** Registers a workload, told by the path of its executable, of the agents that join with {@link joinToken}. */
  async register(spiffeId: string, executable: string): Promise<void> {
    await this.run(['entry', 'create'], {
      parentID: agentId,
      spiffeID: spiffeId,
      selector: `unix:path:${executable}`,
    });
  }

  /** A token with which one agent joins. */
  async joinToken(): Promise<string> {
    const made = JSON.parse(await this.run(['token', 'generate'], { spiffeID: agentId, output: 'json' })) as {
      readonly value: string;
    };
    return made.value;
  }
}

const agentId = 'spiffe://example.org/agent';

function flags(values: Readonly<Record<string, string | number>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => [`-${name}`, String(value)]);
}

/** The configuration of a pod for a process: its files elsewhere, agents that join by a token, and the API server by a file. */
function asProcess(configuration: string, data: string, kubeconfig: string): string {
  for (const part of Object.values(inPod))
    if (configuration.search(part) < 0) throw new Error(`server.conf has no ${String(part)}.`);

  return configuration
    .replaceAll(inPod.data, data)
    .replace(inPod.attestor, 'NodeAttestor "join_token" {\n    plugin_data {}\n  }\n')
    .replace(inPod.upstream, (found) => `${found}kube_config_file = "${kubeconfig}"\n`);
}
