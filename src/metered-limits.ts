// The figures of PCA's limits as metrics.
import { createHash } from 'node:crypto';
import type { CallTurns } from './controllers/call-turns.ts';
import type { Metrics } from './runtime/metrics.ts';

/** Reads `turns` whenever metrics are rendered. */
export function limitReader(metrics: Metrics, turns: Pick<CallTurns, 'readings'>): () => void {
  return () => {
    for (const { limit, ratePerSecond, waiting, held } of turns.readings) {
      const { region, action } = limit;
      const labels = { account: accountLabel(limit.account), region, action };
      metrics.set('pca_issuer_call_limit_per_second', labels, ratePerSecond);
      metrics.set('pca_issuer_calls_waiting', labels, waiting);
      metrics.set('pca_issuer_endpoint_held', labels, held ? 1 : 0);
    }
  };
}

// Until the account's number is known it is told apart by its access key, which is nobody's business.
function accountLabel(account: string): string {
  return /^\d+$/.test(account) ? account : `key-${createHash('sha256').update(account).digest('hex').slice(0, 8)}`;
}
