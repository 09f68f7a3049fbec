// Everything that calls Alibaba Cloud: clients with metrics, roles and accounts, limits and searches, with the process's clock,
// files and log; the cloud layer itself knows none of them.
import { open } from 'node:fs/promises';
import { AddressRules } from '../alibaba/address-rules.ts';
import { compose } from '../alibaba/call.ts';
import type { Call, Wrap } from '../alibaba/call.ts';
import { CallerAccounts } from '../alibaba/credentials/caller-accounts.ts';
import { InstanceRole } from '../alibaba/credentials/instance-role.ts';
import type { TokenReading } from '../alibaba/credentials/new-credentials.ts';
import { RoleSessions } from '../alibaba/credentials/role-sessions.ts';
import type { RoleRenewal } from '../alibaba/credentials/role-sessions.ts';
import { ServiceClocks } from '../alibaba/credentials/service-clocks.ts';
import type { TokenSource } from '../alibaba/credentials/session-request.ts';
import { endpointName } from '../alibaba/endpoint.ts';
import type { PcaEndpoint } from '../alibaba/endpoint.ts';
import { CallQueue } from '../alibaba/limits/call-queue.ts';
import { RateLimits } from '../alibaba/limits/rate-limit.ts';
import type { RateLimitTable } from '../alibaba/limits/rate-limit-settings.ts';
import { pcaCall } from '../alibaba/pca-client.ts';
import type { Proxy } from '../alibaba/proxies/proxy.ts';
import { HttpTransport } from '../alibaba/transport.ts';
import { CertificateSearches } from '../authority/certificate-search.ts';
import type { Logger } from '../runtime/logger.ts';
import type { LabelsOf } from '../runtime/metric-catalogue.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Options } from '../runtime/options.ts';
import { userAgent } from '../runtime/version.ts';
import type { Clock } from '../timing/clock.ts';

/** What the way to PCA is made of. */
export interface PcaParts {
  readonly options: Options;
  /** The proxy on the way, if any. */
  readonly proxy: Proxy | undefined;
  /** What calls may connect to. */
  readonly addresses: AddressRules;
  /** The metadata service of ECS: `address[:port]`, and the address alone. */
  readonly metadata: { readonly address: string; readonly ip: string };
  /** A token of a ServiceAccount from the API server. */
  readonly requestToken: (
    source: Extract<TokenSource, { readonly kind: 'serviceAccount' }>,
    signal: AbortSignal,
  ) => Promise<TokenReading>;
  readonly limits: RateLimitTable;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Ends calls that belong to no single caller. */
  readonly signal: AbortSignal;
}

/** The way to PCA. */
export interface Pca {
  /** Calls an endpoint without credentials; each call is counted and timed. */
  readonly connect: (endpoint: PcaEndpoint) => Call;
  readonly roles: RoleSessions;
  readonly accounts: CallerAccounts;
  readonly callQueue: CallQueue;
  readonly searches: CertificateSearches;
  readonly serviceClocks: ServiceClocks;
}

// An endpoint that hangs must leave workers for the others, and so must any number of them.
const shareOfOneEndpoint = 0.75;
const shareOfAllUnproven = 0.5;
const largestToken = 32 * 1_024;
// A check of an issuer asks PCA meanwhile, so that this is seldom felt.
const accountTimeoutMs = 3_000;
// It answers within milliseconds, or nobody is there.
const longestMetadataMs = 5_000;
const allNetworks = ['0.0.0.0/0', '::/0'];

/** Opens the way to PCA; nothing is sent before the first call. */
export function openPca(parts: PcaParts): Pca {
  const { options, proxy, addresses, limits: table, clock, metrics, logger, signal } = parts;
  const timeoutMs = options['pca-timeout'];
  const serviceClocks = new ServiceClocks(clock);
  const transport = new HttpTransport(proxy, addresses, clock, (endpoint, date) => serviceClocks.take(endpoint, date));
  const limits = new RateLimits({ clock, ...table });
  const places = (share: number): number => Math.max(1, Math.floor(options['max-concurrent-requests'] * share));
  const callQueue = new CallQueue({
    limits,
    clock,
    mostInFlight: places(shareOfOneEndpoint),
    mostUnproven: places(shareOfAllUnproven),
  });
  const connect = (endpoint: PcaEndpoint): Call =>
    compose(
      pcaCall({ endpoint, transport, timeoutMs, userAgent, clock }),
      measured(metrics, clock),
      heard(callQueue, endpoint),
    );
  metrics.beforeRender(limitReader(metrics, callQueue));
  return {
    connect,
    roles: new RoleSessions({
      connect,
      clock,
      signal,
      timeoutMs,
      readToken: async (source, ends) =>
        source.kind === 'file' ? readTokenFile(source.file) : parts.requestToken(source, ends),
      instanceRole: openInstanceRole(parts),
      onRenewal: (renewal) => logRenewal(renewal, logger),
    }),
    accounts: new CallerAccounts({
      connect,
      clock,
      signal,
      timeoutMs: accountTimeoutMs,
      onFailure: ({ message }) =>
        logger.info(
          {},
          `STS did not tell which account an access key belongs to, so its limits are kept for the key alone; asked again automatically: ${message}`,
        ),
    }),
    callQueue,
    searches: new CertificateSearches(limits, clock),
    serviceClocks,
  };
}

/** Nothing goes to it through a proxy, and this transport leads nowhere else. */
function openInstanceRole({ options, metadata, clock }: PcaParts): InstanceRole {
  return new InstanceRole({
    transport: new HttpTransport(
      undefined,
      new AddressRules({ refused: allNetworks, allowed: [metadata.ip], plainHttp: 'Anywhere' }),
    ),
    address: metadata.address,
    allowsV1: options['ecs-metadata-v1'],
    timeoutMs: Math.min(longestMetadataMs, options['pca-timeout']),
    clock,
  });
}

function measured(metrics: Metrics, { monotonic }: Pick<Clock, 'monotonic'>): Wrap {
  return (next) => async (call, options) => {
    const startedAt = monotonic();
    const outcome = await next(call, options);
    const { action } = call;
    metrics.observe('pca_issuer_pca_call_duration_seconds', { action }, (monotonic() - startedAt) / 1_000);
    const label = outcome.kind === 'ok' ? 'ok' : outcome.failure.class;
    metrics.count('pca_issuer_pca_calls_total', { action, outcome: label });
    return outcome;
  };
}

// Checks and look-ups take no place in the queue, but their answers tell that the endpoint is there.
function heard(callQueue: Pick<CallQueue, 'heard'>, endpoint: PcaEndpoint): Wrap {
  const name = endpointName(endpoint);
  return (next) => async (call, options) => {
    const outcome = await next(call, options);
    const status = outcome.kind === 'ok' ? 200 : outcome.failure.httpStatus;
    if (status !== undefined && status !== 503) callQueue.heard(name);
    return outcome;
  };
}

type LimitLabels = LabelsOf<'pca_issuer_calls_waiting'>;

const limitMetrics = [
  'pca_issuer_call_limit_per_second',
  'pca_issuer_calls_waiting',
  'pca_issuer_endpoint_held',
] as const;

function limitReader(metrics: Metrics, callQueue: Pick<CallQueue, 'readings'>): () => void {
  let shown = new Map<string, LimitLabels>();
  return () => {
    const before = shown;
    shown = new Map();
    for (const { limit, ratePerSecond, waiting, held } of callQueue.readings) {
      const { account, region, action } = limit;
      const labels: LimitLabels = { account, region, action };
      metrics.set('pca_issuer_call_limit_per_second', labels, ratePerSecond);
      metrics.set('pca_issuer_calls_waiting', labels, waiting);
      metrics.set('pca_issuer_endpoint_held', labels, held ? 1 : 0);
      const name = JSON.stringify(labels);
      shown.set(name, labels);
      before.delete(name);
    }
    for (const labels of before.values()) for (const name of limitMetrics) metrics.remove(name, labels);
  };
}

/** The token in a file, without the line end that some writers leave; rejects when it is no file or too long for one. */
async function readTokenFile(path: string): Promise<TokenReading> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(largestToken), 0, largestToken, 0);
    if (bytesRead === largestToken) throw new RangeError('the file is too long for a token');
    return { kind: 'ok', token: buffer.toString('utf8', 0, bytesRead).trim() };
  } finally {
    await file.close();
  }
}

function logRenewal({ role, validMs, failure }: RoleRenewal, logger: Logger): void {
  const fields = { role, validSeconds: Math.round(validMs / 1_000) };
  if (failure === undefined) logger.debug(fields, 'The credentials of the role were renewed.');
  else
    logger.warn(fields, `The credentials of the role were not renewed; tried again automatically: ${failure.message}`);
}
