// The registry: each metric of the catalogue in Prometheus' form.
import { expect, it } from 'vitest';
import { createMetrics } from '../../../src/runtime/metrics.ts';

const labels = { issuer_kind: 'AlibabaPCAIssuer', issuer_namespace: 'shop', issuer: 'pca' };

async function linesOf(metrics: ReturnType<typeof createMetrics>, name: string): Promise<readonly string[]> {
  const { text } = await metrics.render();
  return text.split('\n').filter((line) => line.startsWith(name));
}

it('a histogram has the buckets of its entry', async () => {
  const metrics = createMetrics();
  const operation = 'CreateCustomCertificate';
  metrics.observe('pca_issuer_approval_to_certificate_seconds', { ...labels, operation }, 45);
  const shown = `issuer_kind="AlibabaPCAIssuer",issuer_namespace="shop",issuer="pca",operation="${operation}"`;
  const bounds = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, '+Inf'];
  const name = 'pca_issuer_approval_to_certificate_seconds';
  expect(await linesOf(metrics, name)).toEqual([
    ...bounds.map(
      (bound) => `${name}_bucket{le="${bound}",${shown}} ${Number(bound === '+Inf' || Number(bound) >= 60)}`,
    ),
    `${name}_sum{${shown}} 45`,
    `${name}_count{${shown}} 1`,
  ]);
});

it('a series that is removed is not shown any more', async () => {
  const metrics = createMetrics();
  metrics.set('pca_issuer_issuer_ready', labels, 1);
  const shown = '{issuer_kind="AlibabaPCAIssuer",issuer_namespace="shop",issuer="pca"}';
  expect(await linesOf(metrics, 'pca_issuer_issuer_ready')).toEqual([`pca_issuer_issuer_ready${shown} 1`]);
  metrics.remove('pca_issuer_issuer_ready', labels);
  expect(await linesOf(metrics, 'pca_issuer_issuer_ready')).toEqual([]);
});
