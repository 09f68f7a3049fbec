// Regions of the simulator: a CA of a region exists where a host names that region.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { request } from 'node:http';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import { pcaCall } from '../../../src/alibaba/pca-client.ts';
import type { Transport } from '../../../src/alibaba/transport.ts';

let simulator: SimulatorHandle;
beforeAll(async () => {
  simulator = await startSimulator({
    authorities: [
      { identifier: 'root', algorithm: 'ECC_256', kind: 'ROOT' },
      { identifier: 'hangzhou', algorithm: 'ECC_256', kind: 'SUB_ROOT', parent: 'root', region: 'cn-hangzhou' },
      { identifier: 'singapore', algorithm: 'ECC_256', kind: 'SUB_ROOT', parent: 'root', region: 'ap-southeast-1' },
    ],
  });
});
afterAll(async () => simulator.close());

/** Whatever host is called, the simulator answers. */
const transport: Transport = {
  send: async (_endpoint, { method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const sending = request(`${simulator.url}${path}`, { method, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, requestId: undefined, body: Buffer.concat(parts) }),
        );
      });
      sending.on('error', reject).end(body);
    }),
};

async function described(host: string, identifier: string): Promise<string> {
  const endpoint = { host, protocol: 'HTTPS', caBundle: undefined, region: 'cn-hangzhou' } as const;
  const outcome = await pcaCall({ endpoint, transport, timeoutMs: 30_000, userAgent: 'test' })(
    { action: 'DescribeCACertificate', version: '2020-06-30', parameters: { Identifier: identifier } },
    { signal: new AbortController().signal, accessKey: { ...simulator.accessKey, securityToken: undefined } },
  );
  return outcome.kind === 'ok' ? 'ok' : outcome.failure.code;
}

test.each([
  ['cas.aliyuncs.com', ['ok', 'ok', 'NotFound']],
  ['cas-vpc.cn-hangzhou.aliyuncs.com', ['ok', 'ok', 'NotFound']],
  ['cas.ap-southeast-1.aliyuncs.com', ['ok', 'NotFound', 'ok']],
  ['cas-vpc.ap-southeast-1.aliyuncs.com', ['ok', 'NotFound', 'ok']],
  ['cas.eu-central-1.aliyuncs.com', ['ok', 'NotFound', 'NotFound']],
  ['127.0.0.1:8443', ['ok', 'ok', 'ok']],
])('at %s a CA of every region, of Hangzhou and of Singapore: %j', async (host, expected) => {
  const found = ['root', 'hangzhou', 'singapore'].map(async (identifier) => described(host, identifier));
  expect(await Promise.all(found)).toEqual(expected);
});
