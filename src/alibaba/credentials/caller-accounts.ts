// Which account an access key belongs to: limits are the account's, so that issuers with several keys of one share them.
// Source: Alibaba Cloud, STS API 2015-04-01, "GetCallerIdentity"; it needs no permission.
import type { Call } from '../call.ts';
import type { AccessKey } from './access-key.ts';
import type { PcaEndpoint } from '../endpoint.ts';
import type { PcaFailure } from '../errors.ts';
import { callerIdentityCall, callerAccountOf } from './sts.ts';
import { backoff } from '../../timing/backoff.ts';
import type { Clock } from '../../timing/clock.ts';
import { startDeadline } from '../../timing/deadline.ts';

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
  /** Its number, or the access key id while STS has not said. */
  account: string;
  asking: Promise<string> | undefined;
  failures: number;
  /** Monotonic, milliseconds. */
  askAgainAt: number;
}

const pauseAfterFailure = { baseMs: 60_000, maxMs: 3_600_000 };
const mostKeys = 10_000;

/** The accounts of access keys; each key is asked about once, since it never changes its account. */
export class CallerAccounts {
  readonly #options: CallerAccountsOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: CallerAccountsOptions) {
    this.#options = options;
  }

  /** The account's number, or the access key id while STS does not say. Never rejects. */
  async of(accessKey: AccessKey, sts: PcaEndpoint): Promise<string> {
    const known = this.#entry(accessKey.accessKeyId);
    known.asking ??=
      this.#options.clock.monotonic() < known.askAgainAt
        ? undefined
        : this.#ask(known, accessKey, sts).finally(() => {
            known.asking = undefined;
          });
    return (await known.asking) ?? known.account;
  }

  async #ask(known: Known, accessKey: AccessKey, sts: PcaEndpoint): Promise<string> {
    const { connect, clock, timeoutMs, signal, onFailure } = this.#options;
    using deadline = startDeadline(timeoutMs, signal, clock);
    const outcome = await connect(sts)(callerIdentityCall, { signal: deadline.signal, accessKey });
    const account = outcome.kind === 'ok' ? callerAccountOf(outcome.body) : undefined;
    if (account !== undefined) {
      known.account = account;
      known.askAgainAt = Number.POSITIVE_INFINITY;
      return account;
    }
    known.askAgainAt = clock.monotonic() + backoff(known.failures, pauseAfterFailure, clock);
    known.failures += 1;
    if (outcome.kind === 'failed') onFailure(outcome.failure);
    return known.account;
  }

  #entry(accessKeyId: string): Known {
    const known = this.#known.get(accessKeyId);
    if (known !== undefined) return known;
    // Keys that were replaced long ago; whoever still uses one is asked about once more.
    if (this.#known.size >= mostKeys) this.#known.clear();
    const entry: Known = { account: accessKeyId, asking: undefined, failures: 0, askAgainAt: Number.NEGATIVE_INFINITY };
    this.#known.set(accessKeyId, entry);
    return entry;
  }
}
