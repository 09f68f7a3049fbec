// What wakes which key: changed requests themselves, requests by news of their issuer, issuers by changes of their spec
// and by faults that issuing reported.
import type { Issuer, IssuerKind } from '../crds/issuer.ts';
import type { Store } from '../kubernetes/store.ts';
import type { WorkQueue } from '../kubernetes/work-queue.ts';
import type { RequestDependencies } from './request-dependencies.ts';
import type { RequestAdapter } from './live-request.ts';
import { issuerKey } from '../crds/issuer-ref.ts';
import { type OpenRequest, requestKey } from './open-request.ts';
import { releaseAttempt } from './request-release.ts';

/** The requests of one kind that are open, and where they wait. */
export interface RequestKind {
  readonly store: Store<OpenRequest>;
  readonly queue: Pick<WorkQueue, 'add' | 'forget'>;
  readonly adapter: RequestAdapter;
}

/** What is connected to what. */
export interface WakeUps extends Pick<
  RequestDependencies,
  'sessions' | 'attempts' | 'turns' | 'revocations' | 'logger' | 'metrics' | 'now'
> {
  /** Each kind of request with its queue. */
  readonly requests: readonly RequestKind[];
  readonly issuers: readonly { readonly kind: IssuerKind; readonly store: Store<Issuer> }[];
  readonly issuerQueue: Pick<WorkQueue, 'add' | 'forget'>;
}

/** Queues everything that is there, then whatever changes; the returned function ends that. */
export function connectWakeUps(on: WakeUps): () => void {
  let connected = true;
  const whileConnected =
    <A>(listener: (argument: A) => void): ((argument: A) => void) =>
    (argument) => {
      if (connected) listener(argument);
    };

  for (const { store, queue, adapter } of on.requests) {
    store.onChange(
      whileConnected(({ type, key, object, previous }) => {
        if (type === 'deleted') {
          // Also when it came to its end, since finished requests leave the store.
          queue.forget(key);
          releaseAttempt(on, adapter, object);
        } else if (needsAttention(object, previous)) queue.add(key);
      }),
    );
  }
  on.sessions.onChange(whileConnected((issuer: string) => wakeRequests(on, issuer)));
  on.sessions.onReport(whileConnected((issuer: string) => on.issuerQueue.add(issuer)));
  for (const { kind, store } of on.issuers) {
    const keyOf = ({ metadata: { namespace, name } }: Issuer): string => issuerKey({ kind, namespace, name });
    store.onChange(
      whileConnected(({ type, object, previous }) => {
        if (type === 'updated' && !newSpec(object, previous)) return;
        const key = keyOf(object);
        on.issuerQueue.forget(key);
        on.issuerQueue.add(key);
        // Created or deleted: what its requests wait for has changed.
        if (type !== 'updated') wakeRequests(on, key);
      }),
    );
    for (const issuer of store.list()) on.issuerQueue.add(keyOf(issuer));
  }
  // Another process may have worked on what is approved already, so for these a certificate may exist.
  const since = on.now().getTime();
  for (const { store, queue } of on.requests) {
    for (const request of store.list()) {
      if (request.approval === 'Approved') on.attempts.of(request.metadata.uid).uncertainSince = since;
      queue.add(requestKey(request.metadata));
    }
  }
  return () => {
    connected = false;
  };
}

function wakeRequests(on: WakeUps, issuer: string): void {
  for (const { store, queue } of on.requests) {
    for (const { metadata } of store.byIndex('issuer', issuer)) {
      const key = requestKey(metadata);
      queue.forget(key);
      queue.add(key);
    }
  }
}

// Changes of the Ready condition are our own writes.
function needsAttention(request: OpenRequest, previous: OpenRequest | undefined): boolean {
  return previous?.approval !== request.approval || previous.metadata.uid !== request.metadata.uid;
}

function newSpec(issuer: Issuer, previous: Issuer | undefined): boolean {
  return (
    previous?.metadata.uid !== issuer.metadata.uid ||
    previous.metadata.generation !== issuer.metadata.generation ||
    previous.metadata.deletionTimestamp !== issuer.metadata.deletionTimestamp
  );
}
