// What remains of a request that is gone: nothing, or a certificate that was paid for and has no request any more.
import type { CallQueue } from '../../alibaba/limits/call-queue.ts';
import { issuerKey, issuerLabels, parseIssuerKey } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import { externalCACertificate } from '../../issuing/operations/external-ca-certificate.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Clock } from '../../timing/clock.ts';
import { startDeadline } from '../../timing/deadline.ts';
import type { ReadyIssuer } from '../issuers/ready-issuers.ts';
import type { AbandonedCalls, Fates, RequestThatIsGone } from './abandoned-calls.ts';
import { issuedFields } from './decision.ts';
import type { IssuedDecision } from './decision.ts';
import { requestKey } from './kinds/cached-request.ts';
import type { CachedRequest } from './kinds/cached-request.ts';
import type { RequestReader, RequestRead, RequestReference } from './kinds/request.ts';
import type { RequestMemories } from './memory.ts';
import {
  adoptedWithoutRequestMessage,
  caWithoutRequestMessage,
  unusedWithoutRequestMessage,
  withoutRequestMessage,
} from './messages.ts';
import type { Revocations } from './revocations.ts';

/** What handling abandoned requests works with. */
export interface AbandonedParts {
  readonly memories: RequestMemories;
  readonly callQueue: Pick<CallQueue, 'leave'>;
  readonly revocations: Pick<Revocations, 'offer'>;
  readonly calls: Pick<AbandonedCalls, 'take'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'monotonic' | 'startTimer'>;
}

/** A request in the log. */
interface Named {
  readonly key: string;
  readonly uid: string;
}

/** What became of the request, and whether that is known well enough to revoke its certificate. */
interface Fate {
  readonly fate: 'gone' | 'ended';
  readonly mayRevoke?: boolean;
  /** The issuer as it was when it was called, where that is known: it may be another one by now, or gone. */
  readonly called?: ReadyIssuer | undefined;
}

const readMs = 30_000;

/** Requests that are gone. */
export class Abandoned implements Fates {
  readonly #on: AbandonedParts;

  constructor(parts: AbandonedParts) {
    this.#on = parts;
  }

  /** Forgets a request that left the store; a reconcile that still works on it does so itself at its end. */
  release(kind: RequestReader, { metadata, issuer }: CachedRequest): void {
    const { memories, callQueue, calls } = this.#on;
    const memory = memories.get(metadata.uid);
    if (memory === undefined || memory.busy) return;
    callQueue.leave(metadata.uid);
    memories.forget(metadata.uid);
    const { decided } = memory;
    const identity = issuer === undefined ? undefined : parseIssuerKey(issuer);
    if (identity === undefined) return;
    const gone = { kind, key: requestKey(metadata), reference: metadata, identity };
    if (decided === undefined) calls.take(gone, memory);
    else if (decided.kind === 'issued') void this.#settleAtOnce(gone, decided);
    else if (decided.unused !== undefined) this.reportUnused(gone, decided);
  }

  /**
   * A certificate was paid for and its request is gone, or was ended by somebody else: it is revoked or kept, and the log and
   * counters say so, the log in the words that are the answer. PCA has no call that revokes a CA certificate.
   */
  report(
    { key, uid }: Named,
    identity: IssuerIdentity,
    { certificate, operation, adopted }: IssuedDecision,
    { fate, mayRevoke = true, called }: Fate,
  ): string {
    const { metrics, revocations, logger } = this.#on;
    const { serialNumber, identifier } = certificate;
    metrics.count('pca_issuer_certificates_without_request_total', issuerLabels(identity));
    if (fate === 'ended') metrics.count('pca_issuer_other_operator_total', issuerLabels(identity));
    const isKept = adopted || operation === externalCACertificate.action || !mayRevoke;
    const revokes = !isKept && identifier !== undefined && revocations.offer(identity, identifier, called);
    const fields = { request: key, uid, issuer: issuerKey(identity), serialNumber, identifier };
    const message = messageFor({ adopted, operation }, { fate, revokes });
    logger.warn(fields, message);
    return message;
  }

  /** The same where the certificate is not what was asked for: `unused` is PCA's identifier where it may be revoked. */
  reportUnused(
    { key, reference, identity }: Omit<RequestThatIsGone, 'kind'>,
    { message, unused }: { readonly message: string; readonly unused?: string | undefined },
    called?: ReadyIssuer,
  ): void {
    const { metrics, revocations, logger } = this.#on;
    metrics.count('pca_issuer_certificates_without_request_total', issuerLabels(identity));
    if (unused !== undefined) revocations.offer(identity, unused, called);
    const fields = { request: key, uid: reference.uid, issuer: issuerKey(identity), identifier: unused };
    logger.warn(fields, unusedWithoutRequestMessage(message));
  }

  /**
   * Finds out whether a certificate is in use, although nobody here saw that it was written, and reports it where it is not.
   * False where the API server does not tell. `called`: its issuer as it was called.
   */
  async settle(
    gone: RequestThatIsGone,
    decided: IssuedDecision,
    called: ReadyIssuer | undefined,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const { kind, key, reference, identity } = gone;
    const read = await this.#read(kind, reference, signal);
    if (read === undefined || read.kind === 'failed') return false;
    const named = { key, uid: reference.uid };
    if (read.kind === 'read' && read.request.holds(decided.certificate)) {
      const { metrics, logger } = this.#on;
      metrics.count('pca_issuer_certificate_requests_total', { ...issuerLabels(identity), result: 'issued' });
      const fields = { request: key, uid: reference.uid, issuer: issuerKey(identity), ...issuedFields(decided) };
      logger.info(fields, decided.message);
      return true;
    }
    this.report(named, identity, decided, { fate: read.kind === 'read' ? 'ended' : 'gone', called });
    return true;
  }

  // The last write has failed as far as anybody here knows. When only its answer was lost, the certificate is in use.
  async #settleAtOnce(gone: RequestThatIsGone, decided: IssuedDecision): Promise<void> {
    if (await this.settle(gone, decided, undefined)) return;
    // Where nobody can tell whether a certificate is in use, it is not revoked.
    const named = { key: gone.key, uid: gone.reference.uid };
    this.report(named, gone.identity, decided, { fate: 'gone', mayRevoke: false });
  }

  /** The request as it is now; undefined where a defect keeps it from being read, which must not lose the report. */
  async #read(
    kind: RequestReader,
    reference: RequestReference,
    signal: AbortSignal | undefined,
  ): Promise<RequestRead | undefined> {
    using deadline = startDeadline(readMs, signal, this.#on.clock);
    try {
      return await kind.read(reference, deadline.signal);
    } catch {
      return undefined;
    }
  }
}

function messageFor(
  { adopted, operation }: Pick<IssuedDecision, 'adopted' | 'operation'>,
  { fate, revokes }: Pick<Fate, 'fate'> & { readonly revokes: boolean },
): string {
  if (adopted) return adoptedWithoutRequestMessage(fate);
  return operation === externalCACertificate.action
    ? caWithoutRequestMessage(fate)
    : withoutRequestMessage(revokes, fate);
}
