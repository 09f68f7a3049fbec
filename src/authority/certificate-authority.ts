// PCA as the certificate authority of one checked issuer: the only user of PCA's RPC operations.
import type { Call, PcaOutcome } from '../alibaba/call.ts';
import { endpointName } from '../alibaba/endpoint.ts';
import type { PcaEndpoint } from '../alibaba/endpoint.ts';
import type { PcaFailure } from '../alibaba/errors.ts';
import type { CallTarget } from '../alibaba/limits/call-queue.ts';
import type { IssuerSpec } from '../crds/issuer.ts';
import { describeIssuingCACall, readIssuingCA } from '../issuing/issuing-ca.ts';
import type { IssuingCA } from '../issuing/issuing-ca.ts';
import type { IssueReply } from '../issuing/operation.ts';
import {
  externalCACertificate,
  isRevokedExternalCA,
  instanceStatusCall,
  readExternalCA,
  readInstanceStatus,
} from '../issuing/operations/external-ca-certificate.ts';
import { issuingOperations } from '../issuing/operations/index.ts';
import { readSubscriptionEnd, subscriptionCall } from '../issuing/operations/subscription.ts';
import type { IssuePlan } from '../issuing/plan.ts';
import { readCertificates } from '../issuing/x509/certificate-chain.ts';
import type { Clock } from '../timing/clock.ts';
import { listActiveRoots } from './active-roots.ts';
import type { ActiveRoots } from './active-roots.ts';
import type { CertificateSearch, CertificateSearches } from './certificate-search.ts';

/** What PCA says about the CA. */
export type Described =
  | { readonly kind: 'described'; readonly ca: IssuingCA }
  | { readonly kind: 'unreadable'; readonly message: string; readonly requestId: string | undefined }
  | Failed;

/** What became of an issuing call. */
export type Issued =
  { readonly kind: 'ok'; readonly reply: IssueReply; readonly requestId: string | undefined } | Failed;

/** A call that failed. */
export type Failed = Extract<PcaOutcome, { readonly kind: 'failed' }>;

/**
 * What an earlier call left behind. `accepted`: PCA's identifier of a certificate that was to come, and since when it is known;
 * `unknown`: since when a certificate may exist that nobody saw; `instance`: the bought instance that a CA certificate uses.
 * Moments are monotonic milliseconds of the process's clock.
 */
export type Trace =
  | { readonly kind: 'accepted'; readonly identifier: string; readonly since: number }
  | { readonly kind: 'unknown'; readonly since: number }
  | { readonly kind: 'instance'; readonly instanceId: string };

/** What is searched for. */
export interface Wanted {
  readonly plan: IssuePlan;
  readonly trace: Trace;
  /** When the request was made. */
  readonly requestedAt: Date;
  /** Whether a certificate for the right key is the one: a key may serve several requests. */
  readonly isWanted: (reply: Extract<IssueReply, { readonly kind: 'issued' }>) => boolean;
}

/**
 * What a search came to. `absent`: there is none, and the call that left the trace is over. `taken`: the instance was used
 * for something else. `revoked`: there was one, and it was revoked. `pending`: PCA has not finished it, or gives none that can
 * be read. `unsettled`: nobody can tell yet.
 */
export type Found =
  | { readonly kind: 'found'; readonly reply: Extract<IssueReply, { readonly kind: 'issued' }> }
  | { readonly kind: 'absent' }
  | { readonly kind: 'taken' }
  | { readonly kind: 'revoked'; readonly identifier: string }
  | { readonly kind: 'pending'; readonly message: string }
  | { readonly kind: 'unsettled'; readonly message: string }
  | Failed;

/** How an issuing call is made: `mayGo` is the fence, asked when nothing is left but to send. */
export interface IssueOptions {
  readonly signal: AbortSignal;
  readonly mayGo: () => boolean;
}

/** PCA as a certificate authority. Nothing here rejects; every call ends with its signal. */
export interface CertificateAuthority {
  /** Where its certificates are kept: endpoint, CA and store. What one authority issued, another of equal location finds. */
  readonly location: string;
  /** The limit and the endpoint that a call of `action` counts against. */
  target(action: string): Promise<CallTarget>;
  describe(signal: AbortSignal): Promise<Described>;
  /** The only call that costs money. */
  issue(plan: IssuePlan, options: IssueOptions): Promise<Issued>;
  /** Looks for the certificate of an earlier call. */
  find(wanted: Wanted, signal: AbortSignal): Promise<Found>;
  /** Revokes a certificate by PCA's identifier; undefined when that worked. */
  revoke(identifier: string, signal: AbortSignal): Promise<PcaFailure | undefined>;
}

/** A way to PCA that is open. */
export interface OpenedCalls {
  /** Calls with the issuer's credentials. */
  readonly call: Call;
  readonly endpoint: PcaEndpoint;
  /** Whose limits the calls count against, by the name of the account (alibaba/credentials/account.ts). */
  readonly account: Promise<string>;
}

// A certificate is never older than its request, but for the clocks of the service and the cluster.
const identifierMarginMs = 3_600_000;
// A certificate begins at the earliest a backdate (24 h at most) before its request was made; clocks may differ.
const keyMarginMs = 25 * 3_600_000;
// A call of which nothing was heard may still be at work, and no identifier would stop a second one.
const settleMs = 10_000;
// For so long PCA may not know yet what it gave or listed itself.
const missingMs = 5 * 60_000;

/** The CA that an issuer names, through PCA's API. */
export class PcaAuthority implements CertificateAuthority {
  readonly #opened: OpenedCalls;
  readonly #spec: Pick<IssuerSpec, 'parentIdentifier' | 'operation'>;
  readonly #searches: Pick<CertificateSearches, 'of'>;
  readonly #clock: Pick<Clock, 'monotonic' | 'now'>;

  constructor(
    opened: OpenedCalls,
    spec: Pick<IssuerSpec, 'parentIdentifier' | 'operation'>,
    searches: Pick<CertificateSearches, 'of'>,
    clock: Pick<Clock, 'monotonic' | 'now'>,
  ) {
    this.#opened = opened;
    this.#spec = spec;
    this.#searches = searches;
    this.#clock = clock;
  }

  get location(): string {
    const { protocol, host, region } = this.#opened.endpoint;
    const { parentIdentifier, operation } = this.#spec;
    const { action, version } = issuingOperations[operation].store.list(1);
    return JSON.stringify([protocol, host, region, parentIdentifier, version, action]);
  }

  async target(action: string): Promise<CallTarget> {
    const { endpoint, account } = this.#opened;
    return { limit: { account: await account, region: endpoint.region, action }, endpoint: endpointName(endpoint) };
  }

  async describe(signal: AbortSignal): Promise<Described> {
    const outcome = await this.#opened.call(describeIssuingCACall(this.#spec.parentIdentifier), { signal });
    if (outcome.kind === 'failed') return outcome;
    const read = readIssuingCA(outcome.body);
    if (read.kind === 'ok') return { kind: 'described', ca: read.ca };
    return { kind: 'unreadable', message: read.message, requestId: outcome.requestId };
  }

  /** When the subscription of the CA ends; undefined where PCA does not say, or not to this identity. */
  async subscriptionEnd(signal: AbortSignal): Promise<Date | undefined> {
    const { parentIdentifier } = this.#spec;
    const outcome = await this.#opened.call(subscriptionCall(parentIdentifier), { signal });
    return outcome.kind === 'ok' ? readSubscriptionEnd(outcome.body, parentIdentifier) : undefined;
  }

  /** The account's active roots with keys of this family, RSA or ECC. */
  async activeRoots(keyFamily: string, signal: AbortSignal): Promise<ActiveRoots> {
    return listActiveRoots(this.#opened.call, keyFamily, this.#clock, signal);
  }

  async issue(plan: IssuePlan, { signal, mayGo }: IssueOptions): Promise<Issued> {
    const outcome = await this.#opened.call(plan.call, { signal, mayGo });
    if (outcome.kind === 'failed') return outcome;
    return { kind: 'ok', reply: plan.operation.read(outcome.body), requestId: outcome.requestId };
  }

  async find(wanted: Wanted, signal: AbortSignal): Promise<Found> {
    const { plan, trace } = wanted;
    switch (trace.kind) {
      case 'instance':
        return this.#findByInstance(trace.instanceId, plan.expected.spki, signal);
      case 'accepted': {
        const read = await (await this.#search()).read(trace.identifier, signal);
        if (read.kind !== 'missing') return read;
        return this.#missing(trace.identifier, trace.since) ?? this.#findUnseen(wanted, trace.since, signal);
      }
      case 'unknown':
        return this.#findUnseen(wanted, trace.since, signal);
    }
  }

  async revoke(identifier: string, signal: AbortSignal): Promise<PcaFailure | undefined> {
    const { store } = issuingOperations[this.#spec.operation];
    const outcome = await this.#opened.call(store.revoke(identifier), { signal });
    return outcome.kind === 'ok' ? undefined : outcome.failure;
  }

  async #search(): Promise<CertificateSearch> {
    const { call, endpoint, account } = this.#opened;
    const { parentIdentifier, operation } = this.#spec;
    const { store } = issuingOperations[operation];
    return this.#searches.of(call, { endpoint, account: await account, parentIdentifier, store });
  }

  /** Looks by our own identifier, or by the key where the operation takes none. */
  async #findUnseen(wanted: Wanted, since: number, signal: AbortSignal): Promise<Found> {
    const { plan, requestedAt } = wanted;
    if (plan.identifier === undefined) return this.#findByKey(wanted, since, signal);
    const window = { since, from: requestedAt.getTime() - identifierMarginMs };
    const found = await (await this.#search()).find(plan.identifier, window, signal);
    if (found.kind !== 'missing') return found;
    return this.#missing(found.identifier, since) ?? { kind: 'absent' };
  }

  /** PCA does not know an identifier of its own: what to say for some minutes. Undefined: it does not exist any more. */
  #missing(identifier: string, since: number): Found | undefined {
    if (this.#clock.monotonic() - since >= missingMs) return undefined;
    const message = `PCA gave certificate ${identifier} but does not know it now.`;
    return { kind: 'unsettled', message };
  }

  /** Of the certificates for the key in a list read after the call must be over, the one that is all that was asked for. */
  async #findByKey({ plan, requestedAt, isWanted }: Wanted, since: number, signal: AbortSignal): Promise<Found> {
    const waited = this.#clock.monotonic() - since;
    if (waited < settleMs) {
      const seconds = Math.ceil((settleMs - waited) / 1_000);
      const message = `${plan.operation.action} was called, or may have been, without an answer that was seen. It takes no identifier, so its certificate is looked for by its key, in ${seconds} s.`;
      return { kind: 'unsettled', message };
    }
    const search = await this.#search();
    const window = { since: since + settleMs, from: requestedAt.getTime() - keyMarginMs };
    const listed = await search.identifiersOf(plan.expected.spki, window, signal);
    if (listed.kind !== 'ok') return listed;
    for (const identifier of listed.identifiers) {
      const read = await search.read(identifier, signal);
      const gone = read.kind === 'missing' ? this.#missing(identifier, since) : undefined;
      if (gone !== undefined) return gone;
      // Revoked or deleted since the list was read: nobody gets it.
      if (read.kind === 'missing' || read.kind === 'revoked') continue;
      if (read.kind !== 'found' || isWanted(read.reply)) return read;
    }
    return { kind: 'absent' };
  }

  /** What a bought instance was used for, if it was. */
  async #findByInstance(instanceId: string, spki: Buffer, signal: AbortSignal): Promise<Found> {
    const outcome = await this.#opened.call(instanceStatusCall(instanceId), { signal });
    if (outcome.kind === 'failed') return outcome;
    const status = readInstanceStatus(outcome.body, instanceId);
    switch (status.kind) {
      case 'malformed':
        return { kind: 'unsettled', message: status.message };
      case 'free':
        return { kind: 'absent' };
      case 'lost':
        return { kind: 'taken' };
      case 'used':
        return status.identifier === undefined
          ? { kind: 'taken' }
          : this.#findExternalCA(status.identifier, spki, signal);
    }
  }

  async #findExternalCA(identifier: string, spki: Buffer, signal: AbortSignal): Promise<Found> {
    const outcome = await this.#opened.call(describeIssuingCACall(identifier), { signal });
    if (outcome.kind === 'failed') return outcome;
    const reply = readExternalCA(outcome.body);
    switch (reply.kind) {
      case 'malformed':
        return { kind: 'pending', message: reply.message };
      case 'pending':
        return {
          kind: 'pending',
          message: `${externalCACertificate.action} was called, but PCA has not given the certificate yet.`,
        };
      case 'issued':
        break;
    }
    // The whole proof comes later; here it only has to be told whether the certificate is another request's. Of one that
    // cannot be read nobody can tell, and the next instance costs money again.
    const read = readCertificates([reply.certificate]);
    if (read.kind === 'broken') {
      const message = `PCA's certificate of CA ${identifier}, for which the instance was used, cannot be read: ${read.message}.`;
      return { kind: 'pending', message };
    }
    if (!read.certificates.some(({ facts }) => facts.spki.equals(spki))) return { kind: 'taken' };
    return isRevokedExternalCA(outcome.body) ? { kind: 'revoked', identifier } : { kind: 'found', reply };
  }
}
