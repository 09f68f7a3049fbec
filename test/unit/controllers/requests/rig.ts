// The whole reconcile of requests over a fake PCA and an API server in memory: everything between them is real.
import { CallQueue } from '../../../../src/alibaba/limits/call-queue.ts';
import { RateLimits } from '../../../../src/alibaba/limits/rate-limit.ts';
import { ReadyIssuers } from '../../../../src/controllers/issuers/ready-issuers.ts';
import type { ReadyIssuer } from '../../../../src/controllers/issuers/ready-issuers.ts';
import type { IssuerProblem } from '../../../../src/controllers/issuers/reasons.ts';
import type { Allowance } from '../../../../src/controllers/issuers/tenancy/allowance.ts';
import { Abandoned } from '../../../../src/controllers/requests/abandoned.ts';
import { ApprovalReminder } from '../../../../src/controllers/requests/approval-reminder.ts';
import { IssuerEvents } from '../../../../src/controllers/requests/events.ts';
import { RequestController } from '../../../../src/controllers/requests/controller.ts';
import { Decider } from '../../../../src/controllers/requests/decide.ts';
import type { Decision } from '../../../../src/controllers/requests/decision.ts';
import {
  cachedRequest,
  requestIndexes,
  requestKey,
} from '../../../../src/controllers/requests/kinds/cached-request.ts';
import type { CachedRequest } from '../../../../src/controllers/requests/kinds/cached-request.ts';
import { CertificateRequests } from '../../../../src/controllers/requests/kinds/certificate-request.ts';
import { CertificateSigningRequests } from '../../../../src/controllers/requests/kinds/certificate-signing-request.ts';
import { owningCertificateReader } from '../../../../src/controllers/requests/kinds/owning-certificate.ts';
import type { Request, RequestKind, RequestRead } from '../../../../src/controllers/requests/kinds/request.ts';
import { RequestMemories } from '../../../../src/controllers/requests/memory.ts';
import { Publisher } from '../../../../src/controllers/requests/publish.ts';
import { Revocations } from '../../../../src/controllers/requests/revocations.ts';
import { CAInstances } from '../../../../src/controllers/requests/signing/ca-instances.ts';
import { CertificateClaims } from '../../../../src/controllers/requests/signing/claims.ts';
import { IssuanceLimits } from '../../../../src/controllers/requests/signing/issuance-limits.ts';
import { Issuance } from '../../../../src/controllers/requests/signing/issue.ts';
import type { Listed } from '../../../../src/controllers/requests/signing/listed.ts';
import { Signer } from '../../../../src/controllers/requests/signing/sign.ts';
import { Superseding } from '../../../../src/controllers/requests/signing/superseding.ts';
import { generationOf } from '../../../../src/crds/issuer.ts';
import { readIssuingCA } from '../../../../src/issuing/issuing-ca.ts';
import type { IssuingCA } from '../../../../src/issuing/issuing-ca.ts';
import type { KubernetesClient } from '../../../../src/kubernetes/client.ts';
import type { ReconcileResult } from '../../../../src/kubernetes/controller.ts';
import { Store } from '../../../../src/kubernetes/store.ts';
import { clusterUidReader } from '../../../../src/operator/cluster-uid.ts';
import { describedCA } from '../../../support/certificates.ts';
import { FakeAuthority } from '../../../support/fake-authority.ts';
import type { Answers } from '../../../support/fake-authority.ts';
import { nothingWatched } from '../../../support/nothing-watched.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeCluster } from '../characterization/cluster.ts';
import type { ClusterFault, ClusterObject } from '../characterization/cluster.ts';
import * as material from '../characterization/material.ts';
import { Journal } from './journal.ts';
import { replaceAll } from '../../../support/store-contents.ts';

export const issuerName = 'AlibabaPCAIssuer/shop/pca';

/** What goes out of a reconcile, beside the steps of issuing. */
export const outsideCalls = ['read', 'clusterUid', 'authorize', 'owningCertificate', 'write'] as const;

/** The situation; what is left out is the usual: one approved request, a ready issuer, nothing else going on. */
export interface Situation {
  readonly requests?: readonly ClusterObject[];
  /** Changes to the spec of the issuer. */
  readonly spec?: object;
  /** What a rule allows it. */
  readonly allowance?: Allowance;
  /** Any other word is the reason why it is not ready. */
  readonly issuer?: 'ready' | 'missing' | 'unseen' | 'unchecked' | IssuerProblem['reason'];
  /** Changes to the CA. */
  readonly ca?: Partial<IssuingCA>;
  /** Family of the key of the CA before. */
  readonly formerKeyFamily?: string;
  /** What its clients are to trust. */
  readonly trustStatus?: ReadyIssuer['trustStatus'];
  readonly pca?: Answers;
  /** The Certificate behind the requests. */
  readonly certificate?: object;
  readonly faults?: readonly ClusterFault[];
  readonly isAllowed?: boolean;
  readonly mayAct?: boolean | (() => boolean);
  readonly mostInFlight?: number;
  /** Whether all requests of the cluster were listed, as long as they are waited for; they were unless given. */
  readonly listed?: Listed;
  /** Told of each step of issuing and each call outside, before it is made. */
  readonly onReach?: (place: string, uid: string) => void | Promise<void>;
}

export class Rig {
  readonly clock = new FakeClock();
  readonly startedAt = this.clock.now().getTime();
  readonly journal = new Journal();
  readonly cluster = new FakeCluster();
  readonly limits = new IssuanceLimits();
  readonly claims = new CertificateClaims();
  readonly memories = new RequestMemories();
  readonly readyIssuers = new ReadyIssuers(this.clock);
  readonly authority: FakeAuthority;
  readonly callQueue: CallQueue;
  /** Keys of requests that were woken. */
  readonly woken: string[] = [];
  readonly #situation: Situation;
  readonly #issuer: ReturnType<typeof material.issuerObject>;
  readonly #requests = new Store<CachedRequest>(requestIndexes());
  readonly #decider: Decider;
  readonly #kinds: Readonly<Record<'web' | 'csr', RequestKind>>;
  readonly #controller: RequestController;

  constructor(situation: Situation = {}) {
    this.#situation = situation;
    this.authority = new FakeAuthority(situation.pca);
    this.#issuer = material.issuerObject(situation.spec);
    const limits = new RateLimits({ clock: this.clock });
    this.callQueue = new CallQueue({ limits, clock: this.clock, mostInFlight: situation.mostInFlight ?? 4 });
    this.#fillCluster(situation);
    this.#checkIssuer(situation);
    const { journal, clock, memories, readyIssuers, callQueue } = this;
    const { events, logger, metrics } = journal;
    const kubernetes = this.cluster as unknown as KubernetesClient;
    this.#kinds = {
      web: this.#told(new CertificateRequests(kubernetes, 'manager', { clock, watched: nothingWatched })),
      csr: this.#told(new CertificateSigningRequests(kubernetes, 'manager', nothingWatched)),
    };
    const issuer = (key: string) =>
      ['missing', 'unseen'].includes(situation.issuer ?? '') || key !== issuerName ? undefined : this.#issuer;
    const revocations = new Revocations({ issuer, readyIssuers, queue: { add: () => {} }, metrics, logger });
    const issuerEvents = new IssuerEvents({ issuer, events, clock });
    const abandoned = new Abandoned({
      memories,
      callQueue,
      revocations,
      calls: { take: () => {} },
      metrics,
      logger,
      clock,
    });
    this.#decider = this.#newDecider(kubernetes, issuer, revocations);
    const { onStep } = this;
    this.#controller = new RequestController({
      requests: this.#requests,
      kind: this.#kinds.web,
      memories,
      decider: this.#decider,
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
      }),
      reminder: new ApprovalReminder({ afterMs: 0, issuer, events, clock }),
      abandoned,
      callQueue,
      onStep,
    });
  }

  readonly onStep = async (step: string, uid = ''): Promise<void> => this.#situation.onReach?.(step, uid);

  /** The decision about a request as it is read now. */
  async decide(name = 'web-1', signal = new AbortController().signal): Promise<Decision> {
    const uid = material.uids[name] ?? this.cluster.objects.get(material.requestPath(name))?.metadata.uid ?? '';
    const kind = name.startsWith('csr') ? this.#kinds.csr : this.#kinds.web;
    const read = await kind.read({ namespace: 'shop', name, uid }, signal);
    if (read.kind !== 'read') throw new Error(`The request is ${read.kind}.`);
    return this.#decider.decide({ request: read.request, memory: this.memories.of(uid), signal });
  }

  /** One whole reconcile. */
  async reconcile(name = 'web-1'): Promise<ReconcileResult> {
    return this.#controller.reconcile(`shop/${name}`, new AbortController().signal);
  }

  /** The issuer was checked successfully, after a fault that issuing had met: one request goes first. */
  recoverFromFault(): void {
    const ready = this.readyIssuers.last(issuerName);
    if (ready === undefined) throw new Error('The issuer was not checked.');
    const problem = { reason: 'CapacityExhausted', message: 'A fault.' } as const;
    this.readyIssuers.enter(issuerName, ready, { key: 'shop/first', tenant: 'shop/first' })?.fault(problem);
    this.readyIssuers.open(issuerName, ready);
  }

  #fillCluster({ requests = [material.web()], certificate, isAllowed = true, faults = [] }: Situation): void {
    const put = (path: string, object: object): void => this.cluster.put(path, object as ClusterObject);
    put(material.clusterUidPath, { metadata: { name: 'kube-system', uid: material.clusterUid } });
    put(material.issuerPath, this.#issuer);
    if (certificate !== undefined) put(material.certificatePath, certificate);
    for (const request of requests) {
      const { name, namespace } = request.metadata;
      put(namespace === undefined ? material.signingRequestPath : material.requestPath(name), request);
    }
    this.cluster.isAllowed = isAllowed;
    for (const fault of faults) this.cluster.fail(fault);
    const lean = requests.flatMap((request) => {
      const object = request.metadata.namespace === undefined ? undefined : cachedRequest(request as never);
      return object === undefined ? [] : [[requestKey(object.metadata), { ...object.metadata, object }] as const];
    });
    replaceAll(this.#requests, new Map(lean));
  }

  #checkIssuer({ issuer: state = 'ready', ca, formerKeyFamily, trustStatus }: Situation): void {
    const read = readIssuingCA(describedCA(material.hierarchy, { Identifier: 'ca' }));
    if (read.kind === 'malformed') throw new Error(read.message);
    if (state === 'missing' || state === 'unseen' || state === 'unchecked') return;
    if (state !== 'ready') return this.readyIssuers.close(issuerName, { reason: state, message: 'A check said so.' });
    const { spec, metadata } = this.#issuer;
    this.readyIssuers.open(issuerName, {
      allowance: this.#situation.allowance,
      uid: metadata.uid,
      generation: generationOf(this.#issuer),
      spec,
      ca: { ...read.ca, ...ca },
      authority: this.authority,
      credentialsVersion: '7',
      formerKeyFamily,
      trustStatus,
    });
  }

  #newDecider(
    kubernetes: KubernetesClient,
    issuer: ConstructorParameters<typeof Decider>[0]['issuer'],
    revocations: Revocations,
  ): Decider {
    const { clock, readyIssuers, onStep } = this;
    const clusterUid = clusterUidReader(kubernetes);
    const owner = owningCertificateReader(kubernetes);
    const owningCertificate: typeof owner = async (certificate, signal) => {
      await onStep('owningCertificate');
      return owner(certificate, signal);
    };
    const { listed = async () => true } = this.#situation;
    const issuance = new Issuance({
      queue: this.callQueue,
      limits: this.limits,
      listed,
      owningCertificate,
      wake: ({ name }) => this.woken.push(name),
      mayAct: () => {
        const { mayAct = true } = this.#situation;
        return typeof mayAct === 'function' ? mayAct() : mayAct;
      },
      clock,
      onStep,
    });
    const isOpen = (key: string, uid: string): boolean => this.#requests.get(key)?.metadata.uid === uid;
    const instances = new CAInstances(kubernetes, 'manager-external-ca', isOpen, () => {});
    const superseding = new Superseding({
      open: (key) => this.#requests.byIndex('issuer', key),
      memories: this.memories,
      wake: (key) => this.woken.push(key),
    });
    return new Decider({
      issuer,
      readyIssuers,
      signer: new Signer({
        issuance,
        instances,
        superseding,
        owningCertificate,
        claims: this.claims,
        listed,
        clock,
        onStep,
      }),
      clusterUid: async (signal) => {
        await onStep('clusterUid');
        return clusterUid(signal);
      },
      owningCertificate,
      revocations,
      clock,
      longestPause: '5m',
      issuerExists: async () => this.#situation.issuer === 'unseen',
    });
  }

  /** The kind, telling of each call. */
  #told(kind: RequestKind): RequestKind {
    return {
      watched: (uid) => kind.watched(uid),
      spend: (uid) => kind.spend(uid),
      read: async (reference, signal): Promise<RequestRead> => {
        await this.onStep('read', reference.uid);
        const read = await kind.read(reference, signal);
        return read.kind === 'read' ? { kind: 'read', request: this.#toldRequest(read.request) } : read;
      },
    };
  }

  #toldRequest(request: Request): Request {
    const { uid } = request.object;
    return {
      ...request,
      write: async (outcome, signal) => {
        await this.onStep('write', uid);
        return request.write(outcome, signal);
      },
      authorize: async (signal) => {
        await this.onStep('authorize', uid);
        return request.authorize(signal);
      },
    };
  }
}
