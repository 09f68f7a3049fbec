// What a reflector is given, what it reports, and the times it keeps.
import type { Clock } from '../timing/clock.ts';
import type { KubernetesClient } from './client.ts';
import type { KubernetesObject } from './objects.ts';
import type { Store } from './store.ts';

/**
 * What went wrong. The reflector goes on by itself in every case, but in vain after one of the first five until somebody has
 * changed what its message names.
 */
export type ReflectorTroubleKind =
  /** The collection does not exist (404): the CRD is not installed. */
  | 'CollectionMissing'
  /** The right to list or watch is missing (403), or the API server has just started. */
  | 'Forbidden'
  /** The credentials were refused (401), also after they had been read again. */
  | 'Unauthorized'
  /** The server does not accept such a request, whoever sends it (400, 405, 422). */
  | 'Rejected'
  /** The server cannot select by this field: from now on everything is read, and `transform` alone selects. */
  | 'SelectorUnsupported'
  /** The server refused for a reason that passes, or could not be reached. */
  | 'Refused'
  /** The connection of a watch broke. */
  | 'Cut'
  /** A watch was silent for too long and was abandoned. */
  | 'Stalled'
  /** The server did not end a watch in time. */
  | 'Overdue'
  /** The resourceVersion is too old (410): everything is read again. */
  | 'Expired'
  /** The history of the server went back, as after a restore of etcd: everything is read again. */
  | 'Rewound'
  /** An event was longer than allowed and is lost: what it was about stays as it was. */
  | 'TooLong'
  /** An ERROR event other than 410. */
  | 'ErrorEvent'
  /** Something arrived that is neither a watch event nor a list. */
  | 'Garbage'
  /** The initial state came without its end marker; the next attempt lists page by page. */
  | 'NoEndMarker'
  /** Watches end as soon as they begin. */
  | 'ShortWatch'
  /** `transform` threw; the object is not stored. */
  | 'TransformFailed'
  /** A listener or an index function of the store threw. */
  | 'HandlerFailed';

/** One report. */
export interface ReflectorTrouble {
  readonly reflector: string;
  readonly kind: ReflectorTroubleKind;
  readonly message: string;
  /** In how many milliseconds the next attempt begins; undefined when it begins at once or none is needed. */
  readonly pauseMs: number | undefined;
}

/** Times in milliseconds unless named otherwise, and sizes; the defaults are for production, tests choose smaller ones. */
export interface ReflectorLimits {
  /** Longest silence of a watch; the API server sends a bookmark every 60 s. */
  readonly silenceMs: number;
  /** Longest silence before the initial state is complete. */
  readonly initialSilenceMs: number;
  /** Bounds of `timeoutSeconds`, chosen at random for each watch. */
  readonly shortestWatchSeconds: number;
  readonly longestWatchSeconds: number;
  /** How long after `timeoutSeconds` a watch may still be open. */
  readonly overtimeMs: number;
  /** Longest wait for the beginning of a watch's answer, and for one page of a list. */
  readonly answerMs: number;
  /** A watch that lasted so long ends the back-off. */
  readonly healthyMs: number;
  /** A watch that ended earlier, without an event, is followed by a pause. */
  readonly shortMs: number;
  /** Bounds of the back-off, before the scattering that halves a pause at most. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  readonly pageSize: number;
  readonly largestLineBytes: number;
}

/** The limits in production. */
export const reflectorLimits: ReflectorLimits = {
  silenceMs: 130_000,
  initialSilenceMs: 30_000,
  shortestWatchSeconds: 300,
  longestWatchSeconds: 600,
  overtimeMs: 10_000,
  answerMs: 30_000,
  healthyMs: 30_000,
  shortMs: 1000,
  firstPauseMs: 1_200,
  longestPauseMs: 45_000,
  // A page or a line is parsed in one go, which holds the event loop for some 10 ms at this size of page.
  pageSize: 100,
  // More than etcd stores of one object.
  largestLineBytes: 4 * 1024 * 1024,
};

/** Settings of a reflector. */
export interface ReflectorOptions<T> {
  /** In reports and metrics, e.g. the plural of the resource. */
  readonly name: string;
  readonly client: Pick<KubernetesClient, 'get' | 'watch'>;
  /** Path of the collection, e.g. `/apis/cert-manager.io/v1/certificaterequests`. */
  readonly path: string;
  /** Only saves work: where the server does not know the field, `transform` gets everything and must leave out the rest. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Written by this reflector alone. */
  readonly store: Store<T>;
  /** The part of an object that is stored, as small as possible; undefined when the object is not stored at all. */
  readonly transform: (object: KubernetesObject) => T | undefined;
  /** Whether the store shows each object as it comes until the whole collection was listed once; else all of it at once, then. */
  readonly showsPart?: boolean;
  /** The process's own when not given. */
  readonly clock?: Pick<Clock, 'monotonic' | 'random' | 'startTimer'>;
  readonly limits?: Partial<ReflectorLimits>;
  readonly onTrouble?: (trouble: ReflectorTrouble) => void;
  /** Called whenever a watch or list has ended and another begins, with the way it ended; for metrics. */
  readonly onRestart?: (cause: string) => void;
}
