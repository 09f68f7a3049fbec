// The cluster as this process sees it: the connection, the client and the watched collections.
import { isSignerOfGroup, signingRequestsPath } from '../crds/certificate-signing-request.ts';
import type { CertificateSigningRequest } from '../crds/certificate-signing-request.ts';
import type { CertificateRequest } from '../crds/cert-manager.ts';
import { certificateRequestsPath } from '../crds/cert-manager.ts';
import { apiGroup, issuerKinds, issuersPath } from '../crds/issuer.ts';
import type { IssuerAsRead, IssuerKind } from '../crds/issuer.ts';
import { readIssuer } from '../crds/issuer-reading.ts';
import { issuerKey } from '../crds/issuer-ref.ts';
import { cachedRequest, cachedSigningRequest, requestIndexes } from '../controllers/requests/kinds/cached-request.ts';
import type { CachedRequest } from '../controllers/requests/kinds/cached-request.ts';
import { WatchedRequests } from '../controllers/requests/kinds/watched-requests.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { ClockOffset } from '../kubernetes/clock-offset.ts';
import { presentVersion } from '../kubernetes/present-version.ts';
import { Reflector } from '../kubernetes/reflector.ts';
import type { ReflectorTrouble } from '../kubernetes/reflector.ts';
import { Store } from '../kubernetes/store.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Options } from '../runtime/options.ts';
import { userAgent } from '../runtime/version.ts';
import type { Clock } from '../timing/clock.ts';
import { connect } from './connect.ts';
import {
  certificateRequestCollection,
  issuerCollection,
  signingRequestCollection,
  watchTrouble,
} from './watch-troubles.ts';
import type { WatchedCollection } from './watch-troubles.ts';

/** Issuers of one kind with the store they are kept in. */
export interface IssuerStore {
  readonly kind: IssuerKind;
  readonly store: Store<IssuerAsRead>;
}

/** The open requests of one kind: all of them in the lean form, and those whole that need no read of their own. */
export interface OpenRequests<T extends CertificateRequest | CertificateSigningRequest> {
  readonly store: Store<CachedRequest>;
  readonly watched: WatchedRequests<T>;
}

/** The cluster as the operator sees it; `run` watches until its signal aborts. */
export interface Cluster {
  readonly kubernetes: KubernetesClient;
  readonly server: string;
  /** The operator's own namespace; `default` outside a cluster whose kubeconfig names none. */
  readonly namespace: string;
  readonly requests: OpenRequests<CertificateRequest>;
  /** Empty where CertificateSigningRequests are not answered. */
  readonly signingRequests: OpenRequests<CertificateSigningRequest>;
  readonly issuers: readonly IssuerStore[];
  readonly issuer: (key: string) => IssuerAsRead | undefined;
  readonly run: (signal: AbortSignal) => Promise<void>;
  /**
   * Resolves with true when every issuer is known and the API server has begun to list the requests, which are in their stores as
   * they come; or with false when the signal aborts first.
   */
  readonly begun: (signal: AbortSignal) => Promise<boolean>;
  /** Whether every collection was listed once. */
  readonly hasSynced: () => boolean;
  /** Resolves with true when {@link hasSynced} is, or with false when the signal aborts first. */
  readonly synced: (signal: AbortSignal) => Promise<boolean>;
  /** This replica begins to lead: notes what was there before, as far as the API server says so in time. */
  readonly lead: (signal: AbortSignal) => Promise<void>;
  /** Whether what comes now may be new: all was listed once, and what was there before is noted. */
  readonly showsNews: () => boolean;
  /** One sentence for each collection that was not listed yet. */
  readonly missing: () => readonly string[];
  readonly close: () => Promise<void>;
}

// Without an answer each request is read live, which is no reason to wait.
const presentMs = 5_000;

/** Connects with the kubeconfig of the options, else as the pod; rejects when there is neither. */
export async function openCluster(
  options: Options,
  {
    clock,
    logger,
    metrics,
    onIssued,
    onCertificate,
  }: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly metrics: Metrics;
    /** Told of finished requests as they are listed and watched; of the same one more than once. */
    readonly onIssued: (request: CertificateRequest) => void;
    /** Told of the certificates in the statuses of requests, likewise. */
    readonly onCertificate: (uid: string, certificate: string | undefined) => void;
  },
): Promise<Cluster> {
  const connection = await connect(options);
  const offset = new ClockOffset({
    clock,
    onOffset: (seconds) => metrics.set('pca_issuer_clock_offset_seconds', {}, seconds),
    onWarning: (message) => logger.warn({}, message),
  });
  const kubernetes = new KubernetesClient(connection, {
    clock,
    onServerDate: (header) => offset.take(header),
    userAgent,
    onRequest: ({ verb, status }) =>
      metrics.count('rest_client_requests_total', {
        method: verb,
        code: status === undefined ? 'none' : String(status),
      }),
  });
  const requests = openRequests<CertificateRequest>(clock);
  const signingRequests = openRequests<CertificateSigningRequest>(clock);
  const issuers = issuerKinds.map((kind) => ({ kind, store: new Store<IssuerAsRead>({}) }));
  /** Of each collection what somebody must do before it can be listed. */
  const lasting = new Map<string, string>();
  const watched = (collection: WatchedCollection) => ({
    client: kubernetes,
    name: collection.resource,
    clock,
    onTrouble: (trouble: ReflectorTrouble): void => {
      const { resource } = collection;
      const { isLasting, text } = watchTrouble(collection, trouble);
      if (isLasting) lasting.set(resource, text);
      else lasting.delete(resource);
      metrics.count('pca_issuer_watch_trouble_total', { resource, kind: trouble.kind });
      logger.warn({ resource, kind: trouble.kind }, text);
    },
  });
  const requestReflectors = [
    new Reflector({
      ...watched(certificateRequestCollection),
      path: certificateRequestsPath,
      showsPart: true,
      fieldSelector: `spec.issuerRef.group=${apiGroup}`,
      store: requests.store,
      transform: (object) => {
        const request = object as unknown as CertificateRequest;
        if (request.spec.issuerRef.group !== apiGroup) return undefined;
        onIssued(request);
        onCertificate(request.metadata.uid, request.status?.certificate);
        return held(requests, request, cachedRequest(request));
      },
    }),
    ...(options['certificate-signing-requests']
      ? [
          new Reflector({
            ...watched(signingRequestCollection),
            path: signingRequestsPath,
            showsPart: true,
            store: signingRequests.store,
            transform: (object) => {
              const request = object as unknown as CertificateSigningRequest;
              if (isSignerOfGroup(request.spec.signerName))
                onCertificate(request.metadata.uid, request.status?.certificate);
              return held(signingRequests, request, cachedSigningRequest(request));
            },
          }),
        ]
      : []),
  ];
  const issuerReflectors = issuers.map(
    ({ kind, store }) =>
      new Reflector({
        ...watched(issuerCollection(kind.plural)),
        path: issuersPath(kind),
        store,
        transform: (object) => readIssuer(object),
      }),
  );
  const reflectors = [...requestReflectors, ...issuerReflectors];
  const hasSynced = (): boolean => reflectors.every((reflector) => reflector.hasSynced);
  const synced = async (signal: AbortSignal): Promise<boolean> =>
    hasSynced() || all(reflectors.map(async (reflector) => reflector.synced(signal)));
  const tellReady = async (signal: AbortSignal): Promise<void> => {
    if (!(await synced(signal))) return;
    logger.info({ secondsSinceStart: process.uptime() }, 'What is watched was listed: this replica is ready.');
  };
  let isLed = false;
  const byKey = new Map<string, IssuerAsRead>();
  for (const { kind, store } of issuers) {
    store.onChange(({ type, object }) => {
      const { namespace, name } = object.metadata;
      const key = issuerKey({ kind, namespace, name });
      if (type === 'deleted') byKey.delete(key);
      else byKey.set(key, object);
    });
  }
  return {
    kubernetes,
    server: connection.server,
    namespace: connection.namespace ?? 'default',
    requests,
    signingRequests,
    issuers,
    issuer: (key) => byKey.get(key),
    run: async (signal) => {
      await Promise.all([...reflectors.map((reflector) => reflector.run(signal)), tellReady(signal)]);
    },
    begun: async (signal) =>
      all([
        ...issuerReflectors.map(async (reflector) => reflector.synced(signal)),
        ...requestReflectors.map(async (reflector) => reflector.begun(signal)),
      ]),
    hasSynced,
    synced,
    lead: async (signal) => {
      const leading = [
        { path: certificateRequestsPath, ...requests },
        ...(options['certificate-signing-requests'] ? [{ path: signingRequestsPath, ...signingRequests }] : []),
      ];
      await Promise.all(
        leading.map(async ({ path, watched }) =>
          watched.lead(await presentVersion({ client: kubernetes, path, timeoutMs: presentMs, signal })),
        ),
      );
      isLed = true;
    },
    showsNews: () => isLed && hasSynced(),
    missing: () =>
      reflectors
        .filter(({ hasSynced }) => !hasSynced)
        .map(({ name }) => `${name} were not listed yet${lasting.has(name) ? `: ${lasting.get(name)}` : ''}`),
    close: () => kubernetes.close(),
  };
}

async function all(each: readonly Promise<boolean>[]): Promise<boolean> {
  return (await Promise.all(each)).every(Boolean);
}

function openRequests<T extends CertificateRequest | CertificateSigningRequest>(clock: Clock): OpenRequests<T> {
  const store = new Store<CachedRequest>(requestIndexes());
  const watched = new WatchedRequests<T>(clock);
  store.onChange(({ type, object }) => {
    if (type === 'deleted') watched.forget(object.metadata.uid);
  });
  return { store, watched };
}

/** Keeps an approved request whole beside its lean form. */
function held<T extends CertificateRequest | CertificateSigningRequest>(
  { watched }: OpenRequests<T>,
  whole: T,
  lean: CachedRequest | undefined,
): CachedRequest | undefined {
  if (lean?.approval === 'Approved' && lean.issuer !== undefined) watched.hold(whole);
  return lean;
}
