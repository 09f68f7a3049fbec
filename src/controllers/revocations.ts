// Revokes certificates that were paid for and that nobody can use, where the issuer's revocationPolicy says so. They wait
// in memory: what a stop of the process leaves undone is named in the log, because it was logged when it was taken in.
import type { Issuer } from '../crds/issuer.ts';
import { issuingOperations } from '../issuing/operations/index.ts';
import type { ReconcileResult } from '../kubernetes/controller.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { issuerKey, issuerLabels, type IssuerIdentity } from '../crds/issuer-ref.ts';
import type { IssuerSessions } from './issuer-sessions.ts';

/** What revoking works with; `enqueue` has a key reconciled soon. */
export interface RevocationDependencies {
  readonly issuer: (key: string) => Issuer | undefined;
  readonly sessions: Pick<IssuerSessions, 'last'>;
  readonly enqueue: (key: string) => void;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** What becomes of a certificate that is not used. */
export type UnusedFate = 'revoked' | 'kept';

interface Revocation {
  readonly identity: IssuerIdentity;
  readonly identifier: string;
  failures: number;
}

// With the pauses of the queue between them these take hours; then somebody has to look.
const maxFailures = 50;
const done: ReconcileResult = { kind: 'done' };

/** The certificates that are to be revoked. */
export class Revocations {
  readonly #on: RevocationDependencies;
  readonly #waiting = new Map<string, Revocation>();

  constructor(dependencies: RevocationDependencies) {
    this.#on = dependencies;
  }

  /** Takes in a certificate that nobody can use, by PCA's identifier, and tells what the issuer's policy makes of it. */
  offer(identity: IssuerIdentity, identifier: string): UnusedFate {
    const issuer = issuerKey(identity);
    if (this.#on.issuer(issuer)?.spec.revocationPolicy !== 'RequestGone') return 'kept';
    const key = `${issuer}#${identifier}`;
    this.#waiting.set(key, { identity, identifier, failures: 0 });
    this.#on.enqueue(key);
    return 'revoked';
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

  async #revoke({ identity, identifier }: Revocation, signal: AbortSignal): Promise<string | undefined> {
    // A refused certificate holds its issuer, and must be revoked all the same.
    const session = this.#on.sessions.last(issuerKey(identity));
    if (session === undefined) return 'its issuer was not checked or does not exist any more.';
    const { store } = issuingOperations[session.spec.operation];
    const outcome = await session.client.call(store.revoke(identifier), { signal });
    return outcome.kind === 'ok' ? undefined : outcome.failure.message;
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
