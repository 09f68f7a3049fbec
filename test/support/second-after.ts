// The API server knows when an object was made to the second: what is made in the same one is neither newer nor older.
import type { Cluster } from './cluster.ts';
import { until } from './wait.ts';

/** Waits until what is made next is newer than the CertificateRequest. */
export async function secondAfter(
  cluster: Cluster,
  request: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const found = await cluster.get({ apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', ...request });
  const { creationTimestamp } = (found?.metadata ?? {}) as { readonly creationTimestamp?: string };
  const next = Date.parse(creationTimestamp ?? '') + 1_000;
  await until(`the second after ${request.name} was made`, async () =>
    Promise.resolve(Date.now() >= next || undefined),
  );
}
