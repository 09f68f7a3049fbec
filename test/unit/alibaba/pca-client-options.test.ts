// Calls whose key and clock are given: the key that signs each call, and the time limit.
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Call } from '../../../src/alibaba/call.ts';
import { pcaCall } from '../../../src/alibaba/pca-client.ts';
import { HttpTransport } from '../../../src/alibaba/transport.ts';
import type { PcaClientOptions } from '../../../src/alibaba/pca-client.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const transport = new HttpTransport();

const describeCA = { action: 'DescribeCACertificate', version: '2020-06-30', parameters: { Identifier: 'ca' } };
const create = { action: 'CreateCustomCertificate', version: '2020-06-30', parameters: {} };
const accessKey = { accessKeyId: 'LTAI5t', accessKeySecret: 'hush', securityToken: 'a-token' };
const { signal } = new AbortController();

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function callTo(listener: RequestListener, rest: Pick<PcaClientOptions, 'clock'> = {}): Promise<Call> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(started.address() as AddressInfo).port}`;
  const endpoint = { host, protocol: 'HTTP', caBundle: undefined, region: 'cn-hangzhou' } as const;
  return pcaCall({ endpoint, transport, timeoutMs: 30_000, userAgent: 'alibaba-pca-issuer/test', ...rest });
}

test('each call is signed with the key that it is given, also where the keys differ in one part only', async () => {
  const seen: string[] = [];
  const pca = await callTo(({ headers }, response) => {
    const [, id = 'not signed'] = /Credential=([^,]*),/.exec(headers.authorization ?? '') ?? [];
    seen.push([id, headers['x-acs-security-token'] ?? 'no token'].join(', '));
    response.end('{}');
  });
  const withoutToken = { ...accessKey, securityToken: undefined };
  for (const key of [accessKey, accessKey, withoutToken, undefined, accessKey])
    await pca(describeCA, { signal, accessKey: key });

  const signed = 'LTAI5t, a-token';
  expect(seen).toEqual([signed, signed, 'LTAI5t, no token', 'not signed, no token', signed]);
});

test('the time limit runs on the given clock', async () => {
  const clock = new FakeClock();
  const arrived = Promise.withResolvers<void>();
  const pca = await callTo(() => arrived.resolve(), { clock });
  const outcome = pca(create, { signal, accessKey });
  await arrived.promise;
  clock.advance(30_000);
  expect(await outcome).toMatchObject({ failure: { code: 'DeadlineExceeded', mayHaveIssued: true } });
});
