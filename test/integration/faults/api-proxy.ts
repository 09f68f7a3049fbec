// An HTTP proxy in front of an API server, for what no real one does when asked: answers that are lost after the request
// was carried out, watches that stay open while their bytes are swallowed or held back, and watches that tell late.
// Credentials pass through, or are the proxy's own for clients that send none without TLS.
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Agent, request as sendRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { HeldLines } from './held-lines.ts';
import { LatePieces } from './late-pieces.ts';
import type { Lateness } from './late-pieces.ts';

/** One request as it passes: method, and path with the query. */
export interface PassingRequest {
  readonly method: string;
  readonly url: string;
}

/** Stands between a client and an API server of this machine. */
export class ApiProxy {
  readonly url: string;
  /** Requests that passed so far. */
  readonly passed: PassingRequest[] = [];
  readonly #server: Server;
  readonly #agent: Agent;
  readonly #streams = new Set<ServerResponse>();
  readonly #bearerToken: string | undefined;
  #losesAnswer: (request: PassingRequest) => boolean = () => false;
  #lateness: (request: PassingRequest) => Lateness | undefined = () => undefined;
  #holds: (request: PassingRequest) => boolean = () => false;
  readonly #lines = new Set<HeldLines>();

  private constructor(server: Server, agent: Agent, bearerToken: string | undefined) {
    this.#server = server;
    this.#agent = agent;
    this.#bearerToken = bearerToken;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /**
   * Listens on a free port of loopback and passes everything on to `target`, whose certificate `caPem` signed. With
   * `bearerToken` every request bears that one: client-go sends none where there is no TLS.
   */
  static async start(target: string, caPem: string, bearerToken?: string): Promise<ApiProxy> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const proxy = new ApiProxy(server, new Agent({ keepAlive: true, ca: caPem }), bearerToken);
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

  /** From now on the watches for which this answers with a lateness tell late, those that are open as well. */
  delayWatches(lateness: (request: PassingRequest) => Lateness | undefined): void {
    this.#lateness = lateness;
  }

  /** From now on what comes on these watches is held back, on those that are open as well. */
  holdWatches(which: (request: PassingRequest) => boolean): void {
    this.#holds = which;
  }

  /** Passes on what was held back, up to the first line for which this is true; says whether there is one. */
  letWatchesGoUpTo(isLast: (line: string) => boolean): boolean {
    return [...this.#lines].map((lines) => lines.letGo(isLast)).some(Boolean);
  }

  /** Holds nothing back any more. */
  letWatchesGo(): void {
    this.#holds = () => false;
    for (const lines of this.#lines) lines.letGo();
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
    const { method = '', url = '' } = incoming;
    const passing = { method, url };
    const authorization = this.#bearerToken === undefined ? {} : { authorization: `Bearer ${this.#bearerToken}` };
    const headers = { ...incoming.headers, ...authorization };
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
        const isWatch = /[?&]watch=(1|true)(&|$)/.test(url);
        if (isWatch) this.#streams.add(outgoing);
        outgoing.flushHeaders();
        const pieces = new LatePieces(() => (isWatch ? this.#lateness(passing) : undefined));
        const lines = new HeldLines(
          () => isWatch && this.#holds(passing),
          (piece) => pieces.pass(() => outgoing.write(piece)),
        );
        if (isWatch) this.#lines.add(lines);
        answer.on('data', (chunk: Buffer) => lines.take(chunk));
        answer.once('end', () => pieces.pass(() => outgoing.end()));
        answer.once('close', () => {
          this.#streams.delete(outgoing);
          this.#lines.delete(lines);
        });
      },
    );
    forwarded.once('error', () => incoming.socket.destroy());
    outgoing.once('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  }
}
