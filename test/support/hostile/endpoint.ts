// A PCA endpoint of a tenant who means harm: some calls are answered by the simulator, all others as the test says. It
// listens on loopback only, and is bounded in what it sends and how long it sends.
import { createServer, request as sendRequest } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One call as it arrived. */
export interface Exchange {
  readonly action: string;
  readonly parameters: URLSearchParams;
  /** Whatever is written here is the answer, byte by byte; it stays open for the next call. */
  readonly socket: Socket;
  /** The body of the simulator's answer to the same call. */
  readonly genuine: () => Promise<string>;
}

/** Answers one call. */
export type Answer = (exchange: Exchange) => void | Promise<void>;

/** Which calls the simulator answers, and who answers the others. */
export interface EndpointSettings {
  /** `host:port` of the simulator. */
  readonly simulator: string;
  readonly isGenuine: (action: string) => boolean;
  readonly answer: Answer;
}

// Beyond any number of connections that one issuer needs.
const mostConnections = 128;
const longestConnectionMs = 90_000;

/** The endpoint; listens on a free port. */
export class HostileEndpoint {
  /** `host:port`, as an issuer's spec.endpoint.host wants it. */
  readonly host: string;
  /** Actions that were answered with harm, in the order of their arrival. */
  readonly harmed: string[] = [];
  readonly #server: Server;
  /** Connections on which answers of the test's own were written. */
  readonly #detached = new WeakSet<Socket>();
  readonly #settings: EndpointSettings;

  private constructor(server: Server, settings: EndpointSettings) {
    this.#server = server;
    this.#settings = settings;
    this.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Listens. */
  static async start(settings: EndpointSettings): Promise<HostileEndpoint> {
    const server = createServer();
    server.maxConnections = mostConnections;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const endpoint = new HostileEndpoint(server, settings);
    server.on('connection', (socket: Socket) => {
      const end = setTimeout(() => socket.destroy(), longestConnectionMs);
      socket.on('close', () => clearTimeout(end)).on('error', () => socket.destroy());
    });
    server.on('request', (request, response) => void endpoint.#take(request, response));
    return endpoint;
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    try {
      const body = await bodyOf(request);
      const action = String(request.headers['x-acs-action']);
      const genuine = async (): Promise<string> => (await forwarded(this.#settings.simulator, request, body)).text;
      if (this.#settings.isGenuine(action)) {
        const { status, text } = await forwarded(this.#settings.simulator, request, body);
        if (!this.#detached.has(socket)) {
          response.writeHead(status, { 'content-type': 'application/json' }).end(text);
          return;
        }
        // Node still waits for the end of the answer that the test wrote, and would not expect that of another one.
        response.detachSocket(socket);
        const length = Buffer.byteLength(text);
        socket.write(
          `HTTP/1.1 ${status} Status\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${text}`,
        );
        return;
      }
      // From here on the bytes are the test's own.
      response.detachSocket(socket);
      this.#detached.add(socket);
      this.harmed.push(action);
      await this.#settings.answer({ action, parameters: new URLSearchParams(body), socket, genuine });
    } catch {
      socket.destroy();
    }
  }
}

async function bodyOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Sends the same call, with the signature that it came with. */
async function forwarded(
  target: string,
  { method, url, headers }: IncomingMessage,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const [host, port] = target.split(':');
  return new Promise((resolve, reject) => {
    const outgoing = sendRequest({ host, port, method, path: url, headers }, (answer) => {
      bodyOf(answer).then((text) => resolve({ status: answer.statusCode ?? 502, text }), reject);
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
