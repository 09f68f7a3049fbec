// The server of the metrics for those alone who may get them, where the options ask for one.
import type { KubernetesClient } from '../../kubernetes/client.ts';
import { PathAccess } from '../../kubernetes/path-access.ts';
import type { HealthServer } from '../../runtime/http-server.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { startMetricsServer } from '../../runtime/metrics-server.ts';
import type { Options } from '../../runtime/options.ts';
import type { Clock } from '../../timing/clock.ts';

/** What the server needs. */
export interface SecureMetricsParts {
  readonly kubernetes: Pick<KubernetesClient, 'create'>;
  readonly metrics: Pick<Metrics, 'render'>;
  readonly logger: Pick<Logger, 'warn'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Starts it; undefined where the metrics stay with the probes. Rejects when it cannot listen or has no certificate. */
export async function openSecureMetrics(
  options: Pick<Options, 'metrics-address' | 'metrics-certificate-directory'>,
  { kubernetes, metrics, logger, clock }: SecureMetricsParts,
): Promise<HealthServer | undefined> {
  const address = options['metrics-address'];
  if (address === '') return undefined;
  const lifetime = new AbortController();
  const access = new PathAccess({ client: kubernetes, clock, signal: lifetime.signal });
  const server = await startMetricsServer(address, {
    directory: options['metrics-certificate-directory'],
    access: async (token) => access.of(token, '/metrics'),
    metrics: async () => metrics.render(),
    clock,
    onTrouble: (message) => logger.warn({}, message),
  });
  return {
    port: server.port,
    close: async () => {
      lifetime.abort();
      await server.close();
    },
  };
}
