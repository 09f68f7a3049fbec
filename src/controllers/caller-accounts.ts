// Which account an access key belongs to: limits are the account's, so that issuers with several keys of one share them.
// Source: Alibaba Cloud, STS API 2015-04-01, "GetCallerIdentity"; it needs no permission.
import type { AccessKey } from '../alibaba/credentials/access-key.ts';
import type { PcaEndpoint } from '../alibaba/endpoint.ts';
import type { PcaFailure } from '../alibaba/errors.ts';
import { callerIdentityCall, callerAccountOf } from '../alibaba/credentials/sts.ts';
import { backoff } from '../timing/backoff.ts';
import type { PcaCaller } from './pca-caller.ts';

/** What asking works with. */
export interface CallerAccountsOptions {
  /** A caller of STS; every call must end by itself. */
  readonly connect: (endpoint: PcaEndpoint, accessKey: AccessKey) => PcaCaller;
  /** Monotonic, milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  /** A signal that aborts after the longest wait for an answer, which a check of an issuer pays for. */
  readonly patience: () => AbortSignal;
  /** STS did not say; it is asked again by itself. */
  readonly onFailure: (failure: PcaFailure) => void;
}

interface Known {
  /** Its number, or the access key id while STS has not told. */
  account: string;
  asking: Promise<string> | undefined;
  failures: number;
  askAgainAt: number;
}

const pauseBaseMilliseconds = 60_000;
const pauseMaxMilliseconds = 3_600_000;
const mostKeys = 10_000;

/** The accounts of access keys; each key is asked about once, since it never changes its account. */
export class CallerAccounts {
  readonly #options: CallerAccountsOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: CallerAccountsOptions) {
    this.#options = options;
  }

  /** The account's number, or the access key id where STS does not tell in time. Never rejects. */
  async of(accessKey: AccessKey, sts: PcaEndpoint): Promise<string> {
    const known = this.#entry(accessKey.accessKeyId);
    known.asking ??=
      this.#options.now() < known.askAgainAt
        ? undefined
        : this.#ask(known, accessKey, sts).finally(() => {
            known.asking = undefined;
          });
    return (await known.asking) ?? known.account;
  }

  async #ask(known: Known, accessKey: AccessKey, sts: PcaEndpoint): Promise<string> {
    const { connect, now, random, patience, onFailure } = this.#options;
    const outcome = await connect(sts, accessKey).call(callerIdentityCall, { signal: patience() });
    const account = outcome.kind === 'ok' ? callerAccountOf(outcome.body) : undefined;
    if (account !== undefined) {
      known.account = account;
      known.askAgainAt = Number.POSITIVE_INFINITY;
      return account;
    }
    known.askAgainAt =
      now() +
      backoff(known.failures, {
        baseMilliseconds: pauseBaseMilliseconds,
        maxMilliseconds: pauseMaxMilliseconds,
        random,
      });
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
