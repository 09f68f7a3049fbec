// Decides what is to happen with a request: reads, makes the one call where it is due, and answers with a value. It writes
// nothing.
import { issuerKey, parseIssuerKey } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import { generationOf } from '../../crds/issuer.ts';
import type { IssuerAsRead } from '../../crds/issuer.ts';
import type { ReconcileResult } from '../../kubernetes/controller.ts';
import type { ReadyIssuer, ReadyIssuers } from '../issuers/ready-issuers.ts';
import { tellingKey, waiting, waitingFor, withAdvice } from './decision.ts';
import type { Decision, FailedDecision, WaitingDecision } from './decision.ts';
import { requestKey } from './kinds/cached-request.ts';
import type { CachedRequest } from './kinds/cached-request.ts';
import type { Request } from './kinds/request.ts';
import type { RequestMemory, RequestTask } from './memory.ts';
import {
  deniedMessage,
  issuedMessage,
  issuerMissingMessage,
  issuerNotReadyMessage,
  keyFamilyChangedMessage,
  ownerHeldMessage,
  renewalAdvice,
  turnMessage,
  unusedAdopted,
  unusedMessage,
} from './messages.ts';
import type { FailureReason } from './reasons.ts';
import { findRestored } from './restored.ts';
import { isOfOwnCall } from './revocations.ts';
import type { Revocations } from './revocations.ts';
import type { Signer } from './signing/sign.ts';
import { ownerOf, tellPass } from './signing/outcome.ts';
import type { SigningOutcome, SigningTask } from './signing/outcome.ts';
import { oncePublished } from './signing/once-published.ts';
import { Troubles } from './troubles.ts';
import type { TroublesParts } from './troubles.ts';

/** UID of the namespace kube-system, or the sentence why it cannot be read now. */
export type ClusterUid = { readonly uid: string } | { readonly message: string };

/** What deciding works with. */
export interface DeciderParts extends TroublesParts {
  /** The issuer of a key as the watch has it. */
  readonly issuer: (key: string) => IssuerAsRead | undefined;
  /** Whether the API server has it now; false also where that cannot be found out. */
  readonly issuerExists: (issuer: IssuerIdentity, signal: AbortSignal) => Promise<boolean>;
  readonly readyIssuers: Pick<ReadyIssuers, 'state' | 'last' | 'enter' | 'waitsBehind' | 'ownerHeld'>;
  readonly signer: Pick<Signer, 'sign' | 'lookUp'>;
  readonly clusterUid: (signal: AbortSignal) => Promise<ClusterUid>;
  readonly revocations: Pick<Revocations, 'isPolicyOf'>;
}

/** A request that waits behind another one is woken; it looks again so often all the same. */
export const behindFirstMs = 60_000;
// The watch may take a while to show an issuer that exists.
const unseenMs = 5_000;
const nothing: Decision = { kind: 'nothing', next: { kind: 'done' } };

/** Decides about requests. */
export class Decider {
  readonly #on: DeciderParts;
  readonly #troubles: Troubles;
  /** Issuers of which a lost answer is looked for while they are held. */
  readonly #looking = new Set<string>();

  constructor(parts: DeciderParts) {
    this.#on = parts;
    this.#troubles = new Troubles(parts);
  }

  /** Whether nothing can happen now with a request that was not read yet, since another one goes first with its issuer. */
  waitsBehind({ metadata, issuer, approval }: CachedRequest, memory: RequestMemory | undefined): boolean {
    if (approval !== 'Approved' || issuer === undefined || memory?.decided !== undefined) return false;
    // What it looks for may be there, whatever the one that goes first meets.
    if (memory?.isLost === true) return false;
    // The owners of an AlibabaPCAIssuer are Certificates, which only the whole request names.
    const tenant = parseIssuerKey(issuer)?.namespace === undefined ? (metadata.namespace ?? '') : undefined;
    return this.#on.readyIssuers.waitsBehind(issuer, requestKey(metadata), tenant);
  }

  /** What is to happen with the request now. An end that was decided before stays as it is. */
  async decide(task: RequestTask): Promise<Decision> {
    const { request, memory } = task;
    switch (request.step) {
      case 'nothing':
        return nothing;
      case 'await':
        return request.issuer === undefined ? unknownIssuer(request) : nothing;
      case 'deny':
        return { kind: 'denied', message: deniedMessage, at: this.#on.clock.now() };
      case 'sign':
        break;
    }
    const { issuer: identity } = request;
    if (identity === undefined) return unknownIssuer(request);
    return memory.decided ?? withAdvice(await this.#decideToSign(task, identity), renewalAdvice(request.certificate));
  }

  /** What a request is told of exceptions, once there were several: never that it failed. */
  async afterDefect(task: RequestTask, thrown: unknown): Promise<WaitingDecision | undefined> {
    return this.#troubles.afterDefect(task, thrown);
  }

  async #decideToSign(task: RequestTask, identity: IssuerIdentity): Promise<Decision> {
    const issuer = this.#on.issuer(issuerKey(identity));
    if (issuer === undefined) return this.#missing(task, identity);
    const object = { ...issuer.metadata, generation: generationOf(issuer) };
    const state = this.#on.readyIssuers.state(issuerKey(identity), object);
    switch (state.kind) {
      case 'unchecked':
        return nothing;
      case 'notReady': {
        const held = waiting('IssuerNotReady', issuerNotReadyMessage(identity, state.reason), state.reason);
        return this.#whileHeld(task, identity, held);
      }
      case 'ready':
        return this.#sign(task, identity, state.issuer);
    }
  }

  /**
   * What the watch does not show may exist all the same, as while it stands still after the CRD was replaced. So it is looked
   * for before anybody is told that it does not exist.
   */
  async #missing({ request, memory, signal }: RequestTask, identity: IssuerIdentity): Promise<Decision> {
    const missing = waiting('IssuerNotFound', issuerMissingMessage(identity, request.object.kind));
    if (memory.isTold(tellingKey(missing), this.#on.clock.monotonic())) return missing;
    return (await this.#on.issuerExists(identity, signal))
      ? { kind: 'nothing', next: { kind: 'after', ms: unseenMs } }
      : missing;
  }

  async #sign(task: RequestTask, identity: IssuerIdentity, issuer: ReadyIssuer): Promise<Decision> {
    const { request, signal } = task;
    const cluster = await this.#on.clusterUid(signal);
    if ('message' in cluster)
      return this.#troubles.trouble(task, { reason: 'ClusterUnknown', message: cluster.message });
    const authorization = await request.authorize(signal);
    if (authorization.kind === 'denied') return this.#failed('DeniedReference', authorization.message);
    if (authorization.kind === 'failed')
      return this.#troubles.trouble(task, { reason: 'AuthorizationUnknown', message: authorization.message });

    const signing = { ...task, identity, issuer };
    const tried = await this.#unlessHeld(signing, cluster.uid);
    // Nothing stands for an earlier call any more, so that what holds a request before its first call does so now.
    const outcome = tried?.kind === 'ruledOut' ? await this.#unlessHeld(signing, cluster.uid) : tried;
    const behind = { kind: 'nothing', next: { kind: 'after', ms: behindFirstMs } } as const;
    if (outcome === undefined) return this.#whileHeld(task, identity, behind);
    return outcome.kind === 'waiting' || outcome.kind === 'failed'
      ? outcome
      : this.#settle(task, identity, issuer, outcome);
  }

  async #unlessHeld(
    task: SigningTask,
    clusterUid: string,
  ): Promise<WaitingDecision | FailedDecision | SigningOutcome | undefined> {
    return (await this.#restored(task)) ?? this.#ownerHeld(task) ?? (await this.#trySigning(task, clusterUid));
  }

  /**
   * A fault of the issuer holds calls, and not the look for a certificate whose answer was lost. `held`: the decision about
   * all others. One look at a time for each issuer, since a silent endpoint must not have more workers.
   */
  async #whileHeld(
    task: RequestTask,
    identity: IssuerIdentity,
    held: Extract<Decision, { readonly next: ReconcileResult }>,
  ): Promise<Decision> {
    const key = issuerKey(identity);
    const issuer = this.#on.readyIssuers.last(key);
    if (!task.memory.isLost || issuer === undefined) return held;
    const later = { ...held, next: this.#troubles.nextLook(task) ?? { kind: 'retry', reason: 'the issuer is held' } };
    if (this.#looking.has(key)) return later;
    this.#looking.add(key);
    try {
      const authorization = await task.request.authorize(task.signal);
      if (authorization.kind !== 'allowed') return later;
      const outcome = await this.#on.signer.lookUp({ ...task, identity, issuer });
      if (outcome === undefined) return task.memory.isLost ? later : held;
      const isEnd = outcome.kind === 'issued' || outcome.kind === 'refused';
      return isEnd ? await this.#settle(task, identity, issuer, outcome) : later;
    } finally {
      this.#looking.delete(key);
    }
  }

  /** The wait of a request that nobody has a use for; what this process called for is looked for all the same. */
  async #restored(task: RequestTask): Promise<WaitingDecision | FailedDecision | undefined> {
    const { request, memory, signal } = task;
    if (memory.earlier.kind !== 'none' && memory.earlier.call !== undefined) return undefined;
    const found = await findRestored(request, this.#on.owningCertificate, signal);
    switch (found.kind) {
      case 'inUse':
        return undefined;
      case 'failed':
        return this.#troubles.trouble(task, { reason: 'CertificateUnreadable', message: found.message });
      case 'restored': {
        const { cause, message, lookAgainMs } = found;
        return lookAgainMs === undefined
          ? waiting('RequestRestored', message, cause)
          : waitingFor(lookAgainMs, 'RequestRestored', message, cause);
      }
    }
  }

  /** The wait for the owner's earlier faults; a certificate that may exist is looked for all the same. */
  #ownerHeld(task: SigningTask): WaitingDecision | undefined {
    if (task.memory.earlier.kind !== 'none') return undefined;
    const held = this.#on.readyIssuers.ownerHeld(issuerKey(task.identity), ownerOf(task));
    if (held === undefined) return undefined;
    const until = new Date(this.#on.clock.now().getTime() + held.ms);
    return waitingFor(held.ms, 'OwnerHeld', ownerHeldMessage(task.request, held.reason, until), held.reason);
  }

  /** Undefined while another request goes first with the issuer. */
  async #trySigning(task: SigningTask, clusterUid: string): Promise<SigningOutcome | undefined> {
    const { identity, issuer, request } = task;
    const key = requestKey(request.object);
    using pass = this.#on.readyIssuers.enter(issuerKey(identity), issuer, ownerOf(task), key);
    if (pass === undefined) return undefined;
    const outcome = oncePublished(await this.#on.signer.sign(task, clusterUid), issuer);
    tellPass(pass, outcome);
    return outcome;
  }

  async #settle(
    task: RequestTask,
    identity: IssuerIdentity,
    issuer: ReadyIssuer,
    outcome: SigningOutcome,
  ): Promise<Decision> {
    switch (outcome.kind) {
      case 'issued': {
        const { certificate, action: operation, requestId, notices } = outcome;
        const message = issuedMessage(certificate, operation, notices);
        const adopted = !isOfOwnCall(task.memory);
        return { kind: 'issued', certificate, operation, requestId, adopted, message };
      }
      case 'refused':
        return (await this.#formerFamily(task, issuer, outcome)) ?? this.#refused(task, identity, outcome);
      case 'issuerFault': {
        const { reason } = outcome.problem;
        return waiting('IssuerNotReady', issuerNotReadyMessage(identity, reason), reason);
      }
      case 'trouble':
        return this.#troubles.trouble(task, { reason: outcome.reason, message: outcome.message }, issuer);
      case 'queued': {
        const { endpointHeld, ms } = outcome;
        const message = turnMessage(issuer.spec.operation, endpointHeld);
        return waitingFor(ms, 'WaitingForTurn', message, endpointHeld ? 'EndpointHeld' : '');
      }
      case 'limited':
        return waitingFor(outcome.ms, outcome.reason, outcome.message, outcome.detail);
      case 'stopped':
      case 'ruledOut':
        return {
          kind: 'nothing',
          next: this.#troubles.nextLook(task) ?? { kind: 'retry', reason: 'the try was given up' },
        };
    }
  }

  /** The wait of a renewal that only another CA of its issuer has made impossible: its Certificate is not at fault. */
  async #formerFamily(
    task: RequestTask,
    { ca, formerKeyFamily: former }: ReadyIssuer,
    { reason, message }: { readonly reason: FailureReason; readonly message: string },
  ): Promise<WaitingDecision | undefined> {
    const isRenewal = (task.request.revision ?? 1) > 1;
    if (reason !== 'KeyFamilyMismatch' || former === undefined || former === ca.keyFamily || !isRenewal)
      return undefined;

    const text = `${keyFamilyChangedMessage(message, former)}${await this.#troubles.remainingLife(task)}`;
    return waiting('KeyFamilyChanged', text, former);
  }

  #refused(
    { memory }: RequestTask,
    identity: IssuerIdentity,
    outcome: Extract<SigningOutcome, { readonly kind: 'refused' }>,
  ): FailedDecision {
    const { reason, message, unused } = outcome;
    if (unused === undefined) return this.#failed(reason, message);
    if (!isOfOwnCall(memory)) return this.#failed(reason, `${message} ${unusedAdopted}`);
    const revokes = this.#on.revocations.isPolicyOf(identity);
    return { ...this.#failed(reason, unusedMessage(message, revokes)), unused };
  }

  #failed(reason: FailureReason, message: string): FailedDecision {
    return { kind: 'failed', reason, message, at: this.#on.clock.now() };
  }
}

// Nobody can approve a request for a kind that does not exist: it is told of at once, or it would wait without a word.
function unknownIssuer({ unknownIssuer: message }: Request): Decision {
  return { kind: 'ignored', reason: 'UnknownIssuerKind', message };
}
