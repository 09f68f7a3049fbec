/** What a reflector is given, what it reports, and the times it keeps. */
import type { KubernetesClient } from './client.ts';
import type { KubernetesObject } from './objects.ts';
import type { Store } from './store.ts';

/** What went wrong; the reflector deals with all of it by itself. */
export type ReflectorTroubleKind =
  /** The collection does not exist (404): the CRD is not installed. */
  | 'CollectionMissing'
  /** The right to list or watch is missing (403), or the API server has just started. */
  | 'Forbidden'
  /** The server refused for another reason or could not be reached. */
  | 'Refused'
  /** The connection of a watch broke. */
  | 'Cut'
  /** A watch was silent for too long and has been given up. */
  | 'Stalled'
  /** The server did not end a watch in time. */
  | 'Overdue'
  /** The resourceVersion is too old (410): everything is read again. */
  | 'Expired'
  /** An ERROR event other than 410. */
  | 'ErrorEvent'
  /** Something arrived that is no watch event and no list. */
  | 'Garbage'
  /** The initial state came without its end marker; the next attempt lists page by page. */
  | 'NoEndMarker'
  /** Watches end as soon as they begin. */
  | 'ShortWatch'
  /** `transform` threw; the object is treated as one that is not stored. */
  | 'TransformFailed'
  /** A listener or an index function of the store threw. */
  | 'HandlerFailed';

/** One report. */
export interface ReflectorTrouble {
  readonly reflector: string;
  readonly kind: ReflectorTroubleKind;
  readonly message: string;
  /** When the next attempt begins; undefined when it begins at once or none is needed. */
  readonly pauseMilliseconds: number | undefined;
}

/** Times and sizes; the defaults are for production, tests choose smaller ones. */
export interface ReflectorLimits {
  /** Longest silence of a watch; the API server sends a bookmark every 60 s. */
  readonly silenceMilliseconds: number;
  /** Longest silence before the initial state is complete. */
  readonly initialSilenceMilliseconds: number;
  /** Bounds of `timeoutSeconds`, chosen at random for each watch. */
  readonly shortestWatchSeconds: number;
  readonly longestWatchSeconds: number;
  /** How long after `timeoutSeconds` a watch may still be open. */
  readonly overtimeMilliseconds: number;
  /** Longest wait for the beginning of a watch's answer, and for one page of a list. */
  readonly answerMilliseconds: number;
  /** A watch that lasted so long ends the back-off. */
  readonly healthyMilliseconds: number;
  /** A watch that ended earlier, without an event, is followed by a pause. */
  readonly shortMilliseconds: number;
  readonly firstPauseMilliseconds: number;
  readonly longestPauseMilliseconds: number;
  readonly pageSize: number;
  readonly largestLineBytes: number;
}

/** The limits in production. */
export const reflectorLimits: ReflectorLimits = {
  silenceMilliseconds: 130_000,
  initialSilenceMilliseconds: 30_000,
  shortestWatchSeconds: 300,
  longestWatchSeconds: 600,
  overtimeMilliseconds: 10_000,
  answerMilliseconds: 30_000,
  healthyMilliseconds: 30_000,
  shortMilliseconds: 1000,
  firstPauseMilliseconds: 800,
  longestPauseMilliseconds: 30_000,
  pageSize: 500,
  largestLineBytes: 16 * 1024 * 1024,
};

/** Settings of a reflector. */
export interface ReflectorOptions<T> {
  /** In reports and metrics, e.g. the plural of the resource. */
  readonly name: string;
  readonly client: Pick<KubernetesClient, 'get' | 'watch'>;
  /** Path of the collection, e.g. `/apis/cert-manager.io/v1/certificaterequests`. */
  readonly path: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Written by this reflector alone. */
  readonly store: Store<T>;
  /** The part of an object that is stored, as small as possible; undefined when the object is not stored at all. */
  readonly transform: (object: KubernetesObject) => T | undefined;
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number;
  /** Uniform in [0, 1), for jitter. */
  readonly random?: () => number;
  readonly limits?: Partial<ReflectorLimits>;
  readonly onTrouble?: (trouble: ReflectorTrouble) => void;
  /** Called whenever a watch or list has ended and another begins, with the way it ended; for metrics. */
  readonly onRestart?: (cause: string) => void;
}
