// An HTTP proxy in front of an API server, for what no real one does when asked: answers that are lost after the request
// was carried out, and watches that stay open while their bytes are swallowed. Credentials pass through.
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Agent, request as sendRequest } from 'node:https';
import type { AddressInfo } from 'node:net';

/** One request as it passes: method, and path with the query. */
export interface PassingRequest {
  readonly method: string;
  readonly url: string;
}

/** Stands between an operator and an API server of this machine. */
export class ApiProxy {
  readonly url: string;
  /** Requests that passed so far. */
  readonly passed: PassingRequest[] = [];
  readonly #server: Server;
  readonly #agent: Agent;
  readonly #streams = new Set<ServerResponse>();
  #losesAnswer: (request: PassingRequest) => boolean = () => false;

  private constructor(server: Server, agent: Agent) {
    this.#server = server;
    this.#agent = agent;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Listens on a free port of loopback and passes everything on to `target`, whose certificate `caPem` signed. */
  static async start(target: string, caPem: string): Promise<ApiProxy> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const proxy = new ApiProxy(server, new Agent({ keepAlive: true, ca: caPem }));
    server.on('request', (incoming, outgoing) => proxy.#pass(new URL(target), incoming, outgoing));
    return proxy;
  }

  /** Writes a copy of a kubeconfig that leads through the proxy. */
  async writeKubeconfig(original: string, copy: string): Promise<string> {
    const kubeconfig = JSON.parse(await readFile(original, 'utf8')) as {
      readonly clusters: readonly { readonly name: string }[];
    };
    const cluster = { server: this.url, 'insecure-skip-tls-verify': true };
    const clusters = kubeconfig.clusters.map(({ name }) => ({ name, cluster }));
    await writeFile(copy, JSON.stringify({ ...kubeconfig, clusters }), { mode: 0o600 });
    return copy;
  }

  /** From now on the connection is cut instead of an answer, after the request was carried out. */
  loseAnswers(which: (request: PassingRequest) => boolean): void {
    this.#losesAnswer = which;
  }

  /** Swallows whatever comes on the watches that are open, for ever; new ones work. Returns how many there were. */
  freezeWatches(): number {
    const frozen = this.#streams.size;
    for (const stream of this.#streams) {
      // The API server's side must go on being read, or it would notice.
      stream.write = () => true;
      stream.end = () => stream;
    }
    this.#streams.clear();
    return frozen;
  }

  /** Breaks every watch that is open; returns how many there were. */
  cutWatches(): number {
    const cut = this.#streams.size;
    for (const stream of this.#streams) stream.destroy();
    return cut;
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #pass(target: URL, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = '', url = '', headers } = incoming;
    const passing = { method, url };
    const forwarded = sendRequest(
      { host: target.hostname, port: target.port, method, path: url, headers, agent: this.#agent },
      (answer) => {
        this.passed.push(passing);
        if (this.#losesAnswer(passing)) {
          answer.resume();
          answer.once('end', () => incoming.socket.destroy());
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        const isWatch = /[?&]watch=1(&|$)/.test(url);
        if (isWatch) this.#streams.add(outgoing);
        outgoing.flushHeaders();
        answer.on('data', (chunk: Buffer) => outgoing.write(chunk));
        answer.once('end', () => outgoing.end());
        answer.once('close', () => this.#streams.delete(outgoing));
      },
    );
    forwarded.once('error', () => incoming.socket.destroy());
    outgoing.once('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  }
}
