// /metrics over TLS: who gets them, and with which certificate.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HealthServer } from '../../../src/runtime/http-server.ts';
import { startMetricsServer } from '../../../src/runtime/metrics-server.ts';
import type { MetricsAccess } from '../../../src/runtime/metrics-server.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { selfSigned } from '../../support/self-signed.ts';

type Pair = Awaited<ReturnType<typeof selfSigned>>;

let directory: string;
let server: HealthServer | undefined;
let pair: Pair;
let clock: FakeClock;
let troubles: string[];
let tokens: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'metrics-'));
  pair = await selfSigned();
  clock = new FakeClock();
  troubles = [];
  tokens = [];
  await put(pair);
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(directory, { recursive: true });
});

async function put({ cert, key }: Pair): Promise<void> {
  await writeFile(join(directory, 'tls.crt'), cert);
  await writeFile(join(directory, 'tls.key'), key);
}

async function start(access: MetricsAccess | Error = 'allowed'): Promise<void> {
  server = await startMetricsServer('127.0.0.1:0', {
    directory,
    access: async (token) => {
      tokens.push(token);
      if (access instanceof Error) throw access;
      return access;
    },
    metrics: async () => ({ contentType: 'text/plain', text: 'a 1\n' }),
    clock,
    onTrouble: (message) => void troubles.push(message),
  });
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
  readonly challenge: string | undefined;
}

/** Gets a path on a connection of its own, trusting this certificate alone. */
async function get(
  path: string,
  { ca = pair.cert, authorization, method = 'GET' }: { ca?: string; authorization?: string; method?: string } = {},
): Promise<Answer> {
  const headers = authorization === undefined ? {} : { authorization };
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server?.port, path, method, ca, headers, agent: false };
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode, text, challenge: response.headers['www-authenticate'] });
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}

const authorization = 'Bearer secret';

it('gives them to a token that is let in', async () => {
  await start();
  expect(await get('/metrics?x=y', { authorization: 'bearer  secret' })).toEqual({
    status: 200,
    text: 'a 1\n',
    challenge: undefined,
  });
  expect(tokens).toEqual(['secret']);
});

it.each<[MetricsAccess, number]>([
  ['unauthenticated', 401],
  ['forbidden', 403],
  ['unknown', 503],
])('answers %s with %i, without a figure', async (access, status) => {
  await start(access);
  const answer = await get('/metrics', { authorization });
  expect([answer.status, answer.text.includes('a 1'), answer.text.includes('secret'), answer.challenge]).toEqual([
    status,
    false,
    false,
    status === 401 ? 'Bearer' : undefined,
  ]);
});

it('answers 500, without a word of it, where asking is a defect', async () => {
  await start(new Error('secret'));
  expect(await get('/metrics', { authorization })).toEqual({
    status: 500,
    text: 'internal error\n',
    challenge: undefined,
  });
});

it.each([undefined, 'Bearer', 'Basic c2VjcmV0', 'Bearer a b', ''])(
  'asks nobody about what is no token: %j',
  async (header) => {
    await start();
    const answer = await get('/metrics', header === undefined ? {} : { authorization: header });
    expect([answer.status, tokens]).toEqual([401, []]);
  },
);

it.each([
  ['/', 'GET'],
  ['/healthz', 'GET'],
  ['/metrics', 'POST'],
])('has nothing else: %s by %s', async (path, method) => {
  await start();
  expect((await get(path, { authorization, method })).status).toBe(404);
});

it('takes a new certificate without a restart, for the connection that comes after', async () => {
  await start();
  const next = await selfSigned();
  await put(next);
  expect((await get('/metrics', { authorization })).status).toBe(200);
  clock.advance(10_000);
  expect((await get('/metrics', { authorization, ca: next.cert })).status).toBe(200);
  await expect(get('/metrics', { authorization })).rejects.toThrow('self-signed certificate');
  expect(troubles).toEqual([]);
});

it('goes on with the certificate that it has while the next one cannot be used, and says so once', async () => {
  await start();
  const next = await selfSigned();
  await put({ cert: next.cert, key: pair.key });
  for (const _ of [1, 2]) {
    clock.advance(10_000);
    expect((await get('/metrics', { authorization })).status).toBe(200);
  }
  expect(troubles).toEqual([
    `--metrics-certificate-directory: tls.crt and tls.key in ${directory} are no certificate with its key. The one before is used further.`,
  ]);
  await put(next);
  clock.advance(10_000);
  expect((await get('/metrics', { authorization, ca: next.cert })).status).toBe(200);
});

it('does not start without a certificate', async () => {
  await rm(join(directory, 'tls.key'));
  await expect(start()).rejects.toThrow(
    `--metrics-certificate-directory: ${join(directory, 'tls.key')} cannot be read (ENOENT).`,
  );
});
