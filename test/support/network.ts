// A network between one client and one server of this machine that can be lost, in one direction or late.
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/**
 * `whole`: everything passes. `lost`: what is open breaks, and nothing new stands. `answersLost`: requests arrive, and the
 * connection breaks when the answer comes. `requestsLate`: requests stay under way until they are delivered.
 */
export type NetworkState = 'whole' | 'lost' | 'answersLost' | 'requestsLate';

interface Way {
  readonly client: Socket;
  readonly server: Socket;
  /** Requests under way. */
  readonly late: Buffer[];
}

/** The network; listens on a free port of the loopback. */
export class Network {
  readonly port: number;
  readonly #listener: Server;
  readonly #target: number;
  readonly #ways = new Set<Way>();
  #state: NetworkState = 'whole';
  #losses = 0;

  private constructor(listener: Server, target: number) {
    this.#listener = listener;
    this.#target = target;
    this.port = (listener.address() as AddressInfo).port;
  }

  /** Connects to `port`. */
  static async start(port: number): Promise<Network> {
    const listener = createServer();
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    const network = new Network(listener, port);
    listener.on('connection', (client) => network.#join(client));
    return network;
  }

  /** Connections and answers that were lost since the state last changed. */
  get losses(): number {
    return this.#losses;
  }

  /** Connections with a request under way. */
  get late(): number {
    return [...this.#ways].filter(({ late }) => late.length > 0).length;
  }

  /** Changes the state of what is open and of what comes. */
  become(state: NetworkState): void {
    this.#state = state;
    this.#losses = 0;
    if (state === 'lost') for (const way of this.#ways) breakUp(way);
  }

  /** The requests under way arrive, on a new connection where the server has closed theirs meanwhile. */
  deliver(): void {
    for (const way of this.#ways) {
      if (way.late.length === 0) continue;
      const server = way.server.destroyed ? this.#connect() : way.server;
      if (way.server.destroyed) this.#ways.delete(way);
      for (const chunk of way.late.splice(0)) server.write(chunk);
    }
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    for (const way of this.#ways) breakUp(way);
    await new Promise((resolve) => {
      this.#listener.close(resolve);
    });
  }

  #connect(): Socket {
    const server = connect(this.#target, '127.0.0.1');
    return server.on('error', () => server.destroy());
  }

  #join(client: Socket): void {
    if (this.#state === 'lost') {
      this.#losses += 1;
      client.on('error', () => undefined).destroy();
      return;
    }
    const way: Way = { client, server: this.#connect(), late: [] };
    const { server, late } = way;
    this.#ways.add(way);
    client.on('data', (chunk) => {
      if (this.#state === 'requestsLate' || late.length > 0) late.push(chunk);
      else server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (this.#state !== 'answersLost') return void client.write(chunk);
      this.#losses += 1;
      breakUp(way);
    });
    client.on('error', () => client.destroy());
    // What is under way arrives although nobody waits for the answer any more.
    client.on('close', () => late.length > 0 || server.end());
    server.on('close', () => {
      client.destroy();
      if (late.length === 0) this.#ways.delete(way);
    });
  }
}

function breakUp({ client, server }: Way): void {
  client.destroy();
  server.destroy();
}
