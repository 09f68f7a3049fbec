// The composition root: everything is constructed here, started and stopped in order, and read top to bottom.
import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import { CallBudget } from '../alibaba/limits/rate-limit.ts';
import { type CallLimitTable, parseCallLimits } from '../alibaba/limits/rate-limit-settings.ts';
import { clusterUidReader } from './cluster-uid.ts';
import { Attempts } from '../controllers/attempts.ts';
import { ExternalCAInstances } from '../controllers/external-ca-instances.ts';
import { issuedCounter } from '../controllers/issued-counter.ts';
import { IssuanceLedger } from '../controllers/issuance-ledger.ts';
import { IssuerSessions } from '../controllers/issuer-sessions.ts';
import { issuerReconciler } from '../controllers/issuer-controller.ts';
import type { RequestAdapter } from '../controllers/live-request.ts';
import { certificateRequestAdapter } from '../controllers/certificate-request-adapter.ts';
import { certificateSigningRequestAdapter } from '../controllers/certificate-signing-request-adapter.ts';
import { type StepObserver, unobserved } from '../controllers/issuing-steps.ts';
import { requestReconciler } from '../controllers/request-controller.ts';
import { Lookups } from '../controllers/lookups.ts';
import { owningCertificateReader } from '../controllers/owning-certificate.ts';
import { type OpenRequest, requestKey } from '../controllers/open-request.ts';
import { RequestWriter } from '../controllers/request-writer.ts';
import { Revocations } from '../controllers/revocations.ts';
import { connectWakeUps } from '../controllers/wake-ups.ts';
import { openCluster, type ClusterView } from './cluster.ts';
import { meteredController, type MeteredControllerOptions } from './metered-controller.ts';
import { meteredTurns } from './metered-limits.ts';
import { meteredPcaClient } from './metered-pca-client.ts';
import { stsDependencies } from './sts-dependencies.ts';
import type { Controller } from '../kubernetes/controller.ts';
import { EventRecorder } from '../kubernetes/events.ts';
import { LeaderElector } from '../kubernetes/leader-election.ts';
import { startHealthServer, type HealthServer } from '../runtime/http-server.ts';
import type { Store } from '../kubernetes/store.ts';
import type { WorkQueue } from '../kubernetes/work-queue.ts';
import type { Logger } from '../runtime/logger.ts';
import { createMetrics, type Metrics } from '../runtime/metrics.ts';
import type { Options } from '../runtime/options.ts';
import type { PodIdentity } from '../runtime/pod-identity.ts';
import { productVersion } from '../runtime/version.ts';

/** Field manager of everything the operator writes. */
const fieldManager = 'alibaba-pca-issuer';
/** Time that a reconcile may take beyond its one call to PCA: reads and writes at the API server. */
const reconcileMarginMilliseconds = 60_000;
const issuerChecksAtATime = 8;
const revocationsAtATime = 2;
/** A broken issuer is looked at again at least this often, so that a mended Secret is noticed soon. */
const issuerRetryMaxMilliseconds = 60_000;

interface RequestKindLoop {
  readonly store: Store<OpenRequest>;
  readonly adapter: RequestAdapter;
  readonly controller: Controller;
  readonly queue: WorkQueue;
}

/** How the operator ended: as asked, or because the Lease was lost. */
export type OperatorEnd = 'stopped' | 'lost';

/** The whole product in one process. */
export class Operator {
  readonly #options: Options;
  readonly #podIdentity: PodIdentity;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #view: ClusterView;
  readonly #health: HealthServer;
  readonly #lifetime = new AbortController();
  readonly #onStep: StepObserver;
  readonly #limits: CallLimitTable;
  readonly #ledger: IssuanceLedger;
  readonly #caches: Promise<void>;

  private constructor(parts: {
    readonly options: Options;
    readonly podIdentity: PodIdentity;
    readonly logger: Logger;
    readonly metrics: Metrics;
    readonly view: ClusterView;
    readonly health: HealthServer;
    readonly onStep: StepObserver;
    readonly limits: CallLimitTable;
    readonly ledger: IssuanceLedger;
  }) {
    this.#options = parts.options;
    this.#podIdentity = parts.podIdentity;
    this.#logger = parts.logger;
    this.#metrics = parts.metrics;
    this.#view = parts.view;
    this.#health = parts.health;
    this.#onStep = parts.onStep;
    this.#limits = parts.limits;
    this.#ledger = parts.ledger;
    this.#caches = this.#view.run(this.#lifetime.signal);
  }

  /** Connects, serves the probes and watches; rejects with the reason why not. `onStep` observes the steps of issuing. */
  static async start(
    options: Options,
    podIdentity: PodIdentity,
    logger: Logger,
    onStep: StepObserver = unobserved,
  ): Promise<Operator> {
    const limits = parseCallLimits(options['call-limits']);
    if (limits.kind === 'invalid') throw new Error(`--call-limits: ${limits.message}`);
    const metrics = createMetrics();
    const ledger = new IssuanceLedger();
    const view = await openCluster(options, { logger, metrics, onIssued: issuedCounter(ledger) });
    const health = await startHealthServer(options['health-address'], {
      live: () => true,
      ready: () => view.missing(),
      metrics: () => metrics.render(),
    });
    logger.info(
      { version: productVersion, server: view.server, namespace: view.namespace, port: health.port },
      'The operator starts.',
    );
    return new Operator({ options, podIdentity, logger, metrics, view, health, onStep, limits: limits.table, ledger });
  }

  /** Issues until `stop` aborts or the Lease is lost; resolves when everything has ended. */
  async run(stop: AbortSignal): Promise<OperatorEnd> {
    const end = await this.#act(stop);
    this.#lifetime.abort();
    await this.#caches;
    await this.#view.close();
    await this.#health.close();
    this.#logger.info(
      { end },
      end === 'stopped' ? 'The operator has stopped.' : 'The Lease was lost; the process ends.',
    );
    return end;
  }

  async #act(stop: AbortSignal): Promise<OperatorEnd> {
    if (!this.#options['leader-elect']) {
      await this.#lead(stop, () => true);
      return 'stopped';
    }
    const name = this.#options['leader-election-name'];
    const elector = new LeaderElector({
      client: this.#view.kubernetes,
      namespace: this.#options['leader-election-namespace'] || this.#view.namespace,
      name,
      identity: `${hostname()}_${randomUUID()}`,
      leaseDurationSeconds: this.#options['lease-duration'] / 1_000,
      renewDeadlineSeconds: this.#options['lease-renew-deadline'] / 1_000,
      retryPeriodSeconds: this.#options['lease-retry-period'] / 1_000,
      onTrouble: (message) => this.#logger.warn({ lease: name }, message),
    });
    this.#metrics.set('leader_election_master_status', { name }, 0);
    const end = await elector.run(stop, async (leadership) => {
      this.#metrics.set('leader_election_master_status', { name }, 1);
      this.#logger.info({ lease: name }, 'This replica holds the Lease and issues.');
      leadership.addEventListener('abort', () => {
        if (!elector.isLeader) this.#logger.warn({ lease: name }, 'The Lease is lost: no call goes out any more.');
      });
      await this.#lead(leadership, () => elector.isLeader);
      this.#metrics.set('leader_election_master_status', { name }, 0);
    });
    return end === 'lost' ? 'lost' : 'stopped';
  }

  /** Runs the two controllers until `leadership` ends and their calls in flight are done. */
  async #lead(leadership: AbortSignal, mayAct: () => boolean): Promise<void> {
    await this.#view.synced(leadership);
    if (leadership.aborted) return;
    const now = (): Date => new Date();
    const monotonic = (): number => performance.now();
    const events = new EventRecorder({
      client: this.#view.kubernetes,
      component: fieldManager,
      instance: hostname(),
      now,
    });
    const connect = meteredPcaClient(this.#options['pca-timeout'], this.#metrics, monotonic);
    const sessions = new IssuerSessions({ now: monotonic, random: Math.random });
    const attempts = new Attempts();
    const budget = new CallBudget({ now: monotonic, ...this.#limits });
    const turns = meteredTurns(budget, {
      now: monotonic,
      workers: this.#options['max-concurrent-requests'],
      metrics: this.#metrics,
    });
    const revocations = new Revocations({
      issuer: this.#view.issuer,
      sessions,
      enqueue: (key) => revoking.queue.add(key),
      metrics: this.#metrics,
      logger: this.#logger,
    });
    const revoking = this.#controller('revocation', {
      concurrency: revocationsAtATime,
      maxDelayMilliseconds: this.#options['retry-max-delay'],
      mayAct,
      reconcile: (key, signal) => revocations.reconcile(key, signal),
    });
    const shared = { sessions, events, metrics: this.#metrics, logger: this.#logger, now, issuer: this.#view.issuer };

    const issuers = this.#controller('issuer', {
      concurrency: issuerChecksAtATime,
      maxDelayMilliseconds: Math.min(issuerRetryMaxMilliseconds, this.#options['retry-max-delay']),
      mayAct,
      reconcile: issuerReconciler({
        ...shared,
        kubernetes: this.#view.kubernetes,
        clusterResourceNamespace: this.#options['cluster-resource-namespace'] || this.#view.namespace,
        connect,
        ...stsDependencies(this.#options, this.#podIdentity, { ...shared, connect, signal: this.#lifetime.signal }),
        lookups: new Lookups({ budget, now }),
        fieldManager,
        checkIntervalMilliseconds: this.#options['issuer-check-interval'],
        secretIntervalMilliseconds: this.#options['secret-check-interval'],
        random: Math.random,
      }),
    });
    const { requests, signingRequests, kubernetes } = this.#view;
    const isOpen = (key: string, uid: string): boolean =>
      [requests, signingRequests].some((store) => store.get(key)?.metadata.uid === uid);
    const signing = {
      ...shared,
      attempts,
      revocations,
      instances: new ExternalCAInstances(kubernetes, { fieldManager: `${fieldManager}-external-ca`, isOpen }),
      owningCertificate: owningCertificateReader(kubernetes),
      turns,
      ledger: this.#ledger,
      clusterUid: clusterUidReader(kubernetes),
      mayAct,
      onStep: this.#onStep,
      approvalWarningMilliseconds: this.#options['approval-warning-after'],
      longestPause: `${Math.round(this.#options['retry-max-delay'] / 1_000)} s`,
    };
    const kinds: readonly RequestKindLoop[] = [
      {
        name: 'certificaterequest',
        store: requests,
        adapter: certificateRequestAdapter(new RequestWriter(kubernetes, fieldManager, now)),
      },
      {
        name: 'certificatesigningrequest',
        store: signingRequests,
        adapter: certificateSigningRequestAdapter(kubernetes, fieldManager),
      },
    ].map(({ name, store, adapter }) => {
      const loop: RequestKindLoop = {
        store,
        adapter,
        ...this.#controller(name, {
          concurrency: this.#options['max-concurrent-requests'],
          maxDelayMilliseconds: this.#options['retry-max-delay'],
          flowOf: (key) => `${store.get(key)?.issuer ?? ''} ${store.get(key)?.metadata.namespace ?? ''}`,
          mayAct,
          reconcile: requestReconciler({
            ...signing,
            wake: (object) => loop.queue.add(requestKey(object)),
            requests: store,
            adapter,
          }),
        }),
      };
      return loop;
    });
    const disconnect = connectWakeUps({
      ...shared,
      attempts,
      turns,
      revocations,
      requests: kinds,
      issuers: this.#view.issuers,
      issuerQueue: issuers.queue,
    });
    await Promise.all([issuers, revoking, ...kinds].map(({ controller }) => controller.run(leadership)));
    disconnect();
    turns.close();
    await events.flush();
  }

  #controller(
    name: string,
    settings: Pick<
      MeteredControllerOptions,
      'concurrency' | 'maxDelayMilliseconds' | 'flowOf' | 'mayAct' | 'reconcile'
    >,
  ): ReturnType<typeof meteredController> {
    return meteredController(
      {
        ...settings,
        name,
        baseDelayMilliseconds: this.#options['retry-base-delay'],
        deadlineMilliseconds: this.#options['pca-timeout'] + reconcileMarginMilliseconds,
        drainMilliseconds: this.#options['shutdown-timeout'],
        now: () => performance.now(),
        random: Math.random,
      },
      { metrics: this.#metrics, logger: this.#logger },
    );
  }
}
