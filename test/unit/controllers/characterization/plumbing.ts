// Plays a scene with the real reconcile of requests; the only file of this folder that knows how it is built.
import type { PcaFailure } from '../../../../src/alibaba/errors.ts';
import { CallQueue } from '../../../../src/alibaba/limits/call-queue.ts';
import type { CallPriority, CallTarget } from '../../../../src/alibaba/limits/call-queue.ts';
import { RateLimits } from '../../../../src/alibaba/limits/rate-limit.ts';
import { PcaAuthority } from '../../../../src/authority/certificate-authority.ts';
import { CertificateSearches } from '../../../../src/authority/certificate-search.ts';
import { ReadyIssuers } from '../../../../src/controllers/issuers/ready-issuers.ts';
import type { ReadyIssuer } from '../../../../src/controllers/issuers/ready-issuers.ts';
import type { IssuerProblem } from '../../../../src/controllers/issuers/reasons.ts';
import { Abandoned } from '../../../../src/controllers/requests/abandoned.ts';
import { ApprovalReminder } from '../../../../src/controllers/requests/approval-reminder.ts';
import { RequestController } from '../../../../src/controllers/requests/controller.ts';
import { Decider } from '../../../../src/controllers/requests/decide.ts';
import {
  cachedRequest,
  cachedSigningRequest,
  requestIndexes,
  requestKey,
} from '../../../../src/controllers/requests/kinds/cached-request.ts';
import type { CachedRequest } from '../../../../src/controllers/requests/kinds/cached-request.ts';
import { CertificateRequests } from '../../../../src/controllers/requests/kinds/certificate-request.ts';
import { CertificateSigningRequests } from '../../../../src/controllers/requests/kinds/certificate-signing-request.ts';
import { owningCertificateReader } from '../../../../src/controllers/requests/kinds/owning-certificate.ts';
import type { RequestKind } from '../../../../src/controllers/requests/kinds/request.ts';
import { RequestMemories } from '../../../../src/controllers/requests/memory.ts';
import type { Earlier } from '../../../../src/controllers/requests/memory.ts';
import { Publisher } from '../../../../src/controllers/requests/publish.ts';
import { consequences } from '../../../../src/controllers/requests/reasons.ts';
import { Revocations } from '../../../../src/controllers/requests/revocations.ts';
import { CAInstances } from '../../../../src/controllers/requests/signing/ca-instances.ts';
import { CertificateClaims } from '../../../../src/controllers/requests/signing/claims.ts';
import { IssuanceLimits } from '../../../../src/controllers/requests/signing/issuance-limits.ts';
import { Issuance } from '../../../../src/controllers/requests/signing/issue.ts';
import { Signer } from '../../../../src/controllers/requests/signing/sign.ts';
import { Superseding } from '../../../../src/controllers/requests/signing/superseding.ts';
import { generationOf } from '../../../../src/crds/issuer.ts';
import { readIssuingCA } from '../../../../src/issuing/issuing-ca.ts';
import type { KubernetesClient } from '../../../../src/kubernetes/client.ts';
import type { ReconcileResult } from '../../../../src/kubernetes/controller.ts';
import { Store } from '../../../../src/kubernetes/store.ts';
import { clusterUidReader } from '../../../../src/operator/cluster-uid.ts';
import { connectEventHandlers } from '../../../../src/operator/event-handlers.ts';
import { describedCA } from '../../../support/certificates.ts';
import { nothingWatched } from '../../../support/nothing-watched.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeCloud } from './cloud.ts';
import { FakeCluster } from './cluster.ts';
import type { ClusterObject } from './cluster.ts';
import * as material from './material.ts';
import { Recording } from './recording.ts';
import type { Act, Remembered, Scene, Seen, Stage } from './scene.ts';
import { replaceAll } from '../../../support/store-contents.ts';

/** Every reason that an event on a request can have; `RequestFailed` is one of its issuer. */
export const eventReasons: readonly string[] = Object.keys(consequences).filter((reason) => reason !== 'RequestFailed');

const issuerName = 'AlibabaPCAIssuer/shop/pca';
const fieldManager = 'alibaba-pca-issuer';
const endpoint = { protocol: 'HTTPS', host: 'pca.test', caBundle: undefined, region: 'cn-hangzhou' } as const;
const account = '42';

/** Plays one scene and tells everything that was to be seen. */
export async function play(scene: Scene): Promise<Seen> {
  const production = new Production(scene);
  await production.prepare();
  for (const act of scene.acts ?? [{}]) await production.act(act);
  return production.end();
}

/** Everything that one scene needs, built as the operator does it. */
class Production {
  readonly #clock = new FakeClock();
  readonly #startedAt = this.#clock.now().getTime();
  readonly #startedMonotonic = this.#clock.monotonic();
  readonly #seen = new Recording();
  readonly #cluster = new FakeCluster();
  readonly #limits = new RateLimits({ clock: this.#clock });
  readonly #callQueue = new CallQueue({ limits: this.#limits, clock: this.#clock, mostInFlight: 4 });
  readonly #readyIssuers = new ReadyIssuers(this.#clock);
  readonly #memories = new RequestMemories();
  readonly #claims = new CertificateClaims();
  readonly #requests = new Store<CachedRequest>(requestIndexes());
  readonly #signingRequests = new Store<CachedRequest>(requestIndexes());
  readonly #scene: Scene;
  readonly #cloud: FakeCloud;
  readonly #issuer: ReturnType<typeof material.issuerObject>;
  readonly #ready: ReadyIssuer;
  readonly #first: ClusterObject['metadata'];
  readonly #controllers: readonly RequestController[];
  #mayAct = true;
  #abort = new AbortController();
  #interventions = new Map<string, NonNullable<Act['before']>>();

  constructor(scene: Scene) {
    this.#scene = scene;
    const { requests = [material.web()], issuer: { spec, state = 'ready' } = {} } = scene;
    this.#first = requests[0]?.metadata ?? material.web().metadata;
    this.#cloud = new FakeCloud(scene.cloud ?? {});
    this.#issuer = material.issuerObject(spec);
    this.#ready = this.#newReady();
    this.#fillCluster(requests);
    if (state === 'ready') this.#readyIssuers.open(issuerName, this.#ready);
    else if (state === 'changed') this.#readyIssuers.open(issuerName, { ...this.#ready, generation: 1 });
    else if (state !== 'missing' && state !== 'unchecked') this.#readyIssuers.close(issuerName, problem(state));
    if (scene.takenOver === true) this.#watch(scene.listed);
    this.#controllers = this.#connect();
    this.#watch(scene.listed);
  }

  /** What has to be awaited before the first reconcile. */
  async prepare(): Promise<void> {
    await this.#holdEndpoint(this.#scene);
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
    this.#callQueue.close();
    const object = { uid: this.#issuer.metadata.uid, generation: generationOf(this.#issuer) };
    const state = this.#readyIssuers.state(issuerName, object);
    return this.#seen.seen({
      writes: this.#cluster.writes,
      calls: this.#cloud.calls,
      remembered: this.#remembered(),
      issuer: state.kind === 'notReady' ? `notReady: ${state.reason}` : state.kind,
      fault: this.#readyIssuers.held(issuerName, object)?.problem.message,
    });
  }

  readonly #stage: Stage = {
    cluster: this.#cluster,
    reconcile: (key) => this.#reconcile(key),
    checked: () => this.#readyIssuers.open(issuerName, this.#ready),
    checkFailed: (reason) => this.#readyIssuers.close(issuerName, problem(reason)),
    throttle: () => this.#limits.throttled(this.#target().limit),
    fence: (mayAct) => void (this.#mayAct = mayAct),
    abort: () => this.#abort.abort(),
    remove: (path) => {
      this.#cluster.remove(path);
      this.#watch();
    },
    pass: (milliseconds) => this.#clock.advance(milliseconds),
  };

  async #reconcile(key: string): Promise<void> {
    const controller = this.#controllers[key.includes('/') ? 0 : 1];
    try {
      this.#seen.next(neutral(await controller?.reconcile(key, this.#abort.signal)));
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

  #newReady(): ReadyIssuer {
    const { spec, metadata } = this.#issuer;
    const read = readIssuingCA(describedCA(material.hierarchy, { Identifier: 'ca' }));
    if (read.kind === 'malformed') throw new Error(read.message);
    const searches = new CertificateSearches(this.#limits, this.#clock);
    const opened = { call: this.#cloud.call, endpoint, account: Promise.resolve(account) };
    return {
      uid: metadata.uid,
      generation: generationOf(this.#issuer),
      spec,
      ca: { ...read.ca, keyFamily: this.#scene.issuer?.keyFamily ?? read.ca.keyFamily },
      formerKeyFamily: this.#scene.issuer?.keyFamily === undefined ? undefined : read.ca.keyFamily,
      authority: new PcaAuthority(opened, spec, searches, this.#clock),
      credentialsVersion: '7',
    };
  }

  /** Builds the reconciles of both kinds of request and what wakes their keys. */
  #connect(): readonly RequestController[] {
    const { events, logger, metrics } = this.#seen;
    const kubernetes = this.#cluster as unknown as KubernetesClient;
    const clock = this.#clock;
    const queue = { add: (key: string) => this.#seen.woken(key), forget: () => {} };
    const issuer = (key: string) =>
      key === issuerName && this.#scene.issuer?.state !== 'missing' ? this.#issuer : undefined;
    const revocations = this.#revocations(issuer);
    const memories = this.#memories;
    const callQueue = this.#callQueue;
    const readyIssuers = this.#readyIssuers;
    const issuerEvents = { failed: () => {} };
    const abandoned = new Abandoned({
      memories,
      callQueue,
      revocations,
      calls: { take: () => {} },
      metrics,
      logger,
      clock,
    });
    const owningCertificate = owningCertificateReader(kubernetes);
    const onStep = async (step: string) => {
      const intervention = this.#interventions.get(step);
      this.#interventions.delete(step);
      await intervention?.(this.#stage);
    };
    const signer = new Signer({
      issuance: new Issuance({
        queue: callQueue,
        limits: this.#issuanceLimits(),
        listed: async () => true,
        owningCertificate,
        wake: (object) => queue.add(requestKey(object)),
        mayAct: () => this.#mayAct,
        clock,
        onStep,
      }),
      instances: new CAInstances(
        kubernetes,
        `${fieldManager}-external-ca`,
        (key, uid) => [this.#requests, this.#signingRequests].some((store) => store.get(key)?.metadata.uid === uid),
        () => {},
      ),
      superseding: new Superseding({
        open: (key) => this.#requests.byIndex('issuer', key),
        memories,
        wake: (key) => queue.add(key),
      }),
      owningCertificate,
      claims: this.#claims,
      listed: async () => true,
      clock,
      onStep,
    });
    const decider = new Decider({
      issuer,
      readyIssuers,
      signer,
      clusterUid: clusterUidReader(kubernetes),
      owningCertificate,
      revocations,
      clock,
      longestPause: '300 s',
      issuerExists: async () => false,
    });
    const publisher = new Publisher({
      memories,
      abandoned,
      revocations,
      events,
      issuerEvents,
      metrics,
      logger,
      clock,
      onStep,
    });
    const reminder = new ApprovalReminder({ afterMs: this.#scene.approvalWarning ?? 60_000, issuer, events, clock });
    const watched = nothingWatched;
    const kinds: readonly {
      readonly store: Store<CachedRequest>;
      readonly queue: typeof queue;
      readonly kind: RequestKind;
    }[] = [
      { store: this.#requests, queue, kind: new CertificateRequests(kubernetes, fieldManager, { clock, watched }) },
      { store: this.#signingRequests, queue, kind: new CertificateSigningRequests(kubernetes, fieldManager, watched) },
    ];
    connectEventHandlers({
      requests: kinds.map((kind) => ({ ...kind, watched })),
      showsNews: () => true,
      issuers: [],
      issuerQueue: queue,
      readyIssuers,
      memories,
      abandoned,
      abandonedCalls: { wake: () => {} },
      clock,
    });
    return kinds.map(
      ({ store: requests, kind }) =>
        new RequestController({ requests, kind, memories, decider, publisher, reminder, abandoned, callQueue, onStep }),
    );
  }

  #issuanceLimits(): IssuanceLimits {
    const limits = new IssuanceLimits();
    const { count = 0, certificate = 'web' } = this.#scene.issuedBefore ?? {};
    for (let minutes = count; minutes > 0; minutes -= 1) {
      const scope = { issuer: issuerName, namespace: 'shop', certificate };
      limits.count(`earlier-${minutes}`, scope, this.#startedAt - minutes * 60_000);
    }
    return limits;
  }

  #revocations(
    issuer: ConstructorParameters<typeof Revocations>[0]['issuer'],
  ): Pick<Revocations, 'offer' | 'isPolicyOf'> {
    const { metrics, logger } = this.#seen;
    const queue = { add: () => {} };
    const real = new Revocations({ issuer, readyIssuers: this.#readyIssuers, queue, metrics, logger });
    return {
      isPolicyOf: (identity) => real.isPolicyOf(identity),
      offer: (identity, identifier) => {
        const revokes = real.offer(identity, identifier);
        this.#seen.revoked(identifier, revokes ? 'revoked' : 'kept');
        return revokes;
      },
    };
  }

  /** Brings the stores to what the API server has, or to what the scene says that the watch has told. */
  #watch(listed: readonly ClusterObject[] = [...this.#cluster.objects.values()]): void {
    const signing = listed.filter((object) => 'signerName' in (specOf(object) ?? {}));
    const ordinary = listed.filter((object) => 'issuerRef' in (specOf(object) ?? {}));
    replaceAll(
      this.#requests,
      entriesOf(ordinary, (object) => cachedRequest(object as never)),
    );
    replaceAll(
      this.#signingRequests,
      entriesOf(signing, (object) => cachedSigningRequest(object as never)),
    );
  }

  #target(): CallTarget {
    const limit = { account, region: endpoint.region, action: this.#issuer.spec.operation };
    return { limit, endpoint: `${endpoint.protocol} ${endpoint.host}` };
  }

  async #holdEndpoint({ unanswered = 0, isOtherCalling = false }: Scene): Promise<void> {
    const other = {
      uid: 'other',
      flow: '',
      priority: async (): Promise<CallPriority> => 'Urgent',
      wake: () => {},
    } as const;
    for (let calls = 0; calls < unanswered; calls += 1) {
      const admission = await this.#callQueue.enter(this.#target(), other);
      if (admission.kind === 'admitted') admission.permit.ended({ kind: 'failed', failure: noAnswer });
    }
    if (!isOtherCalling) return;
    this.#clock.advance(5_000);
    await this.#callQueue.enter(this.#target(), other);
  }

  #remembered(): Remembered {
    const memory = this.#memories.get(this.#first.uid);
    const { earlier = { kind: 'none' }, decided, calls = 0 } = memory ?? {};
    return { known: memory !== undefined, earlier: this.#earlier(earlier), decided: decided?.kind, calls };
  }

  #earlier(earlier: Earlier): Remembered['earlier'] {
    switch (earlier.kind) {
      case 'none':
        return 'none';
      case 'accepted':
        return { accepted: earlier.identifier };
      case 'unknown':
        return { unknownSince: earlier.since - this.#startedMonotonic };
    }
  }
}

/** A call that nobody answered. */
const noAnswer: PcaFailure = {
  service: 'PCA',
  class: 'OutcomeUnknown',
  code: 'DeadlineExceeded',
  httpStatus: undefined,
  requestId: undefined,
  message: 'No answer came.',
  accessDenied: undefined,
  mayHaveIssued: true,
};

/** When a key comes again, in the words of the rows. */
function neutral(result: ReconcileResult | undefined): unknown {
  switch (result?.kind) {
    case 'after':
      return { kind: 'after', milliseconds: result.ms };
    case 'retry': {
      const { retryAfterMs, ...rest } = result;
      return { ...rest, ...(retryAfterMs === undefined ? {} : { retryAfterMs: retryAfterMs }) };
    }
    case 'done':
    case undefined:
      return result;
  }
}

function problem(reason: string): IssuerProblem {
  return { reason: reason as IssuerProblem['reason'], message: 'A check said so.' };
}

function specOf(object: ClusterObject): object | undefined {
  return (object as { readonly spec?: object }).spec;
}

function entriesOf(
  objects: readonly ClusterObject[],
  lean: (object: ClusterObject) => CachedRequest | undefined,
): ReadonlyMap<string, { uid: string; resourceVersion: string; object: CachedRequest }> {
  return new Map(
    objects.flatMap((object) => {
      const open = lean(object);
      const { uid, resourceVersion } = object.metadata;
      return open === undefined ? [] : [[requestKey(object.metadata), { uid, resourceVersion, object: open }] as const];
    }),
  );
}
