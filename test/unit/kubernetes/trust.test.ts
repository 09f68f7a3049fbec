// The CA of the API server is replaced: the client reads it again when it meets a certificate that it does not trust.
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createServerIdentity } from '../../../simulator/tls-identity.ts';
import { KubernetesClient } from '../../../src/kubernetes/client.ts';

const path = '/api/v1/namespaces/a/events';
let server: Server;
let client: KubernetesClient;
let caPem: string;
/** What the client has of it. */
let known: string;
let readings: boolean[];
let arrived: string[];

beforeEach(async () => {
  const identity = await createServerIdentity('127.0.0.1');
  caPem = identity.caPem;
  known = caPem;
  readings = [];
  arrived = [];
  server = createServer({ key: identity.key, cert: identity.cert }, (request, response) => {
    arrived.push(request.method ?? '');
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  client = new KubernetesClient(
    {
      server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      namespace: undefined,
      credentials: async ({ fresh }) => {
        readings.push(fresh);
        if (fresh) known = caPem;
        return { headers: {}, tls: { ca: known } };
      },
    },
    { userAgent: 'test' },
  );
});

afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

async function replaceCertificate(): Promise<string> {
  const identity = await createServerIdentity('127.0.0.1');
  server.setSecureContext({ key: identity.key, cert: identity.cert });
  server.closeAllConnections();
  return identity.caPem;
}

test('a write goes out once, with the CA as it is now', async () => {
  caPem = await replaceCertificate();
  const results = await Promise.all(Array.from({ length: 3 }, async () => client.create(path, {})));
  expect([results.map(({ kind }) => kind), arrived]).toEqual([
    ['ok', 'ok', 'ok'],
    ['POST', 'POST', 'POST'],
  ]);
});

test('a CA that is still the same is read once, and the failure is told', async () => {
  await replaceCertificate();
  const result = await client.create(path, {});
  expect([result, readings, arrived]).toMatchObject([
    { kind: 'failed', failure: { class: 'Transient', reason: 'CERT_SIGNATURE_FAILURE' } },
    [false, true],
    [],
  ]);
});
