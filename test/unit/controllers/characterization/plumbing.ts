// Plays a scene with the real reconcile of requests; the only file of this folder that knows how it is built.
import { CallBudget } from '../../../../src/alibaba/limits/rate-limit.ts';
import { clusterUidReader } from '../../../../src/operator/cluster-uid.ts';
import { Attempts } from '../../../../src/controllers/attempts.ts';
import { type CallTarget, CallTurns } from '../../../../src/controllers/call-turns.ts';
import { certificateRequestAdapter } from '../../../../src/controllers/certificate-request-adapter.ts';
import { certificateSigningRequestAdapter } from '../../../../src/controllers/certificate-signing-request-adapter.ts';
import { ExternalCAInstances } from '../../../../src/controllers/external-ca-instances.ts';
import { IssuanceLedger } from '../../../../src/controllers/issuance-ledger.ts';
import { type IssuerSession, IssuerSessions } from '../../../../src/controllers/issuer-sessions.ts';
import { Lookups } from '../../../../src/controllers/lookups.ts';
import {
  openRequest,
  openSigningRequest,
  type OpenRequest,
  requestIndexes,
  requestKey,
} from '../../../../src/controllers/open-request.ts';
import { owningCertificateReader } from '../../../../src/controllers/owning-certificate.ts';
import { requestReconciler } from '../../../../src/controllers/request-controller.ts';
import { requestEventReasons } from '../../../../src/controllers/request-events.ts';
import { RequestWriter } from '../../../../src/controllers/request-writer.ts';
import { Revocations } from '../../../../src/controllers/revocations.ts';
import { connectWakeUps } from '../../../../src/controllers/wake-ups.ts';
import { generationOf } from '../../../../src/crds/issuer.ts';
import { readIssuingCA } from '../../../../src/issuing/issuing-ca.ts';
import { issuingOperations } from '../../../../src/issuing/operations/index.ts';
import type { KubernetesClient } from '../../../../src/kubernetes/client.ts';
import { Store } from '../../../../src/kubernetes/store.ts';
import { describedCA } from '../../../support/certificates.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeCloud } from './cloud.ts';
import { type ClusterObject, FakeCluster } from './cluster.ts';
import * as material from './material.ts';
import { Recording } from './recording.ts';
import type { Act, Remembered, Scene, Seen, Stage } from './scene.ts';

/** Every reason that an event on a request can have. */
export const eventReasons: readonly string[] = Object.keys(requestEventReasons);

const issuerName = 'AlibabaPCAIssuer/shop/pca';
const fieldManager = 'alibaba-pca-issuer';
const endpoint = { protocol: 'HTTPS', host: 'pca.test', caBundle: undefined, region: 'cn-hangzhou' } as const;
const account = '42';
const random = (): number => 0.5;

/** Plays one scene and tells everything that was to be seen. */
export async function play(scene: Scene): Promise<Seen> {
  const production = new Production(scene);
  for (const act of scene.acts ?? [{}]) await production.act(act);
  return production.end();
}

/** Everything that one scene needs, built as the operator does it. */
class Production {
  readonly #clock = new FakeClock();
  readonly #startedAt = this.#clock.date().getTime();
  readonly #seen = new Recording();
  readonly #cluster = new FakeCluster();
  readonly #budget = new CallBudget({ now: this.#clock.now });
  readonly #turns = new CallTurns({
    budget: this.#budget,
    endpoint: { now: this.#clock.now, random, mostInFlight: 4 },
    setTimer: this.#clock.setTimer,
  });
  readonly #sessions = new IssuerSessions({ now: this.#clock.now, random });
  readonly #attempts = new Attempts();
  readonly #requests = new Store<OpenRequest>(requestIndexes());
  readonly #signingRequests = new Store<OpenRequest>(requestIndexes());
  readonly #scene: Scene;
  readonly #cloud: FakeCloud;
  readonly #issuer: ReturnType<typeof material.issuerObject>;
  readonly #session: IssuerSession;
  readonly #first: ClusterObject['metadata'];
  readonly #reconcilers: readonly ReturnType<typeof requestReconciler>[];
  #mayAct = true;
  #abort = new AbortController();
  #interventions = new Map<string, NonNullable<Act['before']>>();

  constructor(scene: Scene) {
    this.#scene = scene;
    const { requests = [material.web()], issuer: { spec, state = 'ready' } = {} } = scene;
    this.#first = requests[0]?.metadata ?? material.web().metadata;
    this.#cloud = new FakeCloud(scene.cloud ?? {});
    this.#issuer = material.issuerObject(spec);
    this.#session = this.#newSession();
    this.#fillCluster(requests);
    if (state === 'ready') this.#sessions.open(issuerName, this.#session);
    else if (state === 'changed') this.#sessions.open(issuerName, { ...this.#session, generation: 1 });
    else if (state !== 'missing' && state !== 'unchecked') this.#sessions.close(issuerName, problem(state));
    if (scene.takenOver === true) this.#watch(scene.listed);
    this.#reconcilers = this.#connect();
    this.#watch(scene.listed);
    this.#holdEndpoint(scene);
    this.#seen.start();
  }

  /** One reconcile. */
  async act({ of = requestKey(this.#first), after = 0, before, at = {} }: Act): Promise<void> {
    this.#abort = new AbortController();
    this.#interventions = new Map(Object.entries(at));
    this.#clock.advance(after);
    await before?.(this.#stage);
    await this.#reconcile(of);
    if (this.#scene.listed === undefined) this.#watch();
    // What is left of a request that is gone is settled beside the reconcile.
    await new Promise((resolve) => void setImmediate(resolve));
  }

  end(): Seen {
    this.#turns.close();
    const object = { uid: this.#issuer.metadata.uid, generation: generationOf(this.#issuer) };
    const state = this.#sessions.state(issuerName, object);
    return this.#seen.seen({
      writes: this.#cluster.writes,
      calls: this.#cloud.calls,
      remembered: this.#remembered(),
      issuer: state.kind === 'notReady' ? `notReady: ${state.reason}` : state.kind,
      fault: this.#sessions.held(issuerName, object)?.problem.message,
    });
  }

  readonly #stage: Stage = {
    cluster: this.#cluster,
    reconcile: (key) => this.#reconcile(key),
    checked: () => this.#sessions.open(issuerName, this.#session),
    checkFailed: (reason) => this.#sessions.close(issuerName, problem(reason)),
    throttle: () => this.#budget.throttled(this.#target().limit),
    fence: (mayAct) => void (this.#mayAct = mayAct),
    abort: () => this.#abort.abort(),
    remove: (path) => {
      this.#cluster.remove(path);
      this.#watch();
    },
    pass: (milliseconds) => this.#clock.advance(milliseconds),
  };

  async #reconcile(key: string): Promise<void> {
    const reconcile = this.#reconcilers[key.includes('/') ? 0 : 1];
    try {
      this.#seen.next(await reconcile?.(key, this.#abort.signal));
    } catch (thrown) {
      this.#seen.next({ kind: 'threw', message: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  }

  #fillCluster(requests: readonly ClusterObject[]): void {
    const put = (path: string, object: object): void => this.#cluster.put(path, object as ClusterObject);
    put(material.clusterUidPath, { metadata: { name: 'kube-system', uid: material.clusterUid } });
    if (this.#scene.issuer?.state !== 'missing') put(material.issuerPath, this.#issuer);
    if (this.#scene.certificate !== undefined) put(material.certificatePath, this.#scene.certificate);
    for (const request of requests) {
      put(
        request.metadata.namespace === undefined
          ? material.signingRequestPath
          : material.requestPath(request.metadata.name),
        request,
      );
    }
    this.#cluster.isAllowed = this.#scene.isAllowed ?? true;
    for (const fault of this.#scene.faults ?? []) this.#cluster.fail(fault);
  }

  #newSession(): IssuerSession {
    const { spec, metadata } = this.#issuer;
    const read = readIssuingCA(describedCA(material.hierarchy, { Identifier: 'ca' }));
    if (read.kind === 'malformed') throw new Error(read.message);
    const { store } = issuingOperations[spec.operation];
    const lookups = new Lookups({ budget: this.#budget, now: this.#clock.date });
    return {
      uid: metadata.uid,
      generation: generationOf(this.#issuer),
      spec,
      ca: read.ca,
      client: this.#cloud,
      secretVersion: '7',
      account,
      endpoint: `${endpoint.protocol} ${endpoint.host}`,
      lookup: lookups.of(this.#cloud, { endpoint, account, parentIdentifier: spec.parentIdentifier, store }),
    };
  }

  /** Builds the reconciles of both kinds of request and what wakes their keys. */
  #connect(): readonly ReturnType<typeof requestReconciler>[] {
    const { events, logger, metrics } = this.#seen;
    const kubernetes = this.#cluster as unknown as KubernetesClient;
    const now = this.#clock.date;
    const ledger = new IssuanceLedger();
    const { count = 0, certificate = 'web' } = this.#scene.issuedBefore ?? {};
    for (let minutes = count; minutes > 0; minutes -= 1) {
      const scope = { issuer: issuerName, namespace: 'shop', certificate };
      ledger.count(`earlier-${minutes}`, scope, this.#startedAt - minutes * 60_000);
    }
    const issuer = (key: string) =>
      key === issuerName && this.#scene.issuer?.state !== 'missing' ? this.#issuer : undefined;
    const real = new Revocations({ issuer, sessions: this.#sessions, enqueue: () => {}, metrics, logger });
    const revocations: Pick<Revocations, 'offer'> = {
      offer: (identity, identifier) => {
        const fate = real.offer(identity, identifier);
        this.#seen.revoked(identifier, fate);
        return fate;
      },
    };
    const isOpen = (key: string, uid: string): boolean =>
      [this.#requests, this.#signingRequests].some((store) => store.get(key)?.metadata.uid === uid);
    const shared = {
      events,
      logger,
      metrics,
      now,
      issuer,
      revocations: revocations as Revocations,
      turns: this.#turns,
      sessions: this.#sessions,
      attempts: this.#attempts,
      ledger,
      instances: new ExternalCAInstances(kubernetes, { fieldManager: `${fieldManager}-external-ca`, isOpen }),
      owningCertificate: owningCertificateReader(kubernetes),
      clusterUid: clusterUidReader(kubernetes),
      mayAct: () => this.#mayAct,
      onStep: async (step: string) => {
        const intervention = this.#interventions.get(step);
        this.#interventions.delete(step);
        await intervention?.(this.#stage);
      },
      approvalWarningMilliseconds: this.#scene.approvalWarning ?? 60_000,
      longestPause: '300 s',
    };
    const queue = { add: (key: string) => this.#seen.woken(key), forget: () => {} };
    const writer = new RequestWriter(kubernetes, fieldManager, now);
    const kinds = [
      { store: this.#requests, queue, adapter: certificateRequestAdapter(writer) },
      { store: this.#signingRequests, queue, adapter: certificateSigningRequestAdapter(kubernetes, fieldManager) },
    ];
    connectWakeUps({ ...shared, requests: kinds, issuers: [], issuerQueue: queue });
    return kinds.map(({ store, adapter }) =>
      requestReconciler({ ...shared, requests: store, adapter, wake: (object) => queue.add(requestKey(object)) }),
    );
  }

  /** Brings the stores to what the API server has, or to what the scene says that the watch has told. */
  #watch(listed: readonly ClusterObject[] = [...this.#cluster.objects.values()]): void {
    const signing = listed.filter((object) => 'signerName' in (specOf(object) ?? {}));
    const ordinary = listed.filter((object) => 'issuerRef' in (specOf(object) ?? {}));
    this.#requests.replace(entriesOf(ordinary, (object) => openRequest(object as never)));
    this.#signingRequests.replace(entriesOf(signing, (object) => openSigningRequest(object as never)));
  }

  #target(): CallTarget {
    const limit = { account, region: endpoint.region, action: this.#issuer.spec.operation };
    return { limit, endpoint: this.#session.endpoint };
  }

  #holdEndpoint({ unanswered = 0, isOtherCalling = false }: Scene): void {
    const other = { uid: 'other', flow: '', rank: 'Urgent', wake: () => {} } as const;
    for (let calls = 0; calls < unanswered; calls += 1) {
      this.#turns.ask(this.#target(), other);
      this.#turns.ended(other.uid, 'unanswered');
    }
    if (!isOtherCalling) return;
    this.#clock.advance(5_000);
    this.#turns.ask(this.#target(), other);
  }

  #remembered(): Remembered {
    const attempt = this.#attempts.get(this.#first.uid);
    const { pendingIdentifier, uncertainSince, verdict, calls = 0 } = attempt ?? {};
    const unknown = uncertainSince === undefined ? 'none' : { unknownSince: uncertainSince - this.#startedAt };
    return {
      known: attempt !== undefined,
      earlier: pendingIdentifier === undefined ? unknown : { accepted: pendingIdentifier },
      decided: verdict?.result,
      calls,
    };
  }
}

function problem(reason: string): { readonly reason: string; readonly message: string } {
  return { reason, message: 'A check said so.' };
}

function specOf(object: ClusterObject): object | undefined {
  return (object as { readonly spec?: object }).spec;
}

function entriesOf(
  objects: readonly ClusterObject[],
  lean: (object: ClusterObject) => OpenRequest | undefined,
): ReadonlyMap<string, { uid: string; resourceVersion: string; object: OpenRequest }> {
  return new Map(
    objects.flatMap((object) => {
      const open = lean(object);
      const { uid, resourceVersion } = object.metadata;
      return open === undefined ? [] : [[requestKey(object.metadata), { uid, resourceVersion, object: open }] as const];
    }),
  );
}
