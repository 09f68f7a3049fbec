// The controllers of this process, each with its queue and loop: what every one needs is to be read off its constructor.
import { hostname } from 'node:os';
import { Facts } from '../controllers/issuers/aspects/facts.ts';
import { IssuerCheck } from '../controllers/issuers/check.ts';
import { IssuerController } from '../controllers/issuers/controller.ts';
import { IssuerCredentials } from '../controllers/issuers/credentials.ts';
import { CredentialVersions } from '../controllers/issuers/identity/credential-versions.ts';
import { ServiceAccounts } from '../controllers/issuers/identity/service-accounts.ts';
import { SourceIdentities } from '../controllers/issuers/identity/source-identities.ts';
import { ReadyIssuers } from '../controllers/issuers/ready-issuers.ts';
import { IssuerSecrets } from '../controllers/issuers/secret.ts';
import { judgeIssuer } from '../controllers/issuers/tenancy/judge.ts';
import { IssuerTrust } from '../controllers/issuers/trust/issuer-trust.ts';
import { PublishedBundle } from '../controllers/issuers/trust/published-bundle.ts';
import { TrustSources } from '../controllers/issuers/trust/trust-sources.ts';
import { AbandonedCalls } from '../controllers/requests/abandoned-calls.ts';
import { Abandoned } from '../controllers/requests/abandoned.ts';
import { IssuerEvents } from '../controllers/requests/events.ts';
import { CertificateRequests } from '../controllers/requests/kinds/certificate-request.ts';
import { CertificateSigningRequests } from '../controllers/requests/kinds/certificate-signing-request.ts';
import { owningCertificateReader } from '../controllers/requests/kinds/owning-certificate.ts';
import { RequestMemories } from '../controllers/requests/memory.ts';
import { Revocations } from '../controllers/requests/revocations.ts';
import { EarlierSearch } from '../controllers/requests/signing/earlier-search.ts';
import { issuerKey } from '../crds/issuer-ref.ts';
import type { Controller } from '../kubernetes/controller.ts';
import { EventRecorder } from '../kubernetes/events.ts';
import type { WorkQueue } from '../kubernetes/work-queue.ts';
import { connectEventHandlers } from './event-handlers.ts';
import { FirstLook } from './loops/first-look.ts';
import { ofExistingIssuers } from './issuer-series.ts';
import { openRequestReader } from './metrics/open-request-series.ts';
import { openLoop, openQueue, sharingOfIssuers, sharingOfRevocations } from './loops/loop.ts';
import type { IssuerStore } from './cluster.ts';
import { fieldManager } from './controller-parts.ts';
import { clusterUidReader } from './cluster-uid.ts';
import type { ControllersParts, Shared } from './controller-parts.ts';
import { requestLoop } from './loops/request-loop.ts';

const issuerChecksAtATime = 8;
const revocationsAtATime = 2;
/** Of calls whose request is gone; nobody waits for them. */
const lookUpsAtATime = 4;
/** A broken issuer is looked at again at least this often, so that a corrected Secret is noticed soon. */
const issuerRetryMaxMs = 60_000;
/** A check waits less long for PCA than an issuing call: few are made at a time, and nothing is lost where one is given up. */
const longestCheckMs = 10_000;

/** Runs every controller until `leadership` ends and their calls in flight are done. */
export async function runControllers(parts: ControllersParts, leadership: AbortSignal): Promise<void> {
  const { cluster, pca, clock, logger } = parts;
  const { kubernetes, issuer } = cluster;
  const metrics = ofExistingIssuers(parts.metrics, (key) => issuer(key) !== undefined);
  const events = new EventRecorder({ client: kubernetes, component: fieldManager, instance: hostname(), clock });
  const readyIssuers = new ReadyIssuers(clock);
  const memories = new RequestMemories();
  const revocationQueue = openQueue('revocation', parts, sharingOfRevocations(revocationsAtATime));
  const revocations = new Revocations({ issuer, readyIssuers, queue: revocationQueue, metrics, logger });
  const abandonedCallQueue = openQueue('abandonedcall', parts, sharingOfRevocations(lookUpsAtATime));
  const calls = new AbandonedCalls({
    readyIssuers,
    search: new EarlierSearch({
      claims: parts.claims,
      listed: cluster.synced,
      owningCertificate: owningCertificateReader(kubernetes),
      clock,
    }),
    clusterUid: clusterUidReader(kubernetes),
    queue: abandonedCallQueue,
    fates: () => abandoned,
    metrics,
    logger,
    clock,
  });
  const { callQueue } = pca;
  const abandoned = new Abandoned({ memories, callQueue, revocations, calls, metrics, logger, clock });
  const issuerEvents = new IssuerEvents({ issuer, events, clock });
  const shared: Shared = { ...parts, metrics, events, issuerEvents, readyIssuers, memories, revocations, abandoned };

  const revoking = revocationLoop(revocationQueue, shared);
  const lookingUp = openLoop(abandonedCallQueue, shared, {
    name: 'abandonedcall',
    concurrency: lookUpsAtATime,
    reconcile: async (key, signal) => calls.reconcile(key, signal),
  });
  const firstLook = new FirstLook(clock);
  const issuers = issuerLoop(shared, firstLook);
  const requests = [
    requestLoop(
      { name: 'certificaterequest', ...cluster.requests },
      new CertificateRequests(kubernetes, fieldManager, { clock, watched: cluster.requests.watched }),
      shared,
    ),
    requestLoop(
      { name: 'certificatesigningrequest', ...cluster.signingRequests },
      new CertificateSigningRequests(kubernetes, fieldManager, cluster.signingRequests.watched),
      shared,
    ),
  ];
  const readOpenRequests = openRequestReader(
    parts.metrics,
    requests.map(({ store }) => store),
    (key) => issuer(key) !== undefined,
  );
  parts.metrics.beforeRender(() => {
    if (cluster.hasSynced()) readOpenRequests();
  });
  const noted = cluster.lead(leadership);
  const disconnect = connectEventHandlers({
    requests,
    showsNews: cluster.showsNews,
    issuers: cluster.issuers,
    issuerQueue: issuers.queue,
    readyIssuers,
    memories,
    abandoned,
    abandonedCalls: calls,
    clock,
  });
  const looked = firstLook.of(cluster.issuers.flatMap(issuerKeys), leadership);
  try {
    await Promise.all([
      ...[issuers, revoking, { loop: lookingUp }].map(async ({ loop }) => loop.run(leadership)),
      ...requests.map(async ({ loop }) => {
        await Promise.all([looked, noted]);
        await loop.run(leadership);
      }),
    ]);
  } finally {
    disconnect();
    calls.close();
    callQueue.close();
    await events.flush();
  }
}

function revocationLoop(queue: WorkQueue, shared: Shared): { readonly loop: Controller } {
  const { revocations } = shared;
  const loop = openLoop(queue, shared, {
    name: 'revocation',
    concurrency: revocationsAtATime,
    reconcile: async (key, signal) => revocations.reconcile(key, signal),
  });
  return { loop };
}

function issuerKeys({ kind, store }: IssuerStore): readonly string[] {
  return store.list().map(({ metadata: { namespace, name } }) => issuerKey({ kind, namespace, name }));
}

function issuerLoop(shared: Shared, firstLook: FirstLook): { readonly queue: WorkQueue; readonly loop: Controller } {
  const { options, podIdentity, hosts, rules, cluster, pca, readyIssuers, events, clock, metrics, logger } = shared;
  const { kubernetes } = cluster;
  const clusterResourceNamespace = options['cluster-resource-namespace'] || cluster.namespace;
  const secrets = new IssuerSecrets(kubernetes, clusterResourceNamespace);
  const serviceAccounts = new ServiceAccounts(kubernetes, clusterResourceNamespace);
  const sources = new TrustSources(kubernetes, clusterResourceNamespace);
  // Rules say who may use what is the operator's own, and are asked before.
  const hasRules = rules !== undefined;
  const lent = {
    podRole: hasRules || options['issuer-ambient-credentials'],
    instanceRole: hasRules || options['issuer-ecs-role'],
  };
  const credentials = new IssuerCredentials({
    identities: new SourceIdentities({ secrets, serviceAccounts, podIdentity, lent }),
    connect: pca.connect,
    roles: pca.roles,
    accounts: pca.accounts,
    podIdentity,
    hosts,
  });
  const controller = new IssuerController({
    issuer: cluster.issuer,
    check: new IssuerCheck(credentials, pca.searches, sources, {
      clock,
      facts: new Facts({ ...pca, clock }),
      judge: (issuer) => judgeIssuer(rules, issuer, podIdentity),
    }),
    credentialVersions: new CredentialVersions(secrets, serviceAccounts),
    trust: new IssuerTrust({
      sources,
      bundle: new PublishedBundle(kubernetes, fieldManager),
      kubernetes,
      clusterResourceNamespace,
      clock,
    }),
    readyIssuers,
    kubernetes,
    fieldManager,
    operator: `${options['leader-election-namespace'] || cluster.namespace}/${options['leader-election-name']}`,
    events,
    metrics,
    logger,
    clock,
    checkIntervalMs: options['issuer-check-interval'],
    secretIntervalMs: options['secret-check-interval'],
    checkTimeoutMs: Math.min(longestCheckMs, options['pca-timeout']),
  });
  const queue = openQueue('issuer', shared, {
    maxDelayMs: Math.min(issuerRetryMaxMs, options['retry-max-delay']),
    ...sharingOfIssuers(issuerChecksAtATime, (key) => controller.standingOf(key)),
  });
  const loop = openLoop(queue, shared, {
    name: 'issuer',
    concurrency: issuerChecksAtATime,
    reconcile: async (key, signal) => {
      try {
        return await controller.reconcile(key, signal);
      } finally {
        firstLook.done(key);
      }
    },
  });
  return { queue, loop };
}
