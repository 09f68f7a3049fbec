// Decides what follows the end of a watch or a list: what is reported, whether everything is read again, how long to wait.
import type { KubernetesFailure } from './failure.ts';
import type { PagedListResult } from './paged-list.ts';
import type { ReflectorLimits, ReflectorTroubleKind } from './reflector-options.ts';
import type { WatchEnd } from './watch-stream.ts';

/** One finished attempt of a reflector. */
export interface Attempt {
  readonly end: WatchEnd | PagedListResult;
  /** How many milliseconds it lasted. */
  readonly lastedMs: number;
  /** Objects that it delivered. */
  readonly objects: number;
  /** Whether it delivered anything at all, if only a bookmark. */
  readonly wasHeard: boolean;
  /** Whether it had to deliver the initial state and did not finish that. */
  readonly unfinished: boolean;
  /** Whether it asked with a field selector. */
  readonly hasFieldSelector: boolean;
  /** Whether the initial state was asked for by WatchList. */
  readonly isWatchList: boolean;
  /** Milliseconds since the state was last read as a whole; Infinity when it never was. */
  readonly sinceSyncMs: number;
}

/** What follows. */
export interface Reaction {
  readonly trouble: { readonly kind: ReflectorTroubleKind; readonly message: string } | undefined;
  /** Whether the state is to be read again as a whole. */
  readonly resync: boolean;
  /** Whether to wait before the next attempt. */
  readonly pause: boolean;
  /** The least wait in milliseconds that the server asked for. */
  readonly retryAfterMs: number | undefined;
  /** Whether to ask without the field selector from now on. */
  readonly dropSelector: boolean;
  /** Which way the initial state is read next; undefined keeps the way. */
  readonly nextList: 'PagedOnce' | 'PagedAlways' | undefined;
}

const calm: Reaction = {
  trouble: undefined,
  resync: false,
  pause: false,
  retryAfterMs: undefined,
  dropSelector: false,
  nextList: undefined,
};

/** The reaction to the end of an attempt, other than by the caller's own signal. */
export function reactionTo(attempt: Attempt, limits: ReflectorLimits): Reaction {
  const { end } = attempt;
  switch (end.kind) {
    case 'cancelled':
    case 'listed':
      return calm;
    case 'closed':
    case 'cut':
    case 'stalled':
    case 'overdue':
      return reactionToEnd(attempt, end, limits);
    case 'garbage':
      return { ...calm, trouble: { kind: 'Garbage', message: end.message }, resync: true, pause: true };
    case 'rewound': {
      const message = `the API server is at resourceVersion ${end.seen}, after ${end.known}, as when etcd was restored; everything is read again`;
      return { ...calm, trouble: { kind: 'Rewound', message }, resync: true, pause: isRepeated(attempt, limits) };
    }
    case 'error':
      return reactionToErrorEvent(attempt, end, limits);
    case 'refused':
      return end.failure.status === 410
        ? expired(attempt, end.failure.message, limits)
        : reactionToRefusal(attempt, end.failure);
  }
}

type ErrorEnd = Extract<WatchEnd, { readonly kind: 'error' }>;

function reactionToErrorEvent(attempt: Attempt, end: ErrorEnd, limits: ReflectorLimits): Reaction {
  if (end.status === 410) return expired(attempt, end.message, limits);
  const message = `the server reported ${end.status ?? 'no code'} ${end.message}`;
  const { retryAfterMs } = end;
  return { ...calm, trouble: { kind: 'ErrorEvent', message }, pause: true, retryAfterMs };
}

type OrdinaryEnd = Extract<WatchEnd, { readonly kind: 'closed' | 'cut' | 'stalled' | 'overdue' }>;

function reactionToEnd(attempt: Attempt, end: OrdinaryEnd, limits: ReflectorLimits): Reaction {
  const isShort = attempt.lastedMs < limits.shortMs && attempt.objects === 0;
  if (attempt.unfinished && end.kind !== 'cut') {
    const message = `the initial state ended without its end marker (${end.kind}); listing page by page`;
    return { ...calm, trouble: { kind: 'NoEndMarker', message }, pause: isShort, nextList: 'PagedOnce' };
  }
  // A server whose history went back says nothing to a watch from its future, not even a bookmark.
  const resync = end.kind === 'stalled' && !attempt.wasHeard;
  return { ...calm, trouble: troubleOf(end, isShort), resync, pause: isShort || attempt.unfinished };
}

function troubleOf(end: OrdinaryEnd, isShort: boolean): Reaction['trouble'] {
  switch (end.kind) {
    case 'closed':
      return isShort ? { kind: 'ShortWatch', message: 'the server ended the watch as soon as it began' } : undefined;
    case 'cut':
      return { kind: 'Cut', message: `the connection of the watch broke: ${end.message}` };
    case 'stalled':
      return { kind: 'Stalled', message: `nothing arrived for ${end.ms / 1000} s; the watch is opened again` };
    case 'overdue':
      return { kind: 'Overdue', message: 'the server did not end the watch in time' };
  }
}

function expired(attempt: Attempt, message: string, limits: ReflectorLimits): Reaction {
  // Normal after each start of an API server: everything is read again at once, unless that was just done.
  const pause = isRepeated(attempt, limits) || attempt.unfinished;
  return { ...calm, trouble: { kind: 'Expired', message }, resync: true, pause };
}

/** Whether everything was read only just, so that reading it again at once could become a loop. */
function isRepeated({ sinceSyncMs }: Attempt, { healthyMs }: ReflectorLimits): boolean {
  return sinceSyncMs < healthyMs;
}

function reactionToRefusal(attempt: Attempt, failure: KubernetesFailure): Reaction {
  const { message, retryAfterMs } = failure;
  const refused: Reaction = { ...calm, trouble: { kind: 'Refused', message }, pause: true, retryAfterMs };
  if (failure.class === 'NotFound')
    return { ...refused, trouble: { kind: 'CollectionMissing', message }, resync: true };

  if (failure.class === 'Forbidden') return { ...refused, trouble: { kind: 'Forbidden', message } };
  if (failure.class === 'Unauthorized') return { ...refused, trouble: { kind: 'Unauthorized', message } };
  if (failure.class === 'Invalid' || failure.class === 'Defect') {
    if (failure.status === 400 && message.includes('field label not supported') && attempt.hasFieldSelector)
      return { ...calm, trouble: { kind: 'SelectorUnsupported', message }, dropSelector: true };

    // An API server without WatchList refuses its parameters; with it, only a wrong resourceVersion is left.
    return attempt.isWatchList
      ? { ...calm, trouble: { kind: 'NoEndMarker', message }, nextList: 'PagedAlways' }
      : { ...refused, trouble: { kind: 'Rejected', message }, resync: true };
  }
  return refused;
}
