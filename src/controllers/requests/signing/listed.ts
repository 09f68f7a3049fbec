// What a request has to wait for where other requests count.

/**
 * Resolves with true when every request of the cluster was listed once, or with false when the signal aborts first. After a start
 * requests are worked on as they are listed; whoever asks what other requests have, or how many have something, waits for this.
 */
export type Listed = (signal: AbortSignal) => Promise<boolean>;
