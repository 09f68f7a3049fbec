// Calls whose outcome nobody knew when their request went: PCA is asked about each until it says whether there is a certificate.
// They wait in memory, so each is named in the log when it is taken in, and again when it is given up.
import { issuerKey, issuerLabels } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import type { ReconcileResult } from '../../kubernetes/controller.ts';
import type { WorkQueue } from '../../kubernetes/work-queue.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { LabelsOf } from '../../runtime/metric-catalogue.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Clock } from '../../timing/clock.ts';
import type { ReadyIssuer, ReadyIssuers } from '../issuers/ready-issuers.ts';
import type { ClusterUid } from './decide.ts';
import type { IssuedDecision } from './decision.ts';
import type { InheritedRequest, RequestReader, RequestReference } from './kinds/request.ts';
import { RequestMemory } from './memory.ts';
import type { IssuingCall } from './memory.ts';
import {
  abandonedMessage,
  inheritedMessage,
  issuedMessage,
  nothingInheritedMessage,
  nothingMadeMessage,
  notFoundOutMessage,
} from './messages.ts';
import { isOfOwnCall } from './revocations.ts';
import { inheritedCall } from './signing/earlier-plan.ts';
import { settleAbandonedCall } from './signing/earlier.ts';
import type { EarlierSearch } from './signing/earlier-search.ts';
import type { SigningOutcome } from './signing/outcome.ts';

/** A request that is gone, or came to an end by somebody else, and how it is read to find out which. */
export interface RequestThatIsGone {
  readonly kind: RequestReader;
  /** As the log names it. */
  readonly key: string;
  readonly reference: RequestReference;
  /** The issuer that it named. */
  readonly identity: IssuerIdentity;
}

/** What becomes of certificates that are found for such requests; `called` is their issuer as it was called. */
export interface Fates {
  /** Finds out whether the certificate is in use, and reports it where it is not; false where nobody can tell now. */
  settle(gone: RequestThatIsGone, found: IssuedDecision, called: ReadyIssuer, signal: AbortSignal): Promise<boolean>;
  /** Reports one that is not what was asked for; `unused` is PCA's identifier where it may be revoked. */
  reportUnused(
    gone: RequestThatIsGone,
    found: { readonly message: string; readonly unused: string | undefined },
    called: ReadyIssuer,
  ): void;
}

/** What looking for their certificates works with. */
export interface AbandonedCallsParts {
  readonly readyIssuers: Pick<ReadyIssuers, 'last'>;
  readonly search: Pick<EarlierSearch, 'find'>;
  readonly clusterUid: (signal: AbortSignal) => Promise<ClusterUid>;
  readonly queue: Pick<WorkQueue, 'add' | 'forget'>;
  readonly fates: () => Fates;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** How many are remembered; 5,000 unless given. */
  readonly most?: number;
}

/** A call for a request that is gone, with all that is known of it. */
interface AbandonedCall {
  readonly gone: RequestThatIsGone;
  /** Undefined while only the request is known, for which an earlier process may have called. */
  call: IssuingCall | undefined;
  readonly inherited: InheritedRequest | undefined;
  memory: RequestMemory;
  /** Places where an earlier process may have called, and did not. */
  readonly ruledOut: Set<string>;
  /** When it was taken in; monotonic, ms. */
  readonly since: number;
}

/** The same with the call that is looked for. */
type LookedFor = AbandonedCall & { readonly call: IssuingCall };
type OutcomeOf<Kind extends SigningOutcome['kind']> = Extract<SigningOutcome, { readonly kind: Kind }>;
type Result = LabelsOf<'pca_issuer_abandoned_calls_total'>['result'];

// A few kilobytes each.
const mostRemembered = 5_000;
// An outage may last the night; with the pauses of the queue between them these are some 300 looks.
const longestMs = 24 * 3_600_000;
const done: ReconcileResult = { kind: 'done' };

/** The calls whose outcome is still to be found out. */
export class AbandonedCalls {
  readonly #on: AbandonedCallsParts;
  readonly #calls = new Map<string, AbandonedCall>();

  constructor(parts: AbandonedCallsParts) {
    this.#on = parts;
  }

  /** How many are looked for. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Takes in the call of a request that is gone, if one went out whose outcome is not known, or may have gone out of an earlier
   * process; the oldest makes room.
   */
  take(gone: RequestThatIsGone, memory: RequestMemory): void {
    const { earlier } = memory;
    if (earlier.kind === 'none') return;
    const { call } = earlier;
    const inherited = call === undefined ? memory.inheritedRequest : undefined;
    if (call === undefined && inherited === undefined) return;
    const { queue, logger, clock, most = mostRemembered } = this.#on;
    const [oldest] = this.#calls;
    if (this.#calls.size >= most && oldest !== undefined) {
      queue.forget(oldest[0]);
      this.#giveUp(...oldest, `More than ${most} such calls are to be found out about at a time.`);
    }
    const key = `${issuerKey(gone.identity)}#${gone.reference.uid}`;
    const since = clock.monotonic();
    const abandoned: AbandonedCall = { gone, call, inherited, memory, ruledOut: new Set(), since };
    this.#calls.set(key, abandoned);
    logger.info(fieldsOf(abandoned), inherited === undefined ? abandonedMessage : inheritedMessage);
    queue.add(key);
  }

  /** Something is new about an issuer: its calls are looked at now. */
  wake(issuer: string): void {
    for (const [key, { gone }] of this.#calls) if (issuerKey(gone.identity) === issuer) this.#on.queue.add(key);
  }

  /** Asks PCA about one of them; again with back-off while it gives no answer that says anything. */
  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const abandoned = this.#calls.get(key);
    if (abandoned === undefined) return done;
    const { gone, memory } = abandoned;
    const call = abandoned.call ?? (await this.#planned(abandoned, signal));
    if (typeof call === 'string') return this.#later(key, abandoned, call);
    if (call === undefined) return this.#noneMade(key, abandoned);
    abandoned.call = call;
    const task = { request: call.request, memory, issuer: this.#issuerOf(gone, call), signal };
    const outcome = await settleAbandonedCall(task, call, this.#on);
    if (outcome === undefined && this.#mayBeElsewhere(abandoned, call)) return this.#nextPlace(abandoned, call);
    return this.#settle(key, { ...abandoned, call }, outcome, signal);
  }

  /** Nobody looks for them any more: the log says which they are. */
  close(): void {
    const why = 'The operator stops before PCA could tell, and the next one does not know of the request.';
    for (const [key, abandoned] of this.#calls) this.#giveUp(key, abandoned, why);
  }

  async #settle(
    key: string,
    abandoned: LookedFor,
    outcome: SigningOutcome | undefined,
    signal: AbortSignal,
  ): Promise<ReconcileResult> {
    switch (outcome?.kind) {
      case undefined:
        return this.#noneMade(key, abandoned);
      case 'issued':
        return this.#settleFound(key, abandoned, outcome, signal);
      case 'refused':
        return this.#settleRefused(key, abandoned, outcome);
      case 'issuerFault':
        return this.#later(key, abandoned, outcome.problem.message);
      case 'trouble':
        return this.#later(key, abandoned, outcome.message);
      case 'queued':
      case 'limited':
        return this.#later(key, abandoned, 'Its turn has not come.');
      case 'stopped':
      case 'ruledOut':
        return this.#later(key, abandoned, 'The last look was given up.');
    }
  }

  #mayBeElsewhere({ gone, inherited, ruledOut }: AbandonedCall, { issuer }: IssuingCall): boolean {
    const now = this.#on.readyIssuers.last(issuerKey(gone.identity));
    if (inherited === undefined || now === undefined) return false;
    const places = [now.authority.location, ...(now.failover?.others ?? []).map(({ location }) => location)];
    return places.some((place) => place === undefined || (place !== issuer.authority.location && !ruledOut.has(place)));
  }

  /** An earlier process may have called another entry of the issuer. */
  #nextPlace(abandoned: AbandonedCall, { issuer }: IssuingCall): ReconcileResult {
    abandoned.ruledOut.add(issuer.authority.location);
    abandoned.call = undefined;
    abandoned.memory = new RequestMemory(abandoned.gone.reference.uid);
    abandoned.memory.inherited(abandoned.since);
    return { kind: 'after', ms: 0 };
  }

  #noneMade(key: string, abandoned: AbandonedCall): ReconcileResult {
    const message = abandoned.inherited === undefined ? nothingMadeMessage : nothingInheritedMessage;
    this.#on.logger.info(fieldsOf(abandoned), message);
    return this.#end(key, abandoned, 'none');
  }

  async #settleFound(
    key: string,
    abandoned: LookedFor,
    { certificate, action: operation, requestId, notices }: OutcomeOf<'issued'>,
    signal: AbortSignal,
  ): Promise<ReconcileResult> {
    const { gone, call, memory } = abandoned;
    const message = issuedMessage(certificate, operation, notices);
    const adopted = !isOfOwnCall(memory);
    const decided = { kind: 'issued', certificate, operation, requestId, adopted, message } as const;
    const isSettled = await this.#on.fates().settle(gone, decided, call.issuer, signal);
    if (isSettled) return this.#end(key, abandoned, 'certificate');
    return this.#later(key, abandoned, 'The API server does not tell whether the certificate is in use.');
  }

  #settleRefused(
    key: string,
    abandoned: LookedFor,
    { reason, message, unused }: OutcomeOf<'refused'>,
  ): ReconcileResult {
    const { gone, call, memory } = abandoned;
    if (reason === 'EarlierCertificateNotFound') return this.#giveUp(key, abandoned, message);
    const found = { message, unused: isOfOwnCall(memory) ? unused : undefined };
    this.#on.fates().reportUnused(gone, found, call.issuer);
    return this.#end(key, abandoned, 'certificate');
  }

  /**
   * What an earlier process would have called for, as its issuer says now, or the sentence why that is not known yet. Undefined: it
   * would have called for nothing.
   */
  async #planned(
    { gone: { identity }, inherited, ruledOut }: AbandonedCall,
    signal: AbortSignal,
  ): Promise<IssuingCall | string | undefined> {
    if (inherited === undefined) return undefined;
    const issuer = this.#on.readyIssuers.last(issuerKey(identity));
    if (issuer === undefined) return 'Its issuer did not become ready.';
    const cluster = await this.#on.clusterUid(signal);
    if ('message' in cluster) return cluster.message;
    const at = { clusterUid: cluster.uid, now: this.#on.clock.now() };
    const others = issuer.failover?.others ?? [];
    for (const place of [issuer, ...others.map((other) => other.issuer)]) {
      if (place === undefined || ruledOut.has(place.authority.location)) continue;
      const call = await inheritedCall(inherited, place, at);
      if (call !== undefined) return call;
    }
    const unknown = others.find((other) => other.issuer === undefined);
    return unknown && `PCA has not described ${unknown.name} since the operator started.`;
  }

  /** In the same place the credentials of now are the better ones; elsewhere, and when it is gone, those of the call. */
  #issuerOf(gone: RequestThatIsGone, call: IssuingCall): ReadyIssuer {
    const now = this.#on.readyIssuers.last(issuerKey(gone.identity));
    const entries = [now, ...(now?.failover?.others ?? []).map((other) => other.issuer)];
    const { location } = call.issuer.authority;
    return entries.find((entry) => entry?.authority.location === location) ?? call.issuer;
  }

  #later(key: string, abandoned: AbandonedCall, why: string): ReconcileResult {
    if (this.#on.clock.monotonic() - abandoned.since < longestMs)
      return { kind: 'retry', reason: 'its outcome is not known' };
    return this.#giveUp(key, abandoned, `PCA was asked for ${longestMs / 3_600_000} h. ${why}`);
  }

  #giveUp(key: string, abandoned: AbandonedCall, why: string): ReconcileResult {
    const { call } = abandoned;
    const known = call && {
      identifier: call.plan.identifier,
      parentIdentifier: call.issuer.spec.parentIdentifier,
    };
    this.#on.logger.warn(fieldsOf(abandoned), notFoundOutMessage(why, known));
    return this.#end(key, abandoned, 'given_up');
  }

  #end(key: string, { gone }: AbandonedCall, result: Result): ReconcileResult {
    this.#calls.delete(key);
    this.#on.metrics.count('pca_issuer_abandoned_calls_total', { ...issuerLabels(gone.identity), result });
    return done;
  }
}

function fieldsOf({ gone: { key, reference, identity }, call }: AbandonedCall): Readonly<Record<string, unknown>> {
  const fields = { request: key, uid: reference.uid, issuer: issuerKey(identity) };
  if (call === undefined) return fields;
  const { operation, identifier } = call.plan;
  return { ...fields, operation: operation.action, customIdentifier: identifier };
}
