// The reference of every run: how many status applies a second a client gets through that does nothing else.
import type { KubernetesConnection } from '../../src/kubernetes/connection.ts';
import { KubernetesClient } from '../../src/kubernetes/client.ts';
import { certificateRequestPath } from '../../src/crds/cert-manager.ts';
import type { CertificateRequest } from '../../src/crds/cert-manager.ts';

/** Applies a finished status to each request with so many in flight; returns applies a second. */
export async function bareApplies(
  connection: KubernetesConnection,
  requests: readonly CertificateRequest[],
  options: { readonly concurrency: number; readonly status: object },
): Promise<number> {
  // One namespace gets half of them.
  const client = new KubernetesClient(connection, { userAgent: 'bench', connections: 2 * options.concurrency });
  const started = performance.now();
  await inParallel(requests, options.concurrency, async (request) => {
    const body = {
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      metadata: { resourceVersion: request.metadata.resourceVersion },
      status: options.status,
    };
    const result = await client.applyStatus(certificateRequestPath(request.metadata), body, { fieldManager: 'bench' });
    if (result.kind === 'failed') throw new Error(result.failure.message);
  });
  const rate = (requests.length * 1_000) / (performance.now() - started);
  await client.close();
  return rate;
}

/** Runs `work` for every item with at most `concurrency` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
