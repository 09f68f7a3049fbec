// The composition root: the parts of the process are constructed here, started and stopped in order.
import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { AddressRules, parseNetworks } from '../alibaba/address-rules.ts';
import { parseMetadataAddress } from '../alibaba/credentials/instance-role.ts';
import { parseIssuerHosts } from '../alibaba/issuer-hosts.ts';
import type { IssuerHosts } from '../alibaba/issuer-hosts.ts';
import { mostUnanswered, NameLookups } from '../alibaba/name-lookups.ts';
import { parseCallLimits } from '../alibaba/limits/rate-limit-settings.ts';
import { readProxy } from '../alibaba/proxies/proxy.ts';
import type { Environment, Proxy } from '../alibaba/proxies/proxy.ts';
import type { RateLimitTable } from '../alibaba/limits/rate-limit-settings.ts';
import type { IssuerRules } from '../controllers/issuers/tenancy/rules.ts';
import { requestToken } from '../controllers/issuers/identity/service-accounts.ts';
import { CertificateClaims } from '../controllers/requests/signing/claims.ts';
import { issuerRulesOf } from './rules/issuer-rules.ts';
import { issuedCounter, IssuanceLimits } from '../controllers/requests/signing/issuance-limits.ts';
import { unobserved } from '../controllers/requests/signing/steps.ts';
import type { StepObserver } from '../controllers/requests/signing/steps.ts';
import { LeaderElector } from '../kubernetes/leader-election.ts';
import { startHealthServer } from '../runtime/http-server.ts';
import type { HealthServer } from '../runtime/http-server.ts';
import type { Logger } from '../runtime/logger.ts';
import { createMetrics } from '../runtime/metrics.ts';
import type { LabelsOf } from '../runtime/metric-catalogue.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { productVersion, sourceRevision } from '../runtime/version.ts';
import type { Options } from '../runtime/options.ts';
import type { PodIdentity } from '../runtime/pod-identity.ts';
import { systemClock } from '../timing/clock.ts';
import { openCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { runControllers } from './controllers.ts';
import { openSecureMetrics } from './metrics/secure-metrics.ts';
import { openPca } from './pca.ts';
import { openTraces } from './traces.ts';
import type { Observers } from './traces.ts';

/** How the operator ended: as asked, or because the Lease was lost. */
export type OperatorEnd = 'stopped' | 'lost';

/** What is there before anything is issued. */
interface OperatorParts {
  readonly options: Options;
  readonly podIdentity: PodIdentity;
  readonly proxy: Proxy | undefined;
  readonly hosts: IssuerHosts;
  readonly rules: IssuerRules | undefined;
  readonly addresses: AddressRules;
  readonly metadata: NonNullable<ReturnType<typeof parseMetadataAddress>>;
  readonly limits: RateLimitTable;
  readonly issuanceLimits: IssuanceLimits;
  readonly claims: CertificateClaims;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly cluster: Cluster;
  /** Undefined where this replica is the only one. */
  readonly elector: LeaderElector | undefined;
  readonly health: HealthServer;
  /** Undefined where the metrics are served with the probes. */
  readonly secureMetrics: HealthServer | undefined;
  readonly observers: Observers;
}

/** The whole product in one process. */
export class Operator {
  readonly #on: OperatorParts;
  readonly #lifetime = new AbortController();
  readonly #caches: Promise<void>;

  private constructor(parts: OperatorParts) {
    this.#on = parts;
    this.#caches = parts.cluster.run(this.#lifetime.signal);
  }

  /** Connects, serves the probes and watches; rejects with the reason why not. `onStep` observes the steps of issuing. */
  static async start(
    options: Options,
    podIdentity: PodIdentity,
    { logger, lostLines }: { readonly logger: Logger; readonly lostLines: () => number },
    onStep: StepObserver = unobserved,
  ): Promise<Operator> {
    const limits = parseCallLimits(options['call-limits']);
    if (limits.kind === 'invalid') throw new Error(`--call-limits: ${limits.message}`);
    const hosts = issuerHostsOf(options);
    const rules = await issuerRulesOf(options['issuer-rules'], hosts);
    if (rules !== undefined)
      logger.info({ rules: rules.rules.map(({ name }) => name) }, 'Rules decide what issuers may use.');
    const networks = parseNetworks(options['refused-networks']);
    if (networks.kind === 'invalid') throw new Error(`--refused-networks: ${networks.message}`);
    const metadata = metadataOf(options);
    const proxy = proxyOf(process.env, options, logger);
    const metrics = createMetrics();
    metrics.set('pca_issuer_build_info', buildLabels(process.env), 1);
    let counted = 0;
    metrics.beforeRender(() => {
      metrics.count('pca_issuer_log_lines_lost_total', {}, lostLines() - counted);
      counted = lostLines();
    });
    const issuanceLimits = new IssuanceLimits();
    const onIssued = issuedCounter(issuanceLimits);
    const claims = new CertificateClaims();
    const onCertificate = claims.written.bind(claims);
    const cluster = await openCluster(options, { clock: systemClock, logger, metrics, onIssued, onCertificate });
    const elector = openElector(options, cluster, logger);
    const health = await startHealthServer(options['health-address'], {
      live: () => true,
      ready: () => [...cluster.missing(), ...(elector?.refusals ?? [])],
      metrics: async () => metrics.render(),
      metricsElsewhere: options['metrics-address'] !== '',
    });
    const traced = { environment: process.env, metrics, logger, clock: systemClock, onStep };
    const observers = await openTraces(options, traced);
    const { kubernetes } = cluster;
    const secureMetrics = await openSecureMetrics(options, { kubernetes, metrics, logger, clock: systemClock });
    logger.info({ server: cluster.server, namespace: cluster.namespace, port: health.port }, 'The operator starts.');
    const { table } = limits;
    const names = new NameLookups({ most: mostUnanswered(process.env) });
    const refused = [...networks.networks, ...apiServerAddresses(process.env, cluster.server)];
    return new Operator({
      options,
      podIdentity,
      proxy,
      hosts,
      rules,
      addresses: new AddressRules({
        refused,
        allowed: hosts.addresses,
        plainHttp: options['plain-http-endpoints'] ? 'Anywhere' : 'Loopback',
        names,
      }),
      metadata,
      limits: table,
      issuanceLimits,
      claims,
      metrics,
      logger,
      cluster,
      elector,
      health,
      secureMetrics,
      observers,
    });
  }

  /** Issues until `stop` aborts or the Lease is lost; resolves when everything has ended. */
  async run(stop: AbortSignal): Promise<OperatorEnd> {
    const { cluster, health, secureMetrics, observers, logger } = this.#on;
    const end = await this.#act(stop);
    this.#lifetime.abort();
    await this.#caches;
    await observers.close();
    await secureMetrics?.close();
    await cluster.close();
    await health.close();
    logger.info({ end }, end === 'stopped' ? 'The operator has stopped.' : 'The Lease was lost; the process ends.');
    return end;
  }

  async #act(stop: AbortSignal): Promise<OperatorEnd> {
    const { options, cluster, elector, metrics, logger } = this.#on;
    if (elector === undefined) {
      await this.#lead(stop, () => true);
      return 'stopped';
    }
    const name = options['leader-election-name'];
    metrics.set('leader_election_master_status', { name }, 0);
    const end = await elector.run(stop, async (leadership) => {
      metrics.set('leader_election_master_status', { name }, 1);
      const missing = cluster.missing();
      if (missing.length > 0)
        logger.info({ lease: name, missing }, 'The Lease is taken; who counts other requests waits for all.');
      leadership.addEventListener('abort', () => {
        if (!elector.isLeader) logger.warn({ lease: name }, 'The Lease is lost: no call goes out any more.');
      });
      await this.#lead(leadership, () => elector.isLeader);
      metrics.set('leader_election_master_status', { name }, 0);
    });
    return end === 'lost' ? 'lost' : 'stopped';
  }

  /** Runs the controllers until `leadership` ends and their calls in flight are done. */
  async #lead(leadership: AbortSignal, mayAct: () => boolean): Promise<void> {
    const { options, podIdentity, hosts, rules, metrics, logger, cluster } = this.#on;
    if (!(await cluster.begun(leadership)) || leadership.aborted) return;
    logger.info({}, options['leader-elect'] ? 'This replica holds the Lease and issues.' : 'This replica issues.');
    const clock = systemClock;
    const pca = openPca({
      ...this.#on,
      clock,
      signal: this.#lifetime.signal,
      requestToken: async (source, signal) => requestToken(cluster.kubernetes, source, signal),
    });
    const { issuanceLimits, claims, observers } = this.#on;
    await runControllers(
      {
        options,
        podIdentity,
        hosts,
        rules,
        cluster,
        pca,
        issuanceLimits,
        claims,
        mayAct,
        onStep: observers.onStep,
        onEnd: observers.onEnd,
        clock,
        metrics,
        logger,
      },
      leadership,
    );
  }
}

function buildLabels(environment: Environment): LabelsOf<'pca_issuer_build_info'> {
  return { version: productVersion, revision: sourceRevision(environment).revision ?? '', node: process.version };
}

function metadataOf(options: Options): NonNullable<ReturnType<typeof parseMetadataAddress>> {
  const address = options['ecs-metadata-address'];
  const parsed = parseMetadataAddress(address);
  if (parsed !== undefined) return parsed;
  throw new Error(`--ecs-metadata-address: "${address}" is no IP address, with a port if wanted.`);
}

/** The elector that the options ask for, if any. */
function openElector(options: Options, cluster: Cluster, logger: Logger): LeaderElector | undefined {
  if (!options['leader-elect']) return undefined;
  const name = options['leader-election-name'];
  return new LeaderElector({
    client: cluster.kubernetes,
    namespace: options['leader-election-namespace'] || cluster.namespace,
    name,
    identity: `${hostname()}_${randomUUID()}`,
    leaseDurationSeconds: options['lease-duration'] / 1_000,
    renewDeadlineSeconds: options['lease-renew-deadline'] / 1_000,
    retryPeriodSeconds: options['lease-retry-period'] / 1_000,
    clock: systemClock,
    onTrouble: (message) => logger.warn({ lease: name }, message),
  });
}

function issuerHostsOf(options: Options): IssuerHosts {
  const parsed = parseIssuerHosts(options['issuer-hosts']);
  if (parsed.kind === 'invalid') throw new Error(`--issuer-hosts: ${parsed.message}`);
  return parsed.hosts;
}

/** Addresses of the API server as pods have them, and as this process is told. */
function apiServerAddresses(environment: Environment, server: string): readonly string[] {
  const hosts = [environment['KUBERNETES_SERVICE_HOST'] ?? '', URL.parse(server)?.hostname ?? ''];
  return hosts.map((host) => host.replace(/^\[(.*)\]$/, '$1')).filter((host) => isIP(host) !== 0);
}

/** The proxy of the environment, told aloud; throws with the reason when it cannot be used. */
function proxyOf(environment: Environment, options: Options, logger: Logger): Proxy | undefined {
  const settings = readProxy(environment, options['proxy-ca-bundle']);
  if (settings.kind === 'invalid') throw new Error(settings.message);
  if (settings.kind === 'none') return undefined;
  const { proxy, except } = settings;
  logger.info(
    { proxy: proxy.https.shown, except },
    'Calls to Alibaba Cloud go through the proxy of HTTPS_PROXY or HTTP_PROXY, except to the hosts of NO_PROXY. The API server is called directly.',
  );
  return proxy;
}
