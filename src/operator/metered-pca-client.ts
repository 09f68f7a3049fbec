// PCA clients whose calls are counted and timed; the cloud layer itself knows nothing of metrics.
import type { AccessKey } from '../alibaba/credentials/access-key.ts';
import type { PcaEndpoint } from '../alibaba/endpoint.ts';
import { PcaClient } from '../alibaba/pca-client.ts';
import type { PcaCaller } from '../controllers/pca-caller.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { userAgent } from '../runtime/version.ts';

/** Makes clients with this timeout for one call; `monotonic` is a clock in milliseconds. */
export function meteredPcaClient(
  timeoutMilliseconds: number,
  metrics: Metrics,
  monotonic: () => number,
): (endpoint: PcaEndpoint, accessKey: AccessKey | undefined) => PcaCaller {
  return (endpoint, accessKey) => {
    const client = new PcaClient({ endpoint, accessKey, timeoutMilliseconds, userAgent });
    return {
      call: async (call, options) => {
        const startedAt = monotonic();
        const outcome = await client.call(call, options);
        const { action } = call;
        metrics.observe('pca_issuer_pca_call_duration_seconds', { action }, (monotonic() - startedAt) / 1_000);
        metrics.count('pca_issuer_pca_calls_total', {
          action,
          outcome: outcome.kind === 'ok' ? 'ok' : outcome.failure.class,
        });
        return outcome;
      },
    };
  };
}
