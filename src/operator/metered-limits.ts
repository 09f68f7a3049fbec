// The lines at PCA's limits, with their figures as metrics.
import { createHash } from 'node:crypto';
import type { CallBudget } from '../alibaba/limits/rate-limit.ts';
import { CallTurns } from '../controllers/call-turns.ts';
import { startBackgroundTimer } from '../timing/backoff.ts';
import type { Metrics } from '../runtime/metrics.ts';

// An endpoint that hangs must leave workers for the others.
const shareOfOneEndpoint = 0.75;

/** Builds the lines for so many workers; `now` is a monotonic clock in milliseconds. */
export function meteredTurns(
  budget: CallBudget,
  { now, workers, metrics }: { readonly now: () => number; readonly workers: number; readonly metrics: Metrics },
): CallTurns {
  const mostInFlight = Math.max(1, Math.floor(workers * shareOfOneEndpoint));
  const turns = new CallTurns({
    budget,
    endpoint: { now, random: Math.random, mostInFlight },
    setTimer: startBackgroundTimer,
  });
  metrics.beforeRender(limitReader(metrics, turns));
  return turns;
}

function limitReader(metrics: Metrics, turns: Pick<CallTurns, 'readings'>): () => void {
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
