// PCA as the certificate authority of one checked issuer: the only user of PCA's RPC operations.
import type { Call, PcaOutcome } from '../alibaba/call.ts';
import type { PcaEndpoint } from '../alibaba/endpoint.ts';
import type { PcaFailure } from '../alibaba/errors.ts';
import type { CallTarget } from '../alibaba/limits/call-queue.ts';
import type { IssuerSpec } from '../crds/issuer.ts';
import { describeIssuingCACall, readIssuingCA } from '../issuing/issuing-ca.ts';
import type { IssuingCA } from '../issuing/issuing-ca.ts';
import type { IssueReply } from '../issuing/operation.ts';
import {
  externalCACertificate,
  instanceStatusCall,
  readExternalCA,
  readInstanceStatus,
} from '../issuing/operations/external-ca-certificate.ts';
import { issuingOperations } from '../issuing/operations/index.ts';
import type { IssuePlan } from '../issuing/plan.ts';
import { readCertificates } from '../issuing/x509/certificate-chain.ts';
import type { Clock } from '../timing/clock.ts';
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
 * What an earlier call left behind. `accepted`: PCA's identifier of a certificate that was to come; `unknown`: since when
 * (wall clock, ms) a certificate may exist that nobody saw; `instance`: the bought instance that a CA certificate uses.
 */
export type Trace =
  | { readonly kind: 'accepted'; readonly identifier: string }
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
 * for something else. `pending`: PCA has not finished it. `unsettled`: nobody can tell yet.
 */
export type Found =
  | { readonly kind: 'found'; readonly reply: Extract<IssueReply, { readonly kind: 'issued' }> }
  | { readonly kind: 'absent' }
  | { readonly kind: 'taken' }
  | { readonly kind: 'pending'; readonly message: string }
  | { readonly kind: 'unsettled'; readonly message: string }
  | Failed;

/** PCA as a certificate authority. Nothing here rejects; every call ends with its signal. */
export interface CertificateAuthority {
  /** The limit and the endpoint that a call of `action` counts against. */
  target(action: string): Promise<CallTarget>;
  describe(signal: AbortSignal): Promise<Described>;
  /** The only call that costs money. */
  issue(plan: IssuePlan, signal: AbortSignal): Promise<Issued>;
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

/** The CA that an issuer names, through PCA's API. */
export class PcaAuthority implements CertificateAuthority {
  readonly #opened: OpenedCalls;
  readonly #spec: Pick<IssuerSpec, 'parentIdentifier' | 'operation'>;
  readonly #searches: Pick<CertificateSearches, 'of'>;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(
    opened: OpenedCalls,
    spec: Pick<IssuerSpec, 'parentIdentifier' | 'operation'>,
    searches: Pick<CertificateSearches, 'of'>,
    clock: Pick<Clock, 'now'>,
  ) {
    this.#opened = opened;
    this.#spec = spec;
    this.#searches = searches;
    this.#clock = clock;
  }

  async target(action: string): Promise<CallTarget> {
    const { protocol, host, region } = this.#opened.endpoint;
    return { limit: { account: await this.#opened.account, region, action }, endpoint: `${protocol} ${host}` };
  }

  async describe(signal: AbortSignal): Promise<Described> {
    const outcome = await this.#opened.call(describeIssuingCACall(this.#spec.parentIdentifier), { signal });
    if (outcome.kind === 'failed') return outcome;
    const read = readIssuingCA(outcome.body);
    if (read.kind === 'ok') return { kind: 'described', ca: read.ca };
    return { kind: 'unreadable', message: read.message, requestId: outcome.requestId };
  }

  async issue(plan: IssuePlan, signal: AbortSignal): Promise<Issued> {
    const outcome = await this.#opened.call(plan.call, { signal });
    if (outcome.kind === 'failed') return outcome;
    return { kind: 'ok', reply: plan.operation.read(outcome.body), requestId: outcome.requestId };
  }

  async find(wanted: Wanted, signal: AbortSignal): Promise<Found> {
    const { plan, trace, requestedAt } = wanted;
    switch (trace.kind) {
      case 'instance':
        return this.#findByInstance(trace.instanceId, plan.expected.spki, signal);
      case 'accepted':
        return (await this.#search()).read(trace.identifier, signal);
      case 'unknown': {
        if (plan.identifier === undefined) return this.#findByKey(wanted, trace.since, signal);
        const from = requestedAt.getTime() - identifierMarginMs;
        return (await this.#search()).find(plan.identifier, { since: trace.since, from }, signal);
      }
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

  /** Of the certificates for the key in a list read after the call must be over, the one that is all that was asked for. */
  async #findByKey({ plan, requestedAt, isWanted }: Wanted, since: number, signal: AbortSignal): Promise<Found> {
    const waited = this.#clock.now().getTime() - since;
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
        return { kind: 'unsettled', message: reply.message };
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
      return { kind: 'unsettled', message };
    }
    return read.certificates.some(({ facts }) => facts.spki.equals(spki))
      ? { kind: 'found', reply }
      : { kind: 'taken' };
  }
}
