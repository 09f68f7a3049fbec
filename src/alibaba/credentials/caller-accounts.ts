// Which account an access key belongs to: limits are the account's, so that issuers with several keys of one share them.
// Source: Alibaba Cloud, STS API 2015-04-01, "GetCallerIdentity"; it needs no permission.
import { createHash } from 'node:crypto';
import type { Call } from '../call.ts';
import type { AccessKey } from './access-key.ts';
import type { PcaEndpoint } from '../endpoint.ts';
import type { PcaFailure } from '../errors.ts';
import { callerIdentityCall, callerIdentityOf } from './sts.ts';
import type { CallerIdentity } from './sts.ts';
import { backoff } from '../../timing/backoff.ts';
import type { Clock } from '../../timing/clock.ts';
import { startDeadline } from '../../timing/deadline.ts';
import { RecentMap } from '../../timing/recent-map.ts';

/** What asking works with. */
export interface CallerAccountsOptions {
  /** Calls STS at an endpoint. */
  readonly connect: (endpoint: PcaEndpoint) => Call;
  readonly clock: Pick<Clock, 'monotonic' | 'random' | 'startTimer'>;
  /** Longest wait for an answer in milliseconds; the check of an issuer waits for it. */
  readonly timeoutMs: number;
  /** Ends calls under way: they belong to no single caller. */
  readonly signal: AbortSignal;
  /** STS did not say; it is asked again automatically. */
  readonly onFailure: (failure: PcaFailure) => void;
}

interface Known {
  /** Whose it is, once STS has said it. */
  identity: CallerIdentity | undefined;
  asking: Promise<CallerIdentity | undefined> | undefined;
  failures: number;
  /** Monotonic, milliseconds. */
  askAgainAt: number;
}

const pauseAfterFailure = { baseMs: 60_000, maxMs: 3_600_000 };

/** The accounts of access keys; each key is asked about once at each STS, since it never changes its account. */
export class CallerAccounts {
  readonly #options: CallerAccountsOptions;
  /** By the whole key and by STS: an answer proves the secret that signed the question, and nothing about another STS. */
  readonly #known: RecentMap<Known>;

  constructor(options: CallerAccountsOptions) {
    this.#options = options;
    this.#known = new RecentMap({ clock: options.clock });
  }

  /** The account's number, undefined while this STS does not say. Never rejects. */
  async of(accessKey: AccessKey, sts: PcaEndpoint): Promise<string | undefined> {
    return (await this.identityOf(accessKey, sts))?.accountId;
  }

  /** The identity that the key stands for, undefined while this STS does not say. Never rejects. */
  async identityOf(accessKey: AccessKey, sts: PcaEndpoint): Promise<CallerIdentity | undefined> {
    const { clock } = this.#options;
    const known = this.#known.use(digestOf(accessKey, sts), unknown);
    known.asking ??=
      clock.monotonic() < known.askAgainAt
        ? undefined
        : this.#ask(known, accessKey, sts).finally(() => {
            known.asking = undefined;
          });
    return (await known.asking) ?? known.identity;
  }

  async #ask(known: Known, accessKey: AccessKey, sts: PcaEndpoint): Promise<CallerIdentity | undefined> {
    const { connect, clock, timeoutMs, signal, onFailure } = this.#options;
    using deadline = startDeadline(timeoutMs, signal, clock);
    const outcome = await connect(sts)(callerIdentityCall, { signal: deadline.signal, accessKey });
    const identity = outcome.kind === 'ok' ? callerIdentityOf(outcome.body) : undefined;
    if (identity !== undefined) {
      known.identity = identity;
      known.askAgainAt = Number.POSITIVE_INFINITY;
      return identity;
    }
    known.askAgainAt = clock.monotonic() + backoff(known.failures, pauseAfterFailure, clock);
    known.failures += 1;
    if (outcome.kind === 'failed') onFailure(outcome.failure);
    return known.identity;
  }
}

function unknown(): Known {
  return { identity: undefined, asking: undefined, failures: 0, askAgainAt: Number.NEGATIVE_INFINITY };
}

function digestOf({ accessKeyId, accessKeySecret, securityToken }: AccessKey, sts: PcaEndpoint): string {
  const asked = [sts.protocol, sts.host, sts.caBundle, accessKeyId, accessKeySecret, securityToken];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}
