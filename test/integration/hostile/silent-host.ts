// Hosts of a tenant that accept calls and say nothing: to all of them, or to those that issue alone.
import { createServer, request as sendRequest } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Several hosts on loopback, each under a name (a port) of its own. */
export class SilentHosts {
  /** As `spec.endpoint.host` has them. */
  readonly names: readonly string[];
  readonly #servers: readonly Server[];
  readonly #unanswered = new Set<ServerResponse>();
  #most = 0;

  private constructor(servers: readonly Server[], isSilentTo: (action: string) => boolean, behind: string) {
    this.#servers = servers;
    this.names = servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (const server of servers) {
      server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
        if (isSilentTo(String(incoming.headers['x-acs-action']))) this.#keep(outgoing);
        else passOn(behind, incoming, outgoing);
      });
    }
  }

  /** Starts so many; calls that they are not silent to are answered by the host `behind`. */
  static async start(
    count: number,
    { isSilentTo, behind }: { readonly isSilentTo: (action: string) => boolean; readonly behind: string },
  ): Promise<SilentHosts> {
    const servers = await Promise.all(Array.from({ length: count }, listening));
    return new SilentHosts(servers, isSilentTo, behind);
  }

  /** Calls that wait for an answer now, and as many as ever did at a time. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  get mostUnanswered(): number {
    return this.#most;
  }

  /** Ends everything. */
  stop(): void {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  #keep(outgoing: ServerResponse): void {
    this.#unanswered.add(outgoing);
    this.#most = Math.max(this.#most, this.#unanswered.size);
    outgoing.on('close', () => this.#unanswered.delete(outgoing));
  }
}

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return server;
}

function passOn(behind: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { hostname, port } = new URL(`http://${behind}`);
  const { method, url: path, headers } = incoming;
  const onward = sendRequest({ hostname, port, method, path, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}
