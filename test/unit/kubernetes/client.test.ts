import type { ServerResponse } from 'node:http';

import { afterEach, describe, expect, test } from 'vitest';

import { KubernetesClient } from '../../../src/kubernetes/client.ts';
import type { RequestRecord } from '../../../src/kubernetes/client.ts';
import type { KubernetesConnection } from '../../../src/kubernetes/connection.ts';
import { systemClock } from '../../../src/timing/clock.ts';
import { ApiDouble, beginWatch, line, sendJson, thing } from '../../support/api-double.ts';
import type { Answer } from '../../support/api-double.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/wait.ts';

const object = '/apis/cert-manager.io/v1/namespaces/a/certificaterequests/b';
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function connect(
  answer: Answer,
  connectionOf: (double: ApiDouble) => KubernetesConnection = (double) => double.connection(),
): Promise<{ client: KubernetesClient; double: ApiDouble; records: RequestRecord[] }> {
  const double = await ApiDouble.start(answer);
  const records: RequestRecord[] = [];
  const client = new KubernetesClient(connectionOf(double), {
    userAgent: 'agent/1',
    clock: { ...systemClock, random: () => 0 },
    onRequest: (record) => records.push({ ...record, seconds: 0 }),
  });
  cleanUps.push(
    async () => double.stop(),
    async () => client.close(),
  );
  return { client, double, records };
}

function refuse(response: ServerResponse, code: number, message = 'no', headers: Record<string, string> = {}): void {
  sendJson(response, code, { kind: 'Status', code, message }, headers);
}

describe('KubernetesClient', () => {
  test('applies a status by force as one manager and does not read the answer', async () => {
    const { client, double, records } = await connect((_, response) => response.end('not JSON'));
    const result = await client.applyStatus(object, { status: { conditions: [] } }, { fieldManager: 'pca' });
    expect(result).toEqual({ kind: 'ok', status: 200, body: undefined });
    const [request] = double.requests;
    expect({ ...request, headers: undefined, query: { ...request?.query, timeout: undefined } }).toEqual({
      method: 'PATCH',
      path: `${object}/status`,
      query: { fieldManager: 'pca', force: 'true', timeout: undefined },
      headers: undefined,
      body: '{"status":{"conditions":[]}}',
    });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/apply-patch+yaml',
      'user-agent': 'agent/1',
      accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
    });
    expect(request?.headers['accept-encoding']).toBe(undefined);
    expect(records).toEqual([{ verb: 'patch', resource: 'certificaterequests/status', status: 200, seconds: 0 }]);
  });

  test('sends half a surrogate pair, which the server would refuse, as a replacement', async () => {
    const { client, double } = await connect((_, response) => sendJson(response, 201, {}));
    await client.create('/api', { message: 'odd \ud800, fine \u{1f600}', list: ['\udc00'] });
    expect(double.requests.map(({ body }) => body)).toEqual([
      '{"message":"odd \ufffd, fine \u{1f600}","list":["\ufffd"]}',
    ]);
  });

  test('asks the server to give up before it gives up itself', async () => {
    const { client, double } = await connect((_, response) => sendJson(response, 200, {}));
    await client.create('/api/v1/namespaces/a/events', {}, { timeoutMs: 10_000 });
    const timeout = /^(\d+)ms$/.exec(double.requests[0]?.query['timeout'] ?? '')?.[1];
    expect(Number(timeout)).toBeGreaterThan(5000);
    expect(Number(timeout)).toBeLessThanOrEqual(9000);
  });

  test.each([
    { verb: 'get', path: object, resource: 'certificaterequests' },
    { verb: 'list', path: '/apis/cert-manager.io/v1/certificaterequests', resource: 'certificaterequests' },
    { verb: 'list', path: '/api/v1/namespaces/a/secrets', resource: 'secrets' },
    { verb: 'get', path: '/api/v1/namespaces/a', resource: 'namespaces' },
    { verb: 'get', path: '/version', resource: '/version' },
  ])('counts GET $path as $verb of $resource', async ({ verb, path, resource }) => {
    const { client, records } = await connect((_, response) => sendJson(response, 200, {}));
    await client.get(path);
    expect(records).toEqual([{ verb, resource, status: 200, seconds: 0 }]);
  });

  test('repeats a read that met trouble, as long as the server asks, and no more often than allowed', async () => {
    const { client, double } = await connect((_, response, count) => {
      if (count < 2) refuse(response, count === 0 ? 503 : 429);
      else sendJson(response, 200, { ok: true });
    });
    expect(await client.get(object)).toEqual({ kind: 'ok', status: 200, body: { ok: true } });
    expect(double.requests.length).toBe(3);
  });

  test('does not begin a wait that exceeds the deadline', async () => {
    // Both longer than a test may take, so that an answer shows that nothing was waited for.
    const { client, double } = await connect((_, response) => refuse(response, 503, 'no', { 'retry-after': '250' }));
    const result = await client.get(object, { timeoutMs: 200_000 });
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { class: 'Transient', retryAfterMs: 250_000 },
    });
    expect(double.requests.length).toBe(1);
  });

  test.each([403, 404, 409, 422, 400])('does not repeat a read that was answered %i', async (code) => {
    const { client, double } = await connect((_, response) => refuse(response, code));
    await client.get(object);
    expect(double.requests.length).toBe(1);
  });

  test('never repeats a write', async () => {
    const { client, double } = await connect((_, response) => refuse(response, 503));
    await client.create('/api/v1/namespaces/a/events', {});
    await client.replace(object, {});
    await client.patch(object, {}, 'application/merge-patch+json');
    await client.applyStatus(object, {}, { fieldManager: 'pca' });
    expect(double.requests.map(({ method }) => method)).toEqual(['POST', 'PUT', 'PATCH', 'PATCH']);
  });

  test('fails at its deadline when the server is silent', async () => {
    const { client } = await connect(() => {});
    expect(await client.create(object, {}, { timeoutMs: 50 })).toEqual({
      kind: 'failed',
      failure: {
        class: 'Transient',
        status: undefined,
        reason: 'DeadlineExceeded',
        message: `POST ${object} was not answered within 0.05 s`,
        retryAfterMs: undefined,
      },
    });
  });

  test('fails at its deadline when the server stops within the body', async () => {
    const { client } = await connect((_, response) => beginWatch(response).write('{"half'));
    const result = await client.get(object, { timeoutMs: 50 });
    expect(result).toMatchObject({ failure: { class: 'Transient', reason: 'DeadlineExceeded' } });
  });

  test.each(['before', 'during'])('is cancelled by its caller (%s the request)', async (when) => {
    const controller = new AbortController();
    if (when === 'before') controller.abort();
    const { client, double } = await connect(() => controller.abort());
    const result = await client.get(object, { signal: controller.signal });
    expect(result).toEqual({
      kind: 'failed',
      failure: {
        class: 'Cancelled',
        status: undefined,
        reason: undefined,
        message: `GET ${object} was cancelled`,
        retryAfterMs: undefined,
      },
    });
    expect(double.requests.length).toBe(when === 'before' ? 0 : 1);
  });

  test('does not quote an answer that is not JSON', async () => {
    const { client } = await connect((_, response) => response.end('c2VjcmV0'));
    const result = await client.get(object, { attempts: 1 });
    expect(result).toMatchObject({
      failure: { class: 'Transient', message: `GET ${object} failed: the answer with status 200 is not JSON` },
    });
  });

  test.each([
    { name: 'reads the credentials again once', good: 'Bearer 2', requests: ['Bearer 1', 'Bearer 2'], kind: 'ok' },
    { name: 'gives up after that', good: 'Bearer 3', requests: ['Bearer 1', 'Bearer 2'], kind: 'failed' },
  ])('on 401 it $name', async ({ good, requests, kind }) => {
    let token = 1;
    const { client, double } = await connect(
      ({ headers }, response) => {
        if (headers.authorization === good) sendJson(response, 200, {});
        else refuse(response, 401);
      },
      (server) => ({
        ...server.connection(),
        credentials: async ({ fresh }) => {
          token += fresh ? 1 : 0;
          return { headers: { authorization: `Bearer ${token}` }, tls: {} };
        },
      }),
    );
    const result = await client.create('/api/v1/namespaces/a/events', {});
    expect([result.kind, double.requests.map(({ headers }) => headers.authorization)]).toEqual([kind, requests]);
  });

  test('keeps the path of the server, e.g. that of a proxy in front of many clusters', async () => {
    const { client, double } = await connect(
      (_, response) => sendJson(response, 200, {}),
      (server) => ({ ...server.connection(), server: `${server.url}/clusters/c1/` }),
    );
    await client.get(object);
    expect(double.requests[0]?.path).toBe(`/clusters/c1${object}`);
  });

  test('uses its connections again and no more of them than allowed', async () => {
    const sockets = new Set<unknown>();
    const { client } = await connect((_, response) => {
      sockets.add(response.socket);
      sendJson(response, 200, {});
    });
    for (let round = 0; round < 3; round += 1)
      await Promise.all(Array.from({ length: 100 }, async () => client.get(object)));

    expect(sockets.size).toBeLessThanOrEqual(48);
  });

  test('answers the Lease, lists and other namespaces while the writes of one namespace are held up', async () => {
    const held: ServerResponse[] = [];
    const { client, double } = await connect((request, response) => {
      if (request.method === 'PATCH') held.push(response);
      else sendJson(response, 200, {});
    });
    const writes = Array.from({ length: 60 }, async () => client.patch(object, {}, 'application/merge-patch+json'));
    await until('the writes that may go out have gone', () => held.length === 24);
    const lease = '/apis/coordination.k8s.io/v1/namespaces/a/leases/l';
    const answers = await Promise.all([
      client.replace(lease, {}, { lane: 'lease' }),
      client.get('/apis/cert-manager.io/v1/certificaterequests', { lane: 'lists' }),
      client.get(object.replace('/a/', '/b/')),
      client.get('/api/v1/namespaces/kube-system'),
    ]);
    expect([answers.map(({ kind }) => kind), held.length]).toEqual([['ok', 'ok', 'ok', 'ok'], 24]);
    while (double.requests.length < 64 || held.length > 0) {
      for (const response of held.splice(0)) sendJson(response, 200, {});
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await Promise.all(writes)).map(({ kind }) => kind)).toEqual(Array.from({ length: 60 }, () => 'ok'));
  });

  test('counts the wait for a connection into the deadline, and tells the server what is left', async () => {
    const clock = new FakeClock(() => 0);
    const held: ServerResponse[] = [];
    const double = await ApiDouble.start((_, response) => held.push(response));
    const client = new KubernetesClient(double.connection(), { userAgent: 'test', clock, connections: 2 });
    cleanUps.push(
      async () => double.stop(),
      async () => client.close(),
    );
    const first = client.create(object, {}, { timeoutMs: 60_000 });
    await until('the first was sent', () => held.length === 1);
    const second = client.create(object, {}, { timeoutMs: 10_000 });
    const third = client.create(object, {}, { timeoutMs: 20_000 });
    clock.advance(10_000);
    expect(await second).toMatchObject({ failure: { reason: 'DeadlineExceeded' } });
    for (const response of held.splice(0)) sendJson(response, 200, {});
    await first;
    await until('the third was sent', () => held.length === 1);
    for (const response of held.splice(0)) sendJson(response, 200, {});
    expect([(await third).kind, double.requests.map(({ query }) => query['timeout'])]).toEqual([
      'ok',
      ['54000ms', '9000ms'],
    ]);
  });

  test('opens new connections when the TLS settings change, while a watch keeps its own', async () => {
    const sockets = new Set<unknown>();
    let tls = {};
    let watch: ServerResponse | undefined;
    const { client } = await connect(
      (request, response) => {
        sockets.add(response.socket);
        if (request.query['watch'] === '1') watch = beginWatch(response);
        else sendJson(response, 200, {});
      },
      (server) => ({ ...server.connection(), credentials: async () => ({ headers: {}, tls }) }),
    );
    const controller = new AbortController();
    const opened = await client.watch('/things', { query: { watch: '1' }, signal: controller.signal });
    await client.get(object);
    expect(sockets.size).toBe(2);
    tls = { ca: 'new' };
    await client.get(object);
    expect(sockets.size).toBe(3);
    watch?.end(line('ADDED', thing('a', '1')));
    expect(opened.kind === 'ok' && (await textOf(opened.body))).toBe(line('ADDED', thing('a', '1')));
  });

  test('ends a watch with its signal and frees its connection', async () => {
    let closed = false;
    const { client } = await connect((_, response) => {
      response.on('close', () => {
        closed = true;
      });
      beginWatch(response).write('x\n');
    });
    const controller = new AbortController();
    const opened = await client.watch('/things', { signal: controller.signal, timeoutMs: 60_000 });
    controller.abort();
    await expect(opened.kind === 'ok' && textOf(opened.body)).rejects.toThrow('abort');
    await until('the server saw the end', () => closed);
  });

  test('lifts the deadline once a watch has begun', async () => {
    const { client } = await connect((_, response) => {
      beginWatch(response);
      // Counted from later than the client's deadline, and longer; the deadline leaves a busy machine time for the beginning.
      setTimeout(() => response.end('late\n'), 2_100);
    });
    const opened = await client.watch('/things', { timeoutMs: 2_000 });
    expect(opened.kind === 'ok' && (await textOf(opened.body))).toBe('late\n');
  });
});

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}
