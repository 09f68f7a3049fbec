// Calls against small local servers: what goes out, and that whatever comes back is a classified outcome without secrets.
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { createHook } from 'node:async_hooks';
import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { compose } from '../../../src/alibaba/call.ts';
import type { Call, PcaOutcome } from '../../../src/alibaba/call.ts';
import { withAccessKey } from '../../../src/alibaba/credentials/with-access-key.ts';
import { pcaCall } from '../../../src/alibaba/pca-client.ts';
import { HttpTransport } from '../../../src/alibaba/transport.ts';
import { selfSigned } from '../../support/self-signed.ts';

const transport = new HttpTransport();

const secret = 'PLANTEDsecret0123456789abcdefg';
const token = 'PLANTEDtoken+/=';
const csr = '-----BEGIN CERTIFICATE REQUEST-----\nUExBTlRFRA==PLANTEDcsr\n-----END CERTIFICATE REQUEST-----\n';
const accessKey = { accessKeyId: 'LTAI5t', accessKeySecret: secret, securityToken: token };
const create = {
  action: 'CreateCustomCertificate',
  version: '2020-06-30',
  parameters: { Csr: csr, 'Tags.1.Key': 'a b' },
};
const describeCA = { action: 'DescribeCACertificate', version: '2020-06-30', parameters: { Identifier: 'ca' } };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = (listener: RequestListener): Promise<string> => listen(createServer(listener));

function answer(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.writeHead(status, { 'x-acs-request-id': 'HEADER-ID' }).end(body);
}

function callTo(
  host: string,
  settings: { timeout?: number; protocol?: 'HTTP' | 'HTTPS'; caBundle?: string } = {},
): Call {
  const { protocol = 'HTTP', caBundle, timeout: timeoutMs = 60_000 } = settings;
  return compose(
    pcaCall({
      endpoint: { host, protocol, caBundle, region: 'cn-hangzhou' },
      transport,
      timeoutMs,
      userAgent: 'alibaba-pca-issuer/test',
    }),
    withAccessKey(accessKey),
  );
}

const forever = (): { signal: AbortSignal } => ({ signal: new AbortController().signal });

function brief(outcome: PcaOutcome): unknown {
  if (outcome.kind === 'ok') return outcome;
  const { class: errorClass, code, httpStatus, requestId, mayHaveIssued } = outcome.failure;
  return { errorClass, code, httpStatus, requestId, mayHaveIssued };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

test('sends every parameter in the form body, signed, with the token, and gives back the reply', async () => {
  let seen: unknown;
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = Object.fromEntries(new URLSearchParams(await bodyOf(request)));
    const { headers } = request;
    seen = {
      line: `${request.method} ${request.url}`,
      form,
      action: headers['x-acs-action'],
      version: headers['x-acs-version'],
      token: headers['x-acs-security-token'],
      signed: headers.authorization?.startsWith('ACS3-HMAC-SHA256 Credential=LTAI5t,'),
      agent: headers['user-agent']?.endsWith('alibaba-pca-issuer/test'),
    };
    answer(response, 200, '{"RequestId":"REPLY-ID","Identifier":"x"}');
  };
  const host = await serve((request, response) => void receive(request, response));
  const outcome = await callTo(host)(create, forever());
  expect({ outcome, seen }).toEqual({
    outcome: { kind: 'ok', body: { RequestId: 'REPLY-ID', Identifier: 'x' }, requestId: 'REPLY-ID' },
    seen: {
      line: 'POST /',
      form: create.parameters,
      action: 'CreateCustomCertificate',
      version: '2020-06-30',
      token,
      signed: true,
      agent: true,
    },
  });
});

const odd = { errorClass: 'OutcomeUnknown', code: 'MalformedReply', requestId: 'HEADER-ID', mayHaveIssued: true };
test.each([
  ['an empty body', 200, '', { ...odd, httpStatus: 200 }],
  ['a body that is not JSON', 200, '<html>', { ...odd, httpStatus: 200 }],
  ['null', 200, 'null', { ...odd, httpStatus: 200 }],
  ['an array', 200, '[]', { ...odd, httpStatus: 200 }],
  ['more than any reply', 200, `{"a":"${'a'.repeat(5 * 1024 * 1024)}"}`, { ...odd, httpStatus: 200 }],
  ['more than any error', 400, `{"Code":"NotFound","Message":"${'a'.repeat(64 * 1024)}"}`, { ...odd, httpStatus: 400 }],
  ['a redirect', 302, '{}', { ...odd, httpStatus: 302, code: 'UnexpectedRedirect' }],
  ['a web page with an error status', 502, '<html>', { ...odd, httpStatus: 502 }],
  ['an empty error', 400, '', { ...odd, httpStatus: 400 }],
  ['an array for an error', 400, '[]', { ...odd, httpStatus: 400 }],
])('%s is classified', async (_name, status, body, expected) => {
  const host = await serve((_request, response) => answer(response, status, body));
  expect(brief(await callTo(host)(create, forever()))).toEqual(expected);
});

const nothing = { httpStatus: undefined, requestId: undefined };

test('a hung server is left at the deadline; a create may have issued, a read has not', async () => {
  const host = await serve(() => undefined);
  const pca = callTo(host, { timeout: 60 });
  expect([brief(await pca(create, forever())), brief(await pca(describeCA, forever()))]).toEqual([
    { errorClass: 'OutcomeUnknown', code: 'DeadlineExceeded', mayHaveIssued: true, ...nothing },
    { errorClass: 'Transient', code: 'DeadlineExceeded', mayHaveIssued: false, ...nothing },
  ]);
});

test('a reply that stalls half-way is left at the deadline and its connection closed', async () => {
  const seen = { isClosed: false };
  const host = await serve((_request, response) => {
    response.on('close', () => (seen.isClosed = true));
    response.writeHead(200, { 'content-length': '100' }).write('{');
  });
  const outcome = await callTo(host, { timeout: 1_000 })(create, forever());
  // The library itself would close it a second later. Turns are counted as well, since a busy machine may stand still.
  const from = performance.now();
  for (let turn = 0; !seen.isClosed && (turn < 1_000 || performance.now() - from < 500); turn += 1)
    await new Promise((resolve) => setImmediate(resolve));

  expect(seen.isClosed).toBe(true);
  expect(brief(outcome)).toEqual({
    errorClass: 'OutcomeUnknown',
    code: 'DeadlineExceeded',
    mayHaveIssued: true,
    ...nothing,
  });
});

test.each([
  ['before an answer', (response: ServerResponse) => response.destroy()],
  [
    'in the middle of it',
    (response: ServerResponse) =>
      response.writeHead(200, { 'content-length': '9' }).write('{', () => response.destroy()),
  ],
])('a connection cut %s leaves the outcome unknown', async (_name, cut) => {
  const host = await serve((request, response) => void request.resume().on('end', () => cut(response)));
  expect(brief(await callTo(host)(create, forever()))).toEqual({
    errorClass: 'OutcomeUnknown',
    code: 'ECONNRESET',
    mayHaveIssued: true,
    ...nothing,
  });
});

test('a refused connection and an unknown host surely issued nothing', async () => {
  const gone = createTcpServer();
  const host = await listen(gone);
  await new Promise((resolve) => gone.close(resolve));
  const refused = await callTo(host)(create, forever());
  const unresolved = await callTo('pca.invalid')(create, forever());
  expect(brief(refused)).toEqual({ errorClass: 'Transient', code: 'ECONNREFUSED', mayHaveIssued: false, ...nothing });
  expect(brief(unresolved)).toMatchObject({ errorClass: 'Transient', mayHaveIssued: false });
});

test('plain HTTP where TLS is expected surely issued nothing', async () => {
  const host = await serve((_request, response) => answer(response, 200, '{}'));
  const outcome = await callTo(host, { protocol: 'HTTPS' })(describeCA, forever());
  expect(outcome.kind === 'failed' && outcome.failure.message.split('(')[0]).toBe(
    `DescribeCACertificate at ${host} failed, no trusted TLS connection could be made `,
  );
});

test('an untrusted certificate surely issued nothing; with the caBundle it is trusted', async () => {
  const tls = await selfSigned();
  const host = await listen(createTlsServer(tls, (_request, response) => answer(response, 200, '{"RequestId":"R"}')));
  const untrusted = await callTo(host, { protocol: 'HTTPS' })(create, forever());
  const trusted = await callTo(host, { protocol: 'HTTPS', caBundle: tls.cert })(create, forever());
  expect([brief(untrusted), trusted]).toEqual([
    { errorClass: 'Transient', code: 'DEPTH_ZERO_SELF_SIGNED_CERT', mayHaveIssued: false, ...nothing },
    { kind: 'ok', body: { RequestId: 'R' }, requestId: 'R' },
  ]);
});

test('a caller that cancels stops waiting at once, and the call counts as possibly issued', async () => {
  const arrived = Promise.withResolvers<void>();
  const host = await serve(() => arrived.resolve());
  const controller = new AbortController();
  const call = callTo(host)(create, { signal: controller.signal });
  await arrived.promise;
  controller.abort();
  expect(brief(await call)).toEqual({ errorClass: 'Cancelled', code: 'Cancelled', mayHaveIssued: true, ...nothing });
});

test('a call cancelled beforehand is not sent', async () => {
  let calls = 0;
  const host = await serve(() => void (calls += 1));
  const outcome = await callTo(host)(create, { signal: AbortSignal.abort() });
  expect({ calls, outcome: brief(outcome) }).toEqual({
    calls: 0,
    outcome: { errorClass: 'Cancelled', code: 'Cancelled', mayHaveIssued: false, ...nothing },
  });
});

test('the fence is asked when the call is signed, and what it holds back never arrives', async () => {
  let arrived = 0;
  const host = await serve((_request, response) => {
    arrived += 1;
    answer(response, 200, '{}');
  });
  const asked: number[] = [];
  const fence = (isOpen: boolean) => () => {
    asked.push(arrived);
    return isOpen;
  };
  const held = await callTo(host)(create, { ...forever(), mayGo: fence(false) });
  const sent = await callTo(host)(create, { ...forever(), mayGo: fence(true) });
  expect([brief(held), sent.kind, asked, arrived]).toEqual([
    { errorClass: 'Cancelled', code: 'NotActing', mayHaveIssued: false, ...nothing },
    'ok',
    [0, 0],
    1,
  ]);
});

test('a finished call leaves no timer behind', async () => {
  const host = await serve((_request, response) => answer(response, 200, '{}'));
  const pca = callTo(host);
  await pca(create, forever());
  const live = new Set<number>();
  const hook = createHook({
    init: (id, type) => void (type === 'Timeout' && live.add(id)),
    destroy: (id) => void live.delete(id),
  });
  hook.enable();
  for (let call = 0; call < 20; call += 1) await pca(create, forever());
  await new Promise((resolve) => setImmediate(resolve));
  hook.disable();
  // The transport keeps a few of its own, however many calls there are.
  expect(live.size).toBeLessThanOrEqual(5);
});

test('any status and any bytes give an outcome, and nothing planted comes out in a failure', async () => {
  let next: { status: number; body: Uint8Array } = { status: 200, body: new Uint8Array() };
  const host = await serve((_request, response) => answer(response, next.status, next.body));
  const pca = callTo(host);
  const status = fc.oneof(fc.integer({ min: 200, max: 599 }), fc.constantFrom(200, 400, 403, 500, 503));
  const planted = fc.constantFrom(
    secret,
    token,
    csr,
    encodeURIComponent(csr),
    `https://h/?Csr=PLANTED${secret}`,
    'words',
  );
  const text = fc.array(fc.oneof(planted, fc.string())).map((parts) => parts.join(' '));
  const detail = fc.record({ AuthAction: text, AuthPrincipalDisplayName: text });
  const error = fc
    .record({ Code: fc.oneof(text, planted), Message: text, RequestId: text, AccessDeniedDetail: detail })
    .map((value) => JSON.stringify(value));
  const body = fc.oneof(
    fc.uint8Array(),
    fc.oneof(fc.json(), error).map((json) => new TextEncoder().encode(json)),
  );
  await fc.assert(
    fc.asyncProperty(status, body, async (status, body) => {
      next = { status, body };
      const outcome = await pca(create, forever());
      if (outcome.kind === 'ok') return;
      expect(outcome.failure.message.length).toBeLessThanOrEqual(500);
      expect(JSON.stringify(outcome.failure)).not.toMatch(/PLANTED|BEGIN|[a-z0-9]:\/\/[a-z0-9]/i);
    }),
    { numRuns: 300 },
  );
});

test('answers that come together are read in turns of the event loop of their own', async () => {
  const arrived = Promise.withResolvers<void>();
  const together = {
    send: async () => {
      await arrived.promise;
      return { status: 200, requestId: undefined, body: Buffer.from('{"RequestId":"A-1"}') };
    },
  };
  const endpoint = { host: '127.0.0.1', protocol: 'HTTP', caBundle: undefined, region: 'cn-hangzhou' } as const;
  const call = pcaCall({ endpoint, transport: together, timeoutMs: 60_000, userAgent: 'alibaba-pca-issuer/test' });
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  const turns = Array.from({ length: 4 }, async () => {
    const outcome = await call(describeCA, forever());
    return { turn, kind: outcome.kind };
  });
  setImmediate(() => {
    count();
    arrived.resolve();
  });
  const read = await Promise.all(turns);
  isOver = true;
  expect([new Set(read.map((each) => each.turn)).size, read.map(({ kind }) => kind)]).toEqual([
    4,
    ['ok', 'ok', 'ok', 'ok'],
  ]);
});
