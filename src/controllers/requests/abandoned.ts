// What remains of a request that is gone: nothing, or a certificate that was paid for and has no request any more.
import type { CallQueue } from '../../alibaba/limits/call-queue.ts';
import { issuerKey, issuerLabels, parseIssuerKey } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import { externalCACertificate } from '../../issuing/operations/external-ca-certificate.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Clock } from '../../timing/clock.ts';
import { startDeadline } from '../../timing/deadline.ts';
import type { IssuedDecision } from './decision.ts';
import { requestKey } from './kinds/cached-request.ts';
import type { CachedRequest } from './kinds/cached-request.ts';
import type { RequestKind, RequestRead } from './kinds/request.ts';
import type { RequestMemories } from './memory.ts';
import { adoptedWithoutRequestMessage, caWithoutRequestMessage, withoutRequestMessage } from './messages.ts';
import type { Revocations } from './revocations.ts';

/** What handling abandoned requests works with. */
export interface AbandonedParts {
  readonly memories: RequestMemories;
  readonly callQueue: Pick<CallQueue, 'leave'>;
  readonly revocations: Pick<Revocations, 'offer'>;
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
}

const readMs = 30_000;

/** Requests that are gone. */
export class Abandoned {
  readonly #on: AbandonedParts;

  constructor(parts: AbandonedParts) {
    this.#on = parts;
  }

  /** Forgets a request that left the store; a reconcile that still works on it does so itself at its end. */
  release(kind: RequestKind, { metadata, issuer }: CachedRequest): void {
    const { memories, callQueue } = this.#on;
    const memory = memories.get(metadata.uid);
    if (memory === undefined || memory.busy) return;
    callQueue.leave(metadata.uid);
    memories.forget(metadata.uid);
    const { decided } = memory;
    const identity = issuer === undefined ? undefined : parseIssuerKey(issuer);
    if (decided?.kind === 'issued' && identity !== undefined) void this.#settle(kind, metadata, identity, decided);
  }

  /**
   * A certificate was paid for and its request is gone, or was ended by somebody else: it is revoked or kept, and the log and
   * counters say so, the log in the words that are the answer. PCA has no call that revokes a CA certificate.
   */
  report(
    { key, uid }: Named,
    identity: IssuerIdentity,
    { certificate, operation, adopted }: IssuedDecision,
    { fate, mayRevoke = true }: Fate,
  ): string {
    const { metrics, revocations, logger } = this.#on;
    const { serialNumber, identifier } = certificate;
    metrics.count('pca_issuer_certificates_without_request_total', issuerLabels(identity));
    if (fate === 'ended') metrics.count('pca_issuer_other_operator_total', issuerLabels(identity));
    const isKept = adopted || operation === externalCACertificate.action || !mayRevoke;
    const revokes = !isKept && identifier !== undefined && revocations.offer(identity, identifier);
    const fields = { request: key, uid, issuer: issuerKey(identity), serialNumber, identifier };
    const message = messageFor({ adopted, operation }, { fate, revokes });
    logger.warn(fields, message);
    return message;
  }

  // The last write has failed as far as anybody here knows. When only its answer was lost, the certificate is in use.
  async #settle(
    kind: RequestKind,
    metadata: CachedRequest['metadata'],
    identity: IssuerIdentity,
    decided: IssuedDecision,
  ): Promise<void> {
    const named = { key: requestKey(metadata), uid: metadata.uid };
    const read = await this.#read(kind, metadata);
    if (read?.kind === 'read' && read.request.holds(decided.certificate)) {
      const { metrics, logger } = this.#on;
      metrics.count('pca_issuer_certificate_requests_total', { ...issuerLabels(identity), result: 'issued' });
      logger.info({ request: named.key, uid: named.uid, issuer: issuerKey(identity) }, decided.message);
      return;
    }
    // Where nobody can tell whether a certificate is in use, it is not revoked.
    const mayRevoke = read !== undefined && read.kind !== 'failed';
    this.report(named, identity, decided, { fate: read?.kind === 'read' ? 'ended' : 'gone', mayRevoke });
  }

  /** The request as it is now; undefined where a defect keeps it from being read, which must not lose the report. */
  async #read(kind: RequestKind, metadata: CachedRequest['metadata']): Promise<RequestRead | undefined> {
    using deadline = startDeadline(readMs, undefined, this.#on.clock);
    try {
      return await kind.read(metadata, deadline.signal);
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
