// Calls through proxies: which go through one, what it gets to see, and what is told when it leads nowhere.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { networkFailure } from '../../../../src/alibaba/errors.ts';
import { readProxy } from '../../../../src/alibaba/proxies/proxy.ts';
import type { Environment } from '../../../../src/alibaba/proxies/proxy.ts';
import { redactorOf } from '../../../../src/alibaba/redaction.ts';
import { HttpTransport } from '../../../../src/alibaba/transport.ts';
import type { WireReply } from '../../../../src/alibaba/transport.ts';
import { selfSigned } from '../../../support/self-signed.ts';

const request = { method: 'POST', path: '/', headers: { 'content-type': 'text/plain' }, body: Buffer.from('a=b') };
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

// The name is the certificate's too; only the proxy knows its address.
const name = 'localhost.example';

/** An endpoint with TLS under a name. */
async function endpoint(): Promise<{ readonly at: string; readonly caBundle: string }> {
  const tls = await selfSigned(name);
  return { at: await listen(createTlsServer(tls, (_request, response) => response.end('{}'))), caBundle: tls.cert };
}

interface TestProxy {
  readonly host: string;
  readonly asked: string[];
}

/** A proxy that notes what it was asked for and leads to one place, with its answer to CONNECT. */
async function proxy(
  leadsTo: string,
  { status = 200, secured = false } = {},
): Promise<TestProxy & { caBundle: string }> {
  const asked: string[] = [];
  const tls = await selfSigned();
  const server = secured ? createTlsServer(tls) : createServer();
  server.on('request', (incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}, ${incoming.headers['proxy-authorization'] ?? 'anonymous'}`);
    response.writeHead(status).end('{}');
  });
  server.on('connect', (incoming, client: Socket) => {
    asked.push(`CONNECT ${incoming.url}, ${incoming.headers['proxy-authorization'] ?? 'anonymous'}`);
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const [host = '', port] = leadsTo.split(':');
    const target = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  return { host: await listen(server), asked, caBundle: tls.cert };
}

interface Sending {
  readonly environment: Environment;
  readonly caBundle?: string;
  readonly proxyCaBundle?: string;
  readonly protocol?: 'HTTP' | 'HTTPS';
}

async function send(host: string, sending: Sending): Promise<WireReply> {
  const settings = readProxy(sending.environment, sending.proxyCaBundle);
  if (settings.kind !== 'proxy') throw new Error(`no proxy: ${settings.kind}`);
  const transport = new HttpTransport(settings.proxy);
  const { protocol = 'HTTPS', caBundle } = sending;
  const called = { host, protocol, caBundle, region: 'cn-hangzhou' };
  return transport.send(called, request, new AbortController().signal);
}

const authorization = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
const withUser = (host: string, scheme = 'http'): string => `${scheme}://user:p%40ss@${host}`;

describe('a proxy', () => {
  test.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY'])(
    'named by %s carries calls over TLS, which it cannot read',
    async (variable) => {
      const { at, caBundle } = await endpoint();
      const { host, asked } = await proxy(at);
      const environment = { [variable]: withUser(host) };
      expect((await send(name, { caBundle, environment })).status).toBe(200);
      expect(asked).toEqual([`CONNECT ${name}:443, ${authorization}`]);
    },
  );

  test('that is reached over TLS itself is trusted by its own CA', async () => {
    const { at, caBundle } = await endpoint();
    const { host, asked, caBundle: proxyCaBundle } = await proxy(at, { secured: true });
    const environment = { HTTPS_PROXY: withUser(host, 'https') };
    expect((await send(`${name}:8443`, { caBundle, environment, proxyCaBundle })).status).toBe(200);
    expect(asked).toEqual([`CONNECT ${name}:8443, ${authorization}`]);
  });

  test('named by HTTP_PROXY carries calls to endpoints without TLS', async () => {
    const { host, asked } = await proxy('127.0.0.1:9');
    const environment = { HTTP_PROXY: withUser(host) };
    expect((await send('pca.example', { environment, protocol: 'HTTP' })).status).toBe(200);
    expect(asked).toEqual([`POST http://pca.example/, ${authorization}`]);
  });

  test.each(['NO_PROXY', 'no_proxy'])('carries no calls to hosts that %s names', async (variable) => {
    const { at, caBundle } = await endpoint();
    const { host, asked } = await proxy(at);
    const environment = { HTTPS_PROXY: `http://${host}`, [variable]: 'other,.invalid' };
    await expect(send('pca.invalid', { caBundle, environment })).rejects.toMatchObject({ syscall: 'getaddrinfo' });
    expect(asked).toEqual([]);
  });
});

describe('what is told of a proxy', () => {
  const about = { action: 'DescribeCACertificate', host: name, sent: true, redact: redactorOf([]) };

  async function told(sending: Sending, host = name): Promise<string> {
    const failure = await send(host, sending).then(
      () => undefined,
      (error: unknown) => networkFailure(error, about),
    );
    if (failure === undefined) return 'an answer came';
    expect(failure).toMatchObject({ class: 'Transient', mayHaveIssued: false });
    expect(failure.message).not.toMatch(/p@ss|p%40ss|dXNlcj/);
    return failure.message;
  }

  const head = `DescribeCACertificate at ${name} failed,`;

  test('that refuses', async () => {
    const { host } = await proxy('', { status: 403 });
    expect(await told({ environment: { HTTPS_PROXY: withUser(host) } })).toBe(
      `${head} the proxy did not let the connection through (ProxyRefused): ${host} answered with status 403. Have it allow CONNECT to this host, or name the host in NO_PROXY of the operator (Helm: proxy.noProxy).`,
    );
  });

  test.each(['HTTPS', 'HTTP'] as const)('that wants another password, for endpoints with %s', async (protocol) => {
    const { host } = await proxy('', { status: 407 });
    expect(await told({ environment: { HTTP_PROXY: withUser(host) }, protocol })).toBe(
      `${head} the proxy wants another user or password (ProxyAuthenticationRequired): ${host} answered with status 407. Correct them in HTTPS_PROXY of the operator (Helm: proxy.urlSecret).`,
    );
  });

  test.each(['HTTPS', 'HTTP'] as const)('that is not there, for endpoints with %s', async (protocol) => {
    const server = createServer();
    const host = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await told({ environment: { HTTP_PROXY: withUser(host) }, protocol })).toBe(
      `${head} the proxy could not be reached (ProxyUnreachable): ${host}, ECONNREFUSED. Check HTTPS_PROXY of the operator (Helm: proxy.url) and the network policies.`,
    );
  });

  test('that hangs up, or speaks no HTTP', async () => {
    const answers = [(socket: Socket) => void socket.destroy(), (socket: Socket) => void socket.end('SSH-2.0\r\n')];
    const messages = answers.map(async (answer) => {
      const server = createServer().on('connection', (socket) => socket.once('data', () => answer(socket)));
      const host = await listen(server);
      return (await told({ environment: { HTTPS_PROXY: withUser(host) } }))
        .replace(host, 'HOST')
        .replace(/, [A-Z_]+\. .*/, ', CODE');
    });
    expect(await Promise.all(messages)).toEqual([
      `${head} the proxy could not be reached (ProxyUnreachable): HOST, CODE`,
      `${head} the proxy could not be reached (ProxyUnreachable): HOST, CODE`,
    ]);
  });

  test.each([
    ['whose certificate nobody knows', { secured: true }],
    ['that has no TLS though its URL says so', { secured: false }],
  ])('%s', async (_, settings) => {
    const { host } = await proxy('', settings);
    expect(
      (await told({ environment: { HTTPS_PROXY: withUser(host, 'https') } })).replace(/, [A-Z_]+\. /, ', CODE. '),
    ).toBe(
      `${head} no trusted TLS connection to the proxy could be made (ProxyNotTrusted): ${host}, CODE. Check the scheme in HTTPS_PROXY and, for a private CA, --proxy-ca-bundle (Helm: proxy.url, proxy.caBundle).`,
    );
  });

  test('is not told of an endpoint behind it that is not trusted', async () => {
    const { at } = await endpoint();
    const { host } = await proxy(at);
    expect(await told({ environment: { HTTPS_PROXY: withUser(host) } })).toMatch(
      /failed, no trusted TLS connection could be made \([A-Z_]+\)\. Check the protocol/,
    );
  });
});

describe('the settings of a proxy', () => {
  const secured = 'http://user:PLANTED@proxy:3128';
  const server = {
    origin: 'http://proxy:3128',
    authorization: `Basic ${Buffer.from('user:PLANTED').toString('base64')}`,
    shown: 'proxy:3128',
  };

  test.each<[string, Environment, unknown]>([
    ['none', {}, undefined],
    ['an empty one', { HTTPS_PROXY: '', https_proxy: '' }, undefined],
    [
      'one for HTTPS alone',
      { HTTPS_PROXY: secured, NO_PROXY: '.svc' },
      { https: server, http: undefined, except: '.svc' },
    ],
    ['one for HTTP, which carries HTTPS as well', { http_proxy: secured }, { https: server, http: server, except: '' }],
    [
      'one without a user',
      { HTTPS_PROXY: 'https://proxy' },
      { https: { origin: 'https://proxy', authorization: undefined, shown: 'proxy' }, http: undefined, except: '' },
    ],
  ])('are read from the environment: %s', (_, environment, expected) => {
    const settings = readProxy(environment);
    const { https, http } = settings.kind === 'proxy' ? settings.proxy : {};
    const read = settings.kind === 'proxy' ? { https, http, except: settings.except } : undefined;
    expect(read).toEqual(expected);
    if (expected === undefined) expect(settings).toEqual({ kind: 'none' });
  });

  test.each<[string, Environment, string]>([
    ['a URL without a scheme', { HTTPS_PROXY: 'proxy:3128' }, 'HTTPS_PROXY'],
    ['a word', { HTTPS_PROXY: secured, HTTP_PROXY: 'yes' }, 'HTTP_PROXY'],
    ['a proxy of another kind', { HTTPS_PROXY: 'socks5://proxy:1080' }, 'HTTPS_PROXY'],
    ['a password with a bare %', { HTTPS_PROXY: 'http://user:50%@proxy' }, 'HTTPS_PROXY'],
  ])('are refused where they are %s', (_, environment, variable) => {
    expect(readProxy(environment)).toEqual({
      kind: 'invalid',
      message: `${variable} is no URL of a proxy. Write it like http://proxy.example.com:3128, or unset it.`,
    });
  });

  test('are refused where their CA cannot be read', () => {
    expect(readProxy({ HTTPS_PROXY: secured }, 'PLANTED')).toEqual({
      kind: 'invalid',
      message: expect.stringMatching(
        /^--proxy-ca-bundle: PEM block 1 of 1 holds no certificate that can be read/,
      ) as string,
    });
  });
});
