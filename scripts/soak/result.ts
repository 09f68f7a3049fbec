// What a soak leaves: docs/soak.json.

/** The operator at rest; memory in MiB. */
export interface Observation {
  /** Minutes since the start of the soak. */
  readonly minute: number;
  /** The how manieth process it is, from 1. */
  readonly life: number;
  readonly resident: number;
  readonly descriptors: number;
  /** Timers, sockets and whatever else keeps a process of Node alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** Certificates that PCA has issued so far. */
  readonly issued: number;
}

/** What a process refers to after a collection of garbage. */
export interface Retained {
  /** Without code. */
  readonly mebibytes: number;
  /** Counts of what holds more than its own few bytes: timers, sockets, keys and so on. */
  readonly objects: Readonly<Record<string, number>>;
}

/** What one process of the operator kept, between its first rest and its last. */
export interface Life {
  readonly life: number;
  readonly minutes: number;
  readonly certificates: number;
  readonly descriptors: { readonly first: number; readonly last: number };
  readonly resources: { readonly first: number; readonly last: number };
  readonly retained: { readonly first: Retained; readonly last: Retained };
  /** MiB that resident memory grew by in an hour, over the later half of the observations; undefined for fewer than four. */
  readonly residentPerHour: number | undefined;
}

/** What happened, and when. */
export interface Disturbed {
  readonly minute: number;
  readonly what: string;
}

/** A whole soak. */
export interface SoakResult {
  readonly date: string;
  readonly machine: string;
  readonly commit: string;
  readonly seed: number;
  readonly minutes: number;
  readonly observations: readonly Observation[];
  readonly lives: readonly Life[];
  readonly disturbances: readonly Disturbed[];
  /** Counts by what was done: renewals, deletions and so on. */
  readonly done: Readonly<Record<string, number>>;
  readonly certificates: number;
  /** What must never be: certificates that were paid twice or asked for by nobody, and requests that failed. */
  readonly faults: readonly string[];
  /** Last words of operators that ended by themselves. */
  readonly ends: readonly string[];
}
