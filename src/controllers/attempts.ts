// What this process remembers of requests that are not finished: certificates already paid for, calls whose outcome is
// unknown, and what was last written. By UID, because the same name may come back as another request.
import type { IssuedCertificate } from '../issuing/issued-certificate.ts';
import type { RequestStatus } from './certificate-request-status.ts';

/** An end that is decided but perhaps not written yet. */
export interface Verdict {
  readonly result: 'issued' | 'failed';
  readonly status: RequestStatus;
  /** The certificate that was paid for, when there is one. */
  readonly certificate: IssuedCertificate | undefined;
}

/** The memory of one request; wall-clock times are milliseconds since the epoch. */
export interface Attempt {
  readonly uid: string;
  /** A reconcile works on it right now. */
  busy: boolean;
  /** How the request ends; kept until it is written, so that a failed write never costs a second call. */
  verdict: Verdict | undefined;
  /** PCA accepted the request but gave no certificate yet: its own identifier. */
  pendingIdentifier: string | undefined;
  /** Since when a certificate may exist that nobody here saw; it is looked for before the next call. */
  uncertainSince: number | undefined;
  /** Issuing calls made so far. */
  calls: number;
  /** Since when one trouble followed another. */
  troubledSince: number | undefined;
  /** It stands in line for its turn to call. */
  isInLine: boolean;
  /** Since when the request waits for the limit on calls. */
  waitingSince: number | undefined;
  /** The kind of the last Pending text and when it was written. */
  written: { readonly key: string; readonly at: number } | undefined;
}

/** Attempts by UID. */
export class Attempts {
  readonly #attempts = new Map<string, Attempt>();

  /** The attempt of a request; a new one when there is none. */
  of(uid: string): Attempt {
    const known = this.#attempts.get(uid);
    if (known !== undefined) return known;
    const attempt: Attempt = {
      uid,
      busy: false,
      verdict: undefined,
      pendingIdentifier: undefined,
      uncertainSince: undefined,
      calls: 0,
      troubledSince: undefined,
      isInLine: false,
      waitingSince: undefined,
      written: undefined,
    };
    this.#attempts.set(uid, attempt);
    return attempt;
  }

  /** The attempt of a request, if any. */
  get(uid: string): Attempt | undefined {
    return this.#attempts.get(uid);
  }

  /** The request has come to its end or is gone. */
  forget(uid: string): void {
    this.#attempts.delete(uid);
  }

  /** How many requests are remembered. */
  get size(): number {
    return this.#attempts.size;
  }
}
