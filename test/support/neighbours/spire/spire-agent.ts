// SPIRE's agent as a process, and workloads of it, which are told apart by the paths of their executables.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort } from '../../../../control-plane/driver/ports.ts';
import { runOrThrow } from '../../../../control-plane/driver/run.ts';
import { Neighbour } from '../neighbour.ts';
import { neighbourProgram } from '../program.ts';
import { spireAgentProgram, spireWorkloadProgram } from './programs.ts';
import type { SpireServer } from './spire-server.ts';

/** What a workload tells of one handshake (tools/spire/workload). */
export interface Handshake {
  /** Its own SPIFFE ID. */
  readonly id: string;
  /** Of its SVID, hexadecimal. */
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** Subjects of what it presents beside the SVID, from the CA of SPIRE upwards. */
  readonly chain: readonly string[];
  /** Subjects of what it trusts. */
  readonly bundle: readonly string[];
  /** SPIFFE ID of the other side. */
  readonly peer: string;
  /** Such as `TLS 1.3`. */
  readonly protocol: string;
}

/** How to run an agent. */
export interface SpireAgentSettings {
  /** Where its files, those of its workloads and the logs are; made when it is not there. */
  readonly directory: string;
  readonly server: SpireServer;
  /** PEM of the root by which it knows the server before it has the bundle of the trust domain. */
  readonly rootPem: string;
}

/** A workload that is registered with the server and has an executable of its own. */
export interface Workload {
  readonly id: string;
  readonly executable: string;
}

/** An agent of the trust domain example.org. */
export class SpireAgent {
  readonly process: Neighbour;
  readonly #settings: SpireAgentSettings;
  readonly #address: string;

  private constructor(settings: SpireAgentSettings, process: Neighbour, socket: string) {
    this.#settings = settings;
    this.process = process;
    this.#address = `unix://${socket}`;
  }

  /** Writes its configuration and joins it to the server; it does not run yet. */
  static async prepare(settings: SpireAgentSettings): Promise<SpireAgent> {
    const { directory, server, rootPem } = settings;
    await mkdir(directory, { recursive: true });
    const bundle = join(directory, 'root.pem');
    await writeFile(bundle, rootPem);
    const socket = join(directory, 'agent.sock');
    const configuration = join(directory, 'agent.conf');
    await writeFile(configuration, configurationOf({ directory, port: server.port, socket, bundle }));
    const [program, token] = await Promise.all([neighbourProgram(spireAgentProgram), server.joinToken()]);
    const process = new Neighbour({
      name: 'spire-agent',
      command: [program, 'run', '-config', configuration, '-joinToken', token],
      directory,
      logFile: join(directory, 'agent.log'),
    });
    return new SpireAgent(settings, process, socket);
  }

  /** Registers a workload of this name. The agent asks for new entries every few seconds, and once when it starts. */
  async workload(name: string): Promise<Workload> {
    const executable = join(this.#settings.directory, name);
    await copyFile(await neighbourProgram(spireWorkloadProgram), executable);
    const id = `spiffe://example.org/${name}`;
    await this.#settings.server.register(id, executable);
    return { id, executable };
  }

  /** Has the workload serve to this peer at a free port; it does so already when this resolves. */
  async serve(workload: Workload, peer: Pick<Workload, 'id'>): Promise<WorkloadServer> {
    const address = `127.0.0.1:${await freePort()}`;
    const process = new Neighbour({
      name: workload.id,
      command: [workload.executable, 'serve', this.#address, address, peer.id],
      directory: this.#settings.directory,
      logFile: `${workload.executable}.log`,
      isReady: async () => (await process.logs()).includes('workload: serving'),
    });
    await process.start();
    return { address, process };
  }

  /** Has the workload connect to a server that must be this peer; throws what it says where either side refuses. */
  async ask(workload: Workload, address: string, peer: Pick<Workload, 'id'>): Promise<Handshake> {
    const told = await runOrThrow([workload.executable, 'ask', this.#address, address, peer.id]);
    return JSON.parse(told) as Handshake;
  }
}

/** A workload that serves. */
export interface WorkloadServer {
  readonly address: string;
  readonly process: Neighbour;
}

/** The handshakes that a workload that serves has told of. */
export async function handshakesOf({ process }: WorkloadServer): Promise<readonly Handshake[]> {
  const lines = (await process.logs()).split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Handshake);
}

function configurationOf(parts: {
  readonly directory: string;
  readonly port: number;
  readonly socket: string;
  readonly bundle: string;
}): string {
  return `agent {
  data_dir = "${join(parts.directory, 'data')}"
  server_address = "127.0.0.1"
  server_port = "${parts.port}"
  socket_path = "${parts.socket}"
  trust_bundle_path = "${parts.bundle}"
  trust_domain = "example.org"
}

plugins {
  NodeAttestor "join_token" {
    plugin_data {}
  }
  KeyManager "memory" {
    plugin_data {}
  }
  WorkloadAttestor "unix" {
    plugin_data {
      discover_workload_path = true
      workload_size_limit = -1
    }
  }
}
`;
}
