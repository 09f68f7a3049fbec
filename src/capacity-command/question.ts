// What `capacity` is asked.

/** Seconds of an hour. */
export const hourSeconds = 3600;

/** Seconds of a day. */
export const daySeconds = 24 * hourSeconds;

/** Seconds of a year of 365 days. */
export const yearSeconds = 365 * daySeconds;

/** A fleet of workloads with a certificate each, and the limits that it has to fit in. */
export interface CapacityQuestion {
  /** Number of workloads, at least 1. */
  readonly workloads: number;
  /** Lifetime of a certificate in seconds, above 0. */
  readonly lifetimeSeconds: number;
  /** Share of the lifetime after which a certificate is renewed: above 0, below 1. */
  readonly renewAt: number;
  /** Starts of workloads in a day beside renewals, each of which takes a certificate. */
  readonly startsPerDay: number;
  /** Calls per second that PCA allows the account, above 0. A certificate takes one. */
  readonly pcaLimit: number;
  /** Certificates that are bought and not used; undefined: not known. */
  readonly quota: number | undefined;
  /** Seconds within which all workloads renew in a renewal storm; 0: at once. */
  readonly stormSeconds: number;
  /** Seconds that a workload without a certificate waits for one before its client gives up and asks anew. */
  readonly clientTimeoutSeconds: number;
}
