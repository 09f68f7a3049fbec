// The loop of one kind of request, from its queue to what signs.
import { ApprovalReminder } from '../../controllers/requests/approval-reminder.ts';
import { RequestController } from '../../controllers/requests/controller.ts';
import { Decider } from '../../controllers/requests/decide.ts';
import { requestKey } from '../../controllers/requests/kinds/cached-request.ts';
import type { CachedRequest } from '../../controllers/requests/kinds/cached-request.ts';
import { owningCertificateReader } from '../../controllers/requests/kinds/owning-certificate.ts';
import type { RequestKind } from '../../controllers/requests/kinds/request.ts';
import type { WatchedRequests } from '../../controllers/requests/kinds/watched-requests.ts';
import { instanceEvent } from '../../controllers/requests/events.ts';
import { Publisher } from '../../controllers/requests/publish.ts';
import { CAInstances } from '../../controllers/requests/signing/ca-instances.ts';
import { Issuance } from '../../controllers/requests/signing/issue.ts';
import { Signer } from '../../controllers/requests/signing/sign.ts';
import { Superseding } from '../../controllers/requests/signing/superseding.ts';
import { issuerPath } from '../../crds/issuer.ts';
import type { Controller } from '../../kubernetes/controller.ts';
import type { Store } from '../../kubernetes/store.ts';
import type { WorkQueue } from '../../kubernetes/work-queue.ts';
import { clusterUidReader } from '../cluster-uid.ts';
import { openLoop, openQueue, sharingOfRequests } from './loop.ts';
import { fieldManager } from '../controller-parts.ts';
import type { Shared } from '../controller-parts.ts';

/** The open requests of one kind with their queue and loop. */
export interface RequestLoop {
  readonly store: Store<CachedRequest>;
  readonly kind: RequestKind;
  readonly watched: Pick<WatchedRequests<never>, 'wasBefore'>;
  readonly queue: WorkQueue;
  readonly loop: Controller;
}

// While requests are listed: more would finish their first ones together, later, and keep the list waiting, for which others wait.
const workersAtFirst = 8;

/** Opens the loop of one kind of request. */
export function requestLoop(
  { name, store, watched }: Pick<RequestLoop, 'store' | 'watched'> & { readonly name: string },
  kind: RequestKind,
  shared: Shared,
): RequestLoop {
  const { options, cluster, pca, memories, abandoned, revocations, events, clock, metrics, logger, onStep } = shared;
  const { issuerEvents, onEnd } = shared;
  const { issuer } = cluster;
  const { callQueue } = pca;
  const workers = options['max-concurrent-requests'];
  const queue = openQueue(
    name,
    shared,
    sharingOfRequests(workers, (key) => store.get(key)),
  );
  const controller = new RequestController({
    requests: store,
    kind,
    memories,
    decider: new Decider({
      issuer,
      issuerExists: async (identity, signal) =>
        (await cluster.kubernetes.get(issuerPath(identity.kind, identity), { signal })).kind === 'ok',
      readyIssuers: shared.readyIssuers,
      signer: signer(queue, shared),
      clusterUid: clusterUidReader(cluster.kubernetes),
      owningCertificate: owningCertificateReader(cluster.kubernetes),
      revocations,
      clock,
      longestPause: `${Math.round(options['retry-max-delay'] / 1_000)} s`,
    }),
    publisher: new Publisher({
      memories,
      abandoned,
      revocations,
      events,
      issuerEvents,
      metrics,
      logger,
      clock,
      onStep,
      onEnd,
    }),
    reminder: new ApprovalReminder({ afterMs: options['approval-warning-after'], issuer, events, clock }),
    abandoned,
    callQueue,
    onStep,
  });
  const loop = openLoop(queue, shared, {
    name,
    concurrency: workers,
    atFirst: { concurrency: workersAtFirst, until: cluster.synced },
    reconcile: async (key, signal) => controller.reconcile(key, signal),
  });
  return { store, kind, watched, queue, loop };
}

function signer(queue: WorkQueue, shared: Shared): Signer {
  const { cluster, pca, issuanceLimits, claims, memories, events, mayAct, clock, onStep } = shared;
  const { kubernetes, requests, signingRequests } = cluster;
  const owningCertificate = owningCertificateReader(kubernetes);
  const isOpen = (key: string, uid: string): boolean =>
    [requests, signingRequests].some(({ store }) => store.get(key)?.metadata.uid === uid);
  return new Signer({
    issuance: new Issuance({
      queue: pca.callQueue,
      limits: issuanceLimits,
      listed: cluster.synced,
      owningCertificate,
      wake: (object) => queue.add(requestKey(object)),
      mayAct,
      clock,
      onStep,
    }),
    instances: new CAInstances(kubernetes, `${fieldManager}-external-ca`, isOpen, (use) =>
      events.record(instanceEvent(use)),
    ),
    superseding: new Superseding({
      open: (issuer) => requests.store.byIndex('issuer', issuer),
      memories,
      wake: (key) => {
        queue.forget(key);
        queue.add(key);
      },
    }),
    owningCertificate,
    claims,
    listed: cluster.synced,
    clock,
    onStep,
  });
}
