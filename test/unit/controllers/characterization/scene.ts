// What a row of the table consists of: the situation that a request is reconciled in, and all that is seen of it from outside.
// Nothing here names a type of the controllers, so that rows outlast any rewriting of them.
import type { CloudAnswer } from './cloud.ts';
import type { FakeCluster, ClusterFault, ClusterObject } from './cluster.ts';

/** Boundaries between the steps of issuing at which a scene can intervene. */
export type Boundary =
  | 'RequestRead'
  | 'Planned'
  | 'InstancePromised'
  | 'EarlierLookedUp'
  | 'CallPermitted'
  | 'CallAnswered'
  | 'VerdictReached'
  | 'ResultWritten';

/** What a scene can do while it plays. */
export interface Stage {
  readonly cluster: FakeCluster;
  /** Reconciles a request, by the key `namespace/name` or `name`. */
  readonly reconcile: (key: string) => Promise<void>;
  /** The issuer was checked successfully. */
  readonly checked: () => void;
  /** A check of the issuer failed. */
  readonly checkFailed: (reason: string) => void;
  /** The service throttles the account's issuing calls at this moment. */
  readonly throttle: () => void;
  /** Whether another replica may hold the Lease. */
  readonly fence: (mayAct: boolean) => void;
  /** The deadline of the running reconcile. */
  readonly abort: () => void;
  /** The object is deleted and the watch has told so. */
  readonly remove: (path: string) => void;
  /** Time passes; timers that are due run. */
  readonly pass: (milliseconds: number) => void;
}

type Intervention = (stage: Stage) => void | Promise<void>;

/** One reconcile with what comes before and in between. */
export interface Act {
  /** Key of the request; that of the first when not given. */
  readonly of?: string;
  /** Milliseconds that pass before. */
  readonly after?: number;
  readonly before?: Intervention;
  /** Each is used once. */
  readonly at?: Partial<Record<Boundary, Intervention>>;
}

/** A situation; whatever is left out is the usual: one approved request, a ready issuer, an API server without faults. */
export interface Scene {
  /** As the API server has them; one approved CertificateRequest when not given. */
  readonly requests?: readonly ClusterObject[];
  /** As the watch has told of them, where that differs. */
  readonly listed?: readonly ClusterObject[];
  readonly issuer?: {
    /** Changes to the spec. */
    readonly spec?: object;
    /** Family of the CA's key now; the CA before had the one that the requests ask for. */
    readonly keyFamily?: string;
    /** Any other word is the reason why it is not ready. */
    readonly state?: 'ready' | 'missing' | 'unchecked' | 'changed' | (string & {});
  };
  /** The Certificate behind the request; none when not given. */
  readonly certificate?: object;
  /** What the cloud answers to each action, in order. */
  readonly cloud?: Readonly<Record<string, readonly CloudAnswer[]>>;
  readonly faults?: readonly ClusterFault[];
  /** What SubjectAccessReviews say. */
  readonly isAllowed?: boolean;
  /** Another replica led before, so that for approved requests a certificate may exist. */
  readonly takenOver?: boolean;
  /** Certificates that were issued before, a minute apart, the last a minute ago. */
  readonly issuedBefore?: { readonly count: number; readonly certificate: string };
  /** Calls to the endpoint in a row that had no answer. */
  readonly unanswered?: number;
  /** Whether another request's call, the only one that a held endpoint allows, is in flight. */
  readonly isOtherCalling?: boolean;
  /** After so long an undecided request is warned of; a minute when not given. */
  readonly approvalWarning?: number;
  /** One reconcile when not given. */
  readonly acts?: readonly Act[];
}

/** A status write: whose, and the status with certificates by their names. */
export interface SeenWrite {
  readonly path: string;
  readonly status: unknown;
}

export interface SeenEvent {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  /** Kind and key. */
  readonly regarding: string;
}

export interface SeenLog {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What is known of the first request afterwards. */
export interface Remembered {
  readonly known: boolean;
  /** A certificate that an earlier call may have made. */
  readonly earlier: 'none' | { readonly accepted: string } | { readonly unknownSince: number };
  /** An end that is not written yet. */
  readonly decided: 'issued' | 'failed' | undefined;
  readonly calls: number;
}

/** Everything that can be seen of a scene. */
export interface Seen {
  /** In order. */
  readonly writes: readonly SeenWrite[];
  readonly events: readonly SeenEvent[];
  readonly logs: readonly SeenLog[];
  /** By name and labels. */
  readonly counters: Readonly<Record<string, number>>;
  /** What is to happen with the key after each reconcile. */
  readonly next: readonly unknown[];
  /** Calls to the cloud in order: the action and what it was about. */
  readonly calls: readonly string[];
  readonly remembered: Remembered;
  /** Certificates that were offered to be revoked, with their fate. */
  readonly revoked: readonly string[];
  /** State of the issuer afterwards, and the fault that issuing reported. */
  readonly issuer: string;
  readonly fault: string | undefined;
  /** Keys that were queued, requests and issuers. */
  readonly woken: readonly string[];
}

/** One row of the table. */
export interface Row {
  readonly name: string;
  readonly scene: Scene;
  readonly expected: Seen;
}
