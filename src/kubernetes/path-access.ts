// Who may get a path that this process serves, by the API server's word: a TokenReview says whose a token is, and a
// SubjectAccessReview whether they may get the path (`nonResourceURLs` of a ClusterRole).
import { createHash } from 'node:crypto';
import { RecentMap } from '../timing/recent-map.ts';
import type { Clock } from '../timing/clock.ts';
import type { KubernetesClient, KubernetesResult } from './client.ts';

/** What is known of a token: `unknown` where the API server could not be asked, which opens nothing. */
export type Access = 'allowed' | 'forbidden' | 'unauthenticated' | 'unknown';

/** Parts of {@link PathAccess}. */
export interface PathAccessParts {
  readonly client: Pick<KubernetesClient, 'create'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Ends what is being asked. */
  readonly signal: AbortSignal;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/ */
interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean };
}

interface Entry {
  answer: Promise<Access> | undefined;
  /** Until when the answer holds, by the clock that only grows. */
  until: number;
}

const allowedMs = 60_000;
// A right that was given should work soon.
const refusedMs = 5_000;
const askedMs = 5_000;
const mostTokens = 256;
/** Strangers must not take the connections that issuing needs. */
const mostAskedAtATime = 4;

/** Asks the API server about tokens, each at most once in a while; tokens are remembered by their digests only. */
export class PathAccess {
  readonly #on: PathAccessParts;
  readonly #entries: RecentMap<Entry>;
  #asking = 0;

  constructor(parts: PathAccessParts) {
    this.#on = parts;
    this.#entries = new RecentMap({ clock: parts.clock, unusedMs: allowedMs, most: mostTokens });
  }

  /** Whether the holder of the token may get the path. Never rejects. */
  async of(token: string, path: string): Promise<Access> {
    const { clock } = this.#on;
    const key = createHash('sha256').update(`${path}\n${token}`).digest('base64');
    const known = this.#entries.peek(key);
    if (known?.answer !== undefined && known.until > clock.monotonic()) return known.answer;
    if (this.#asking >= mostAskedAtATime) return 'unknown';
    const entry = this.#entries.use(key, () => ({ answer: undefined, until: 0 }));
    // Whoever comes meanwhile waits for the same answer.
    entry.until = Number.POSITIVE_INFINITY;
    entry.answer = this.#ask(token, path);
    const access = await entry.answer;
    entry.until = clock.monotonic() + lifetimes[access];
    return access;
  }

  async #ask(token: string, path: string): Promise<Access> {
    this.#asking += 1;
    try {
      const review = await this.#create<TokenReview>('authentication.k8s.io/v1', 'TokenReview', { token });
      if (review.kind === 'failed') return 'unknown';
      const { authenticated, user } = review.body.status ?? {};
      if (authenticated !== true || user?.username === undefined) return 'unauthenticated';
      const { username, uid, groups, extra } = user;
      const nonResourceAttributes = { path, verb: 'get' };
      const asked = await this.#create<SubjectAccessReview>('authorization.k8s.io/v1', 'SubjectAccessReview', {
        user: username,
        uid,
        groups,
        extra,
        nonResourceAttributes,
      });
      if (asked.kind === 'failed') return 'unknown';
      return asked.body.status?.allowed === true ? 'allowed' : 'forbidden';
    } catch {
      // A defect opens nothing either.
      return 'unknown';
    } finally {
      this.#asking -= 1;
    }
  }

  async #create<T>(apiVersion: string, kind: string, spec: object): Promise<KubernetesResult<T>> {
    const { client, signal } = this.#on;
    const body = { apiVersion, kind, spec };
    return client.create<T>(`/apis/${apiVersion}/${kind.toLowerCase()}s`, body, { signal, timeoutMs: askedMs });
  }
}

const lifetimes = { allowed: allowedMs, forbidden: refusedMs, unauthenticated: refusedMs, unknown: 0 } as const;
