// The three addresses of the process.
import { afterEach, expect, it } from 'vitest';
import { startHealthServer } from '../../../src/runtime/http-server.ts';
import type { HealthServer } from '../../../src/runtime/http-server.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';

let server: HealthServer | undefined;
afterEach(async () => server?.close());

async function get(path: string): Promise<readonly [number, string]> {
  const response = await fetch(`http://127.0.0.1:${server?.port}${path}`);
  return [response.status, await response.text()];
}

it('answers probes with the reasons and refuses other paths', async () => {
  const reasons = ['waiting for the list of CertificateRequests'];
  let live = true;
  const metrics = createMetrics();
  server = await startHealthServer('127.0.0.1:0', {
    live: () => live,
    ready: () => reasons,
    metrics: () => metrics.render(),
  });
  expect(await get('/healthz')).toEqual([200, 'ok\n']);
  expect(await get('/readyz?verbose')).toEqual([503, 'waiting for the list of CertificateRequests\n']);
  reasons.pop();
  live = false;
  expect(await get('/readyz')).toEqual([200, 'ok\n']);
  expect(await get('/healthz')).toEqual([503, 'the main loop is stuck\n']);
  expect(await get('/x')).toEqual([404, 'not found: only /healthz, /readyz and /metrics are served\n']);
});

it('serves what was counted', async () => {
  const metrics = createMetrics();
  server = await startHealthServer('127.0.0.1:0', {
    live: () => true,
    ready: () => [],
    metrics: () => metrics.render(),
  });
  metrics.count('pca_issuer_pca_calls_total', { action: 'CreateCustomCertificate', outcome: 'ok' });
  metrics.set('workqueue_depth', { name: 'certificaterequest' }, 3);
  const [status, text] = await get('/metrics');
  expect(status).toBe(200);
  expect(text).toContain('pca_issuer_pca_calls_total{action="CreateCustomCertificate",outcome="ok"} 1\n');
  expect(text).toContain('workqueue_depth{name="certificaterequest"} 3\n');
});

it('does not give them where they have a server of their own', async () => {
  const state = { live: () => true, ready: () => [], metrics: async () => createMetrics().render() };
  server = await startHealthServer('127.0.0.1:0', { ...state, metricsElsewhere: true });
  expect(await get('/metrics')).toEqual([404, 'not found: only /healthz and /readyz are served\n']);
});

it.each(['8080', 'localhost', ':99999999', 'http://x:1'])('refuses the address %s in one sentence', async (address) => {
  await expect(
    startHealthServer(address, { live: () => true, ready: () => [], metrics: () => createMetrics().render() }),
  ).rejects.toThrow(`--health-address is "${address}" but must be [host]:port, for example :8080.`);
});
