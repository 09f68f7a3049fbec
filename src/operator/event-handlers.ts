// What the watches' events lead to: changed requests are queued, requests by news of their issuer, issuers by changes of their
// spec and by what issuing met: a fault, and the first certificate after one.
import type { ReadyIssuers } from '../controllers/issuers/ready-issuers.ts';
import type { AbandonedCalls } from '../controllers/requests/abandoned-calls.ts';
import type { Abandoned } from '../controllers/requests/abandoned.ts';
import { requestKey } from '../controllers/requests/kinds/cached-request.ts';
import type { CachedRequest } from '../controllers/requests/kinds/cached-request.ts';
import type { RequestReader } from '../controllers/requests/kinds/request.ts';
import type { WatchedRequests } from '../controllers/requests/kinds/watched-requests.ts';
import type { RequestMemories } from '../controllers/requests/memory.ts';
import { issuerKey } from '../crds/issuer-ref.ts';
import type { IssuerAsRead, IssuerKind } from '../crds/issuer.ts';
import type { Store } from '../kubernetes/store.ts';
import type { WorkQueue } from '../kubernetes/work-queue.ts';
import type { Clock } from '../timing/clock.ts';
import { TimeSlice } from '../timing/time-slice.ts';

/** The open requests of one kind, and where they wait. */
export interface QueuedRequests {
  readonly store: Store<CachedRequest>;
  readonly queue: Pick<WorkQueue, 'add' | 'forget'>;
  readonly kind: RequestReader;
  /** What was there before this replica led, another process may have worked on. */
  readonly watched: Pick<WatchedRequests<never>, 'wasBefore'>;
}

/** What is connected to what. */
export interface EventHandlers {
  readonly requests: readonly QueuedRequests[];
  /** Whether what comes now may be new: all requests were listed once, and it is known where the collections stood. */
  readonly showsNews: () => boolean;
  readonly issuers: readonly { readonly kind: IssuerKind; readonly store: Store<IssuerAsRead> }[];
  readonly issuerQueue: Pick<WorkQueue, 'add' | 'forget'>;
  readonly readyIssuers: Pick<ReadyIssuers, 'onChange' | 'onFault' | 'onRecovery' | 'onTurn'>;
  readonly memories: Pick<RequestMemories, 'of'>;
  readonly abandoned: Pick<Abandoned, 'release'>;
  readonly abandonedCalls: Pick<AbandonedCalls, 'wake'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Queues everything that is there, then whatever changes; the returned function ends that. */
export function connectEventHandlers(on: EventHandlers): () => void {
  let connected = true;
  const whileConnected =
    <A>(listener: (argument: A) => void): ((argument: A) => void) =>
    (argument) => {
      if (connected) listener(argument);
    };

  // Nobody else calls from here on, so that what PCA's list says after this moment counts for all that is there, whenever that is listed.
  const since = on.clock.monotonic();
  for (const { store, queue, kind, watched } of on.requests) {
    store.onChange(
      whileConnected(({ type, key, object, previous, rewound }) => {
        // Its certificate may have been issued, and forgotten by the cluster; or a watch that was behind shows only now what another
        // process may have called for.
        // What was listed as approved has been inherited then, and may have been called for here since.
        const isFirstListed = !on.showsNews() && previous?.approval !== 'Approved';
        const isInherited = rewound === true || isFirstListed || watched.wasBefore(object.metadata.resourceVersion);
        const isLate = rewound === true || on.showsNews();
        if (isInherited && type !== 'deleted') inherit(on, object, isLate ? on.clock.monotonic() : since);
        if (type === 'deleted') {
          // Also when it came to its end, since finished requests leave the store.
          queue.forget(key);
          on.abandoned.release(kind, object);
        } else if (rewound === true || needsAttention(object, previous)) queue.add(key);
      }),
    );
  }
  on.readyIssuers.onChange(whileConnected((issuer: string) => wakeRequests(on, issuer)));
  on.readyIssuers.onChange(whileConnected((issuer: string) => on.abandonedCalls.wake(issuer)));
  on.readyIssuers.onFault(whileConnected((issuer: string) => on.issuerQueue.add(issuer)));
  on.readyIssuers.onRecovery(whileConnected((issuer: string) => on.issuerQueue.add(issuer)));
  on.readyIssuers.onTurn((request) => connected && wakeRequest(on, request));
  for (const { kind, store } of on.issuers) {
    const keyOf = ({ metadata: { namespace, name } }: IssuerAsRead): string => issuerKey({ kind, namespace, name });
    store.onChange(
      whileConnected(({ type, object, previous, rewound }) => {
        const isNews = newSpec(object, previous) || newInstances(object, previous);
        if (type === 'updated' && rewound !== true && !isNews) return;
        const key = keyOf(object);
        on.issuerQueue.forget(key);
        on.issuerQueue.add(key);
        // Created or deleted: what its requests wait for has changed.
        if (type !== 'updated') wakeRequests(on, key);
      }),
    );
    for (const issuer of store.list()) on.issuerQueue.add(keyOf(issuer));
  }
  // Another process may have worked on what is approved already, so for these a certificate may exist. All of them first:
  // what is queued is worked on at once.
  for (const { store } of on.requests) for (const request of store.list()) inherit(on, request, since);
  void queueAll(on, () => connected);
  return () => {
    connected = false;
  };
}

/** In time slices, since there may be tens of thousands. */
async function queueAll({ requests, clock }: EventHandlers, isConnected: () => boolean): Promise<void> {
  const slice = new TimeSlice(clock);
  for (const { store, queue } of requests) {
    for (const { metadata } of store.list()) {
      if (!isConnected()) return;
      queue.add(requestKey(metadata));
      if (slice.isUsedUp()) await slice.pass();
    }
  }
}

function inherit({ memories }: EventHandlers, request: CachedRequest, since: number): void {
  if (request.approval === 'Approved') memories.of(request.metadata.uid).inherited(since);
}

function wakeRequests(on: EventHandlers, issuer: string): void {
  for (const { store, queue } of on.requests) {
    for (const { metadata } of store.byIndex('issuer', issuer)) {
      const key = requestKey(metadata);
      queue.forget(key);
      queue.add(key);
    }
  }
}

/** Whether there is such a request. */
function wakeRequest(on: EventHandlers, key: string): boolean {
  const requests = on.requests.find(({ store }) => store.get(key) !== undefined);
  requests?.queue.add(key);
  return requests !== undefined;
}

// Changes of the Ready condition are our own writes.
function needsAttention(request: CachedRequest, previous: CachedRequest | undefined): boolean {
  return (
    previous?.approval !== request.approval ||
    previous.isControlled !== request.isControlled ||
    previous.metadata.uid !== request.metadata.uid
  );
}

function newSpec(issuer: IssuerAsRead, previous: IssuerAsRead | undefined): boolean {
  return (
    previous?.metadata.uid !== issuer.metadata.uid ||
    previous.metadata.generation !== issuer.metadata.generation ||
    previous.metadata.deletionTimestamp !== issuer.metadata.deletionTimestamp
  );
}

// Their account is kept in the status, and how many are left is told from it.
function newInstances({ status }: IssuerAsRead, previous: IssuerAsRead | undefined): boolean {
  const [present, before] = [status, previous?.status].map((of) => JSON.stringify(of?.externalCA?.instances ?? []));
  return present !== before;
}
