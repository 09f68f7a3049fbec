// What goes over the wire to endpoints that anybody may run, and through proxies: bounded, sent once, given up when told.
import { createServer } from 'node:http';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { AddressRules } from '../../../src/alibaba/address-rules.ts';
import type { PcaEndpoint } from '../../../src/alibaba/endpoint.ts';
import { readProxy } from '../../../src/alibaba/proxies/proxy.ts';
import type { Environment } from '../../../src/alibaba/proxies/proxy.ts';
import { HttpTransport, largestErrorBytes, largestReplyBytes } from '../../../src/alibaba/transport.ts';
import type { WireReply } from '../../../src/alibaba/transport.ts';
import { slowHostName, startSlowHost } from '../../support/slow-handshake.ts';
import { until } from '../../support/wait.ts';

const request = { method: 'POST', path: '/', headers: { 'content-type': 'text/plain' }, body: Buffer.from('a=b') };
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<{ readonly server: Server; readonly host: string }> {
  return listen(createServer(listener));
}

async function listen(server: Server): Promise<{ readonly server: Server; readonly host: string }> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const endpointOf = (host: string, caBundle?: string): PcaEndpoint => ({
  host,
  protocol: 'HTTP',
  caBundle,
  region: 'cn-hangzhou',
});

async function send(
  host: string,
  { caBundle, environment = {} }: { readonly caBundle?: string; readonly environment?: Environment } = {},
): Promise<WireReply> {
  const settings = readProxy(environment);
  const transport = new HttpTransport(settings.kind === 'proxy' ? settings.proxy : undefined);
  const protocol = caBundle === undefined ? 'HTTP' : 'HTTPS';
  return transport.send({ ...endpointOf(host, caBundle), protocol }, request, new AbortController().signal);
}

describe('a reply', () => {
  test.each([
    ['that says no', 500, largestErrorBytes],
    ['that says yes', 200, largestReplyBytes],
  ])('%s and never ends is left at its bound, and its connection closed', async (_, status, bound) => {
    let written = 0;
    let isClosed = false;
    const { host } = await serve((_request, response) => {
      response.writeHead(status, { 'x-acs-request-id': 'R' });
      const more = (): void => {
        for (let isTaken = true; isTaken; written += 16_384) isTaken = response.write('a'.repeat(16_384));
      };
      response.on('drain', more).on('close', () => (isClosed = true));
      more();
    });
    expect(await send(host)).toEqual({ status, requestId: 'R', body: undefined });
    await until('the connection to be closed', () => isClosed);
    // Beside what was read there is only what the sockets of the machine hold.
    expect(written).toBeLessThan(bound + 8 * 1024 * 1024);
  });

  test.each([
    ['says no', 403, largestErrorBytes],
    ['says yes', 200, largestReplyBytes],
  ])('that %s is read up to its bound', async (_, status, bound) => {
    const { host } = await serve((_request, response) => response.writeHead(status).end('a'.repeat(bound)));
    const { body, ...reply } = await send(host);
    expect({ ...reply, text: body?.toString() }).toEqual({ status, requestId: undefined, text: 'a'.repeat(bound) });
  });

  test('that is compressed, which nobody asked for, is not unpacked', async () => {
    const packed = gzipSync('{"a":"b"}');
    const { host } = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
    );
    expect((await send(host)).body).toEqual(packed);
  });

  test.each([
    [
      'endless',
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nA: ${'a'.repeat(64 * 1024)}`),
      /Headers Overflow/i,
    ],
    [
      'of thousands of fields',
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(3_000)}\r\n`),
      /Headers Overflow/i,
    ],
    [
      'preceded by informational ones without end',
      (socket: Socket) => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(100)),
      /more than 8 informational replies/,
    ],
    ['no HTTP', (socket: Socket) => socket.end('SSH-2.0-OpenSSH\r\n'), /Parse|Expected HTTP/i],
  ])('whose head is %s is an error', async (_, write, message) => {
    const { server, host } = await serve(() => undefined);
    server.on('connection', (socket) => socket.once('data', () => write(socket)));
    await expect(send(host)).rejects.toThrow(message);
  });
});

describe('replies that arrive together on many connections', () => {
  // Every look at it shows that 2 ms went by.
  const hurried = (): { readonly monotonic: () => number } => {
    let now = 0;
    return { monotonic: () => (now += 2) };
  };
  const count = 12;

  test.each([
    ['directly', (): Environment => ({}), undefined],
    ['through a proxy', (host: string): Environment => ({ HTTP_PROXY: `http://${host}` }), 'pca.example'],
  ])('%s, are parsed in several turns of the event loop, and each of them whole', async (_, environment, name) => {
    const body = 'a'.repeat(64 * 1024);
    const waiting: ServerResponse[] = [];
    const { host } = await serve((_request, response) => waiting.push(response));
    const settings = readProxy(environment(host));
    const transport = new HttpTransport(settings.kind === 'proxy' ? settings.proxy : undefined, undefined, hurried());
    let turn = 0;
    let isOver = false;
    const next = (): void => {
      turn += 1;
      if (!isOver) setImmediate(next);
    };
    const replies = Array.from({ length: count }, async () => {
      const reply = await transport.send(endpointOf(name ?? host), request, new AbortController().signal);
      return { turn, text: reply.body?.toString() };
    });
    await until('all requests', () => waiting.length === count);
    for (const response of waiting) response.end(body);
    setImmediate(next);
    const read = await Promise.all(replies);
    isOver = true;
    expect(read.filter(({ text }) => text !== body)).toEqual([]);
    // At most three parts of 4 KiB have a turn.
    expect(turn).toBeGreaterThan((count * body.length) / (3 * 4_096));
  });
});

test('a request on a connection that the other side closes just then is not sent again', async () => {
  let requests = 0;
  const { host } = await serve((incoming, response) => {
    requests += 1;
    if (requests === 1) response.end('{}');
    else incoming.socket.destroy();
  });
  const transport = new HttpTransport();
  const { signal } = new AbortController();
  await transport.send(endpointOf(host), request, signal);
  await expect(transport.send(endpointOf(host), request, signal)).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  expect(requests).toBe(2);
});

test('a call that is given up closes its connection', async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<Socket>();
  const { host } = await serve((incoming) => arrive(incoming.socket));
  const controller = new AbortController();
  const sending = new HttpTransport().send(endpointOf(host), request, controller.signal);
  const socket = await arrived;
  controller.abort();
  await expect(sending).rejects.toThrow();
  await until('the connection to be closed', () => socket.destroyed);
});

test('CA bundles that nobody uses any more keep no connections', async () => {
  const { server, host } = await serve((_request, response) => response.end('{}'));
  const transport = new HttpTransport();
  const { signal } = new AbortController();
  for (let bundle = 0; bundle < 80; bundle += 1) await transport.send(endpointOf(host, `${bundle}`), request, signal);
  const connections = async (): Promise<number> =>
    new Promise((resolve, reject) =>
      server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
    );
  await until('connections to be closed', async () => (await connections()) <= 64);
});

// Node gives an address 250 ms where a host has several.
describe.runIf(process.platform === 'linux')('a host of several addresses whose connections take a second', () => {
  test.each([
    ['is called', slowHostName, {}],
    ['is called through a proxy that is such a host', 'pca.example', { HTTP_PROXY: `http://${slowHostName}` }],
  ])('%s', async (_, name, environment) => {
    await using slow = await startSlowHost();
    const at = (url: string): string => `${url}:${slow.port}`;
    const proxies = Object.entries(environment).map(([key, value]) => [key, at(value)] as const);
    const sending = send(at(name), { environment: Object.fromEntries(proxies) });
    const [reply] = await Promise.all([sending, slow.asked()]);
    expect(reply).toEqual({ status: 200, requestId: undefined, body: Buffer.from('{}') });
  });
});

describe('without TLS', () => {
  const { signal } = new AbortController();
  const rules = new AddressRules({ refused: [], allowed: ['127.0.0.1'] });

  test('this machine is called', async () => {
    const { host } = await serve((_request, response) => response.end('{}'));
    expect((await new HttpTransport(undefined, rules).send(endpointOf(host), request, signal)).status).toBe(200);
  });

  test('no other address is called, nor any through a proxy, which would read it', async () => {
    let connections = 0;
    const { server, host } = await serve((_request, response) => response.end('{}'));
    server.on('connection', () => (connections += 1));
    const { port } = new URL(`http://${host}`);
    const elsewhere = new AddressRules({
      refused: [],
      allowed: [],
      names: { all: async () => Promise.resolve([{ address: '192.0.2.7', family: 4 }]) },
    });
    const settings = readProxy({ HTTP_PROXY: `http://${host}` });
    const sendings = [
      new HttpTransport(undefined, elsewhere).send(endpointOf(`localhost:${port}`), request, signal),
      new HttpTransport(undefined, elsewhere).send(endpointOf(`192.0.2.7:${port}`), request, signal),
      new HttpTransport(settings.kind === 'proxy' ? settings.proxy : undefined, rules).send(
        endpointOf('pca.example'),
        request,
        signal,
      ),
    ];
    const ends = await Promise.allSettled(sendings);
    expect(ends).toMatchObject(sendings.map(() => ({ status: 'rejected', reason: { code: 'PlainHTTPRefused' } })));
    expect(connections).toBe(0);
  });
});

describe('an address that is refused', () => {
  const { signal } = new AbortController();
  const refusing = new AddressRules({ refused: [], allowed: [] });

  test.each(['HTTP', 'HTTPS'] as const)(
    'is not connected to over %s, as it is given or as a name leads to it',
    async (protocol) => {
      let connections = 0;
      const { server, host } = await serve((_request, response) => response.end('{}'));
      server.on('connection', () => (connections += 1));
      const transport = new HttpTransport(undefined, refusing);
      const { port } = new URL(`http://${host}`);
      for (const name of ['127.0.0.1', 'localhost', '127.1', '[::ffff:127.0.0.1]']) {
        const sending = transport.send({ ...endpointOf(`${name}:${port}`), protocol }, request, signal);
        await expect(sending).rejects.toMatchObject({ code: 'AddressRefused' });
      }
      expect(connections).toBe(0);
    },
  );

  test('is connected to where it is allowed', async () => {
    const { host } = await serve((_request, response) => response.end('{}'));
    const transport = new HttpTransport(undefined, new AddressRules({ refused: [], allowed: ['127.0.0.1'] }));
    expect((await transport.send(endpointOf(host.replace('127.0.0.1', 'localhost')), request, signal)).status).toBe(
      200,
    );
  });

  test('is refused past a proxy as well; a proxy itself may be anywhere, and resolves by itself', async () => {
    const { host } = await serve((_request, response) => response.end('{}'));
    const settings = readProxy({ HTTP_PROXY: `http://${host}` });
    const rules = new AddressRules({ refused: [], allowed: [], plainHttp: 'Anywhere' });
    const transport = new HttpTransport(settings.kind === 'proxy' ? settings.proxy : undefined, rules);
    await expect(transport.send(endpointOf('localhost:9'), request, signal)).rejects.toMatchObject({
      code: 'AddressRefused',
    });
    expect((await transport.send(endpointOf('pca.example'), request, signal)).status).toBe(200);
  });
});

test('large replies that come together are read a little in each turn of the event loop', async () => {
  const { host } = await serve((_request, response) => response.writeHead(200).end(Buffer.alloc(2 ** 21, 'a')));
  const transport = new HttpTransport();
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const replies = await Promise.all(
    Array.from({ length: 4 }, async () => transport.send(endpointOf(host), request, new AbortController().signal)),
  );
  isOver = true;
  expect(replies.map(({ body }) => body?.length)).toEqual([2 ** 21, 2 ** 21, 2 ** 21, 2 ** 21]);
  // A turn for each 128 KiB of each reply, or a chunk more.
  expect(turns).toBeGreaterThan(4 * 10);
});
