// Revokes certificates that were paid for and that nobody can use, where the issuer's revocationPolicy says so. They wait
// in memory: what a stop of the process leaves undone is named in the log, because it was logged when it was taken in.
import { issuerKey, issuerLabels } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import type { IssuerAsRead } from '../../crds/issuer.ts';
import type { ReconcileResult } from '../../kubernetes/controller.ts';
import type { WorkQueue } from '../../kubernetes/work-queue.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { ReadyIssuer, ReadyIssuers } from '../issuers/ready-issuers.ts';
import type { RequestMemory } from './memory.ts';

/** What revoking works with. */
export interface RevocationParts {
  readonly issuer: (key: string) => IssuerAsRead | undefined;
  readonly readyIssuers: Pick<ReadyIssuers, 'last'>;
  readonly queue: Pick<WorkQueue, 'add'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

interface Revocation {
  readonly identity: IssuerIdentity;
  readonly identifier: string;
  /** As the issuer was when the certificate was taken in: it may name another CA when it is revoked. */
  readonly issuer: ReadyIssuer | undefined;
  failures: number;
}

// With the pauses of the queue between them these take hours; then somebody has to look.
const maxFailures = 50;
const done: ReconcileResult = { kind: 'done' };

/**
 * Whether the certificate that was found or answered is of a call of this process. Another one was perhaps made by a cluster
 * that this one is a copy of, with the same UIDs and so the same identifiers, and is in use there: it is never revoked.
 */
export function isOfOwnCall({ earlier }: Pick<RequestMemory, 'earlier'>): boolean {
  if (earlier.kind === 'none' || earlier.call === undefined) return false;
  return earlier.kind === 'accepted' || !earlier.exists;
}

/** The certificates that are to be revoked. */
export class Revocations {
  readonly #on: RevocationParts;
  readonly #waiting = new Map<string, Revocation>();

  constructor(parts: RevocationParts) {
    this.#on = parts;
  }

  /** Whether the issuer's policy is to revoke what nobody can use; where it is gone, that of when it was called. */
  isPolicyOf(identity: IssuerIdentity, called?: ReadyIssuer): boolean {
    const spec = this.#on.issuer(issuerKey(identity))?.spec ?? called?.spec;
    return spec?.revocationPolicy === 'RequestGone';
  }

  /**
   * Takes in a certificate that nobody can use, by PCA's identifier; false where the issuer's policy is to keep it. `called`: its
   * issuer as it was called, which is the present one unless given.
   */
  offer(identity: IssuerIdentity, identifier: string, called?: ReadyIssuer): boolean {
    if (!this.isPolicyOf(identity, called)) return false;
    const key = `${issuerKey(identity)}#${identifier}`;
    const issuer = called ?? this.#on.readyIssuers.last(issuerKey(identity));
    this.#waiting.set(key, { identity, identifier, issuer, failures: 0 });
    this.#on.queue.add(key);
    return true;
  }

  /** Revokes one of them; tried again with back-off while PCA does not answer or does not allow it. */
  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const revocation = this.#waiting.get(key);
    if (revocation === undefined) return done;
    const failure = await this.#revoke(revocation, signal);
    if (failure === undefined) return this.#end(key, revocation, 'revoked');
    revocation.failures += 1;
    this.#on.logger.warn(
      { issuer: issuerKey(revocation.identity), identifier: revocation.identifier },
      `Not revoked yet: ${failure}`,
    );
    return revocation.failures >= maxFailures
      ? this.#end(key, revocation, 'given_up')
      : { kind: 'retry', reason: 'revoking failed' };
  }

  async #revoke({ identity, identifier, ...then }: Revocation, signal: AbortSignal): Promise<string | undefined> {
    // A refused certificate holds its issuer, and must be revoked all the same.
    const now = this.#on.readyIssuers.last(issuerKey(identity));
    // In the same place the credentials of now are the better ones; elsewhere the identifier means another certificate.
    const isSamePlace = now !== undefined && now.authority.location === then.issuer?.authority.location;
    const issuer = isSamePlace ? now : (then.issuer ?? now);
    if (issuer === undefined) return 'its issuer was not checked or does not exist any more.';
    const failure = await issuer.authority.revoke(identifier, signal);
    return failure?.message;
  }

  #end(key: string, { identity, identifier }: Revocation, result: 'revoked' | 'given_up'): ReconcileResult {
    this.#waiting.delete(key);
    this.#on.metrics.count('pca_issuer_revocations_total', { ...issuerLabels(identity), result });
    const fields = { issuer: issuerKey(identity), identifier };
    if (result === 'revoked') this.#on.logger.info(fields, 'A certificate that nobody can use was revoked.');
    else this.#on.logger.error(fields, 'A certificate that nobody can use could not be revoked: do it in the console.');
    return done;
  }
}
