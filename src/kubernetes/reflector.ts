// Keeps a store equal to a collection of the API server: reads the initial state (WatchList, or page by
// page), follows it by watches, and recovers automatically from whatever goes wrong. Only its signal ends it.
import { pause, systemClock } from '../timing/clock.ts';
import { TimeSlice } from '../timing/time-slice.ts';
import { Milestone } from './milestone.ts';
import { keyOf } from './objects.ts';
import type { KubernetesObject } from './objects.ts';
import { listPages } from './paged-list.ts';
import type { PagedListResult } from './paged-list.ts';
import { presentVersion } from './present-version.ts';
import { reactionTo } from './reconnect.ts';
import { reflectorLimits } from './reflector-options.ts';
import type { ReflectorLimits, ReflectorOptions, ReflectorTroubleKind } from './reflector-options.ts';
import { ReflectorPauses } from './reflector-pauses.ts';
import { isOlder } from './resource-version.ts';
import type { StoreContents, StoreEntry } from './store.ts';
import { readWatch } from './watch-stream.ts';
import type { StateEvent, WatchEnd } from './watch-stream.ts';

export type { ReflectorLimits, ReflectorOptions, ReflectorTrouble, ReflectorTroubleKind } from './reflector-options.ts';

/** A running mirror of one collection. */
export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #limits: ReflectorLimits;
  readonly #clock: NonNullable<ReflectorOptions<T>['clock']>;
  readonly #begun = new Milestone();
  readonly #synced = new Milestone();
  // The initial state while it is being read; the store keeps the old state until it is complete.
  #incoming: StoreContents<T> | undefined;
  #resourceVersion: string | undefined;
  /** The last version that was known, also while all is read again. */
  #lastVersion: string | undefined;
  #fieldSelector: string | undefined;
  #nextList: 'WatchList' | 'PagedOnce' | 'PagedAlways' = 'WatchList';
  /** Whether the server was away since it last said where it stands: etcd is only restored while it is. */
  #wasAway = false;
  #isRunning = false;
  #lastSync = -Infinity;
  #lastContact: number;
  #objects = 0;
  #wasHeard = false;
  readonly #pauses: ReflectorPauses;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#limits = { ...reflectorLimits, ...options.limits };
    this.#fieldSelector = options.fieldSelector;
    this.#clock = options.clock ?? systemClock;
    this.#pauses = new ReflectorPauses(this.#limits, this.#clock);
    this.#lastContact = this.#clock.monotonic();
    options.store.onListenerError((error) =>
      this.#report('HandlerFailed', `a listener of the store threw: ${textOf(error)}`),
    );
  }

  get name(): string {
    return this.#options.name;
  }

  /** Whether the store has held the whole collection once. */
  get hasSynced(): boolean {
    return this.#synced.isReached;
  }

  /** Monotonic milliseconds at which the server was last heard; at which this was constructed before that. */
  get lastContact(): number {
    return this.#lastContact;
  }

  /** The version of the collection that the store shows; undefined before it has one, and while all is read again. */
  get resourceVersion(): string | undefined {
    return this.#resourceVersion;
  }

  /** Resolves with true when {@link hasSynced} is, or with false when the signal aborts first. */
  async synced(signal: AbortSignal): Promise<boolean> {
    return this.#synced.wait(signal);
  }

  /** The same, when the server has begun to say what there is. */
  async begun(signal: AbortSignal): Promise<boolean> {
    return this.#begun.wait(signal);
  }

  /** Runs until the signal is aborted; resolves when everything has ended. Rejects only when it is already running. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#isRunning) throw new Error(`The reflector ${this.#options.name} is already running.`);
    this.#isRunning = true;
    try {
      while (!signal.aborted) await this.#attempt(signal);
    } finally {
      this.#isRunning = false;
      this.#incoming = undefined;
    }
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    const startedAt = this.#clock.monotonic();
    this.#objects = 0;
    this.#wasHeard = false;
    const isWatchList = this.#resourceVersion === undefined && this.#nextList === 'WatchList';
    const end = await this.#next(signal);
    const unfinished = this.#incoming !== undefined;
    this.#incoming = undefined;
    if (signal.aborted) return;
    const lastedMs = this.#clock.monotonic() - startedAt;
    if (lastedMs >= this.#limits.healthyMs && end.kind !== 'refused') this.#pauses.lasted();
    const sinceSyncMs = this.#clock.monotonic() - this.#lastSync;
    const hasFieldSelector = this.#fieldSelector !== undefined;
    const heard = { objects: this.#objects, wasHeard: this.#wasHeard };
    const reaction = reactionTo(
      { end, lastedMs, ...heard, unfinished, hasFieldSelector, isWatchList, sinceSyncMs },
      this.#limits,
    );
    if (reaction.resync) this.#resourceVersion = undefined;
    this.#noteAbsence(end);
    if (reaction.dropSelector) this.#fieldSelector = undefined;
    this.#nextList = this.#nextList === 'PagedAlways' ? 'PagedAlways' : (reaction.nextList ?? this.#nextList);
    const pauseMs = reaction.pause ? this.#pauses.next(end.kind === 'refused', reaction.retryAfterMs) : undefined;
    if (reaction.trouble !== undefined) this.#report(reaction.trouble.kind, reaction.trouble.message, pauseMs);
    this.#call(() => this.#options.onRestart?.(end.kind));
    if (pauseMs !== undefined) await pause(pauseMs, signal, this.#clock);
  }

  async #next(signal: AbortSignal): Promise<WatchEnd | PagedListResult> {
    const known = this.#resourceVersion;
    if (known !== undefined)
      return (await this.#rewound(known, signal)) ?? this.#watch(signal, { resourceVersion: known });
    if (this.#nextList !== 'WatchList') return this.#list(signal);
    this.#incoming = this.#options.store.emptyContents();
    return this.#watch(signal, { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' });
  }

  #noteAbsence({ kind }: WatchEnd | PagedListResult): void {
    if (kind === 'cut' || kind === 'refused') this.#wasAway = true;
  }

  /** Where the server was away: whether its history went back meanwhile. What it does not say keeps no watch from opening. */
  async #rewound(known: string, signal: AbortSignal): Promise<WatchEnd | undefined> {
    if (!this.#wasAway) return undefined;
    const { client, path } = this.#options;
    const seen = await presentVersion({ client, path, timeoutMs: this.#limits.answerMs, signal });
    if (seen === undefined) return undefined;
    this.#wasAway = false;
    return isOlder(seen, known) ? { kind: 'rewound', known, seen } : undefined;
  }

  async #list(signal: AbortSignal): Promise<PagedListResult> {
    const result = await listPages({
      client: this.#options.client,
      path: this.#options.path,
      query: this.#selectors(),
      pageSize: this.#limits.pageSize,
      timeoutMs: this.#limits.answerMs,
      signal,
      clock: this.#clock,
      onStart: () => {
        this.#incoming = this.#options.store.emptyContents();
      },
      onItem: (object) => this.#collect(object),
    });
    if (result.kind === 'listed' && !signal.aborted) {
      this.#nextList = this.#nextList === 'PagedOnce' ? 'WatchList' : this.#nextList;
      this.#lastContact = this.#clock.monotonic();
      await this.#finishSync(result.resourceVersion);
    }
    return result;
  }

  async #watch(signal: AbortSignal, parameters: Readonly<Record<string, string>>): Promise<WatchEnd> {
    const { shortestWatchSeconds: shortest, longestWatchSeconds: longest } = this.#limits;
    const seconds = Math.round(shortest + this.#clock.random() * (longest - shortest));
    const query = {
      ...this.#selectors(),
      watch: '1',
      // Without bookmarks the end marker of the initial state never comes, and a quiet watch cannot be told from a dead one.
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(seconds),
      ...parameters,
    };
    return readWatch({
      open: async (streamSignal) =>
        this.#options.client.watch(this.#options.path, {
          query,
          signal: streamSignal,
          timeoutMs: this.#limits.answerMs,
        }),
      signal,
      clock: this.#clock,
      silenceMs: () => (this.#incoming === undefined ? this.#limits.silenceMs : this.#limits.initialSilenceMs),
      totalMs: seconds * 1000 + this.#limits.overtimeMs,
      largestLineBytes: this.#limits.largestLineBytes,
      onEvent: (event) => this.#take(event),
      onTooLong: (bytes) =>
        this.#report('TooLong', `an event of ${bytes} bytes is left out; ${this.#limits.largestLineBytes} are allowed`),
      onContact: () => {
        this.#lastContact = this.#clock.monotonic();
      },
    });
  }

  #take(event: StateEvent): WatchEnd | undefined | Promise<undefined> {
    this.#wasHeard = true;
    if (this.#incoming !== undefined) return this.#takeInitial(event);
    const known = this.#resourceVersion ?? '';
    const seen = event.kind === 'bookmark' ? event.resourceVersion : event.object.metadata.resourceVersion;
    if (isOlder(seen, known)) return { kind: 'rewound', known, seen };
    // First, so that nothing that happens below can make the same event come again.
    this.#know(seen);
    if (event.kind === 'bookmark') return undefined;
    this.#objects += 1;
    const { object } = event;
    const key = keyOf(object.metadata);
    const entry = event.type === 'DELETED' ? undefined : this.#project(object);
    if (entry !== undefined) this.#options.store.set(key, entry);
    else this.#options.store.delete(key);
    return undefined;
  }

  #know(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    this.#lastVersion = resourceVersion;
  }

  #takeInitial(event: StateEvent): Promise<undefined> | undefined {
    if (event.kind === 'bookmark') return event.initialEventsEnd ? this.#finishSync(event.resourceVersion) : undefined;
    this.#objects += 1;
    this.#collect(event.object, event.type === 'DELETED');
    return undefined;
  }

  #collect(object: KubernetesObject, isDeleted = false): void {
    const key = keyOf(object.metadata);
    const entry = isDeleted ? undefined : this.#project(object);
    const isShown = this.#options.showsPart === true && !this.hasSynced;
    for (const held of [this.#incoming, isShown ? this.#options.store : undefined]) {
      if (entry === undefined) held?.delete(key);
      else held?.set(key, entry);
    }
    this.#begun.reach();
  }

  async #finishSync(resourceVersion: string): Promise<undefined> {
    const { store } = this.#options;
    const incoming = this.#incoming ?? store.emptyContents();
    this.#incoming = undefined;
    const rewound = isOlder(resourceVersion, this.#lastVersion ?? '');
    this.#know(resourceVersion);
    this.#wasAway = false;
    this.#lastSync = this.#clock.monotonic();
    this.#pauses.synced();
    await store.replace(incoming, { rewound, slice: new TimeSlice(this.#clock) });
    this.#begun.reach();
    this.#synced.reach();
  }

  #project(object: KubernetesObject): StoreEntry<T> | undefined {
    const { name, uid, resourceVersion } = object.metadata;
    try {
      const projected = this.#options.transform(object);
      return projected === undefined ? undefined : { uid, resourceVersion, object: projected };
    } catch (error) {
      this.#report('TransformFailed', `the object ${name} could not be stored: ${textOf(error)}`);
      return undefined;
    }
  }

  #selectors(): Readonly<Record<string, string>> {
    const { labelSelector } = this.#options;
    return {
      ...(this.#fieldSelector === undefined ? {} : { fieldSelector: this.#fieldSelector }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    };
  }

  #report(kind: ReflectorTroubleKind, message: string, pauseMs?: number): void {
    this.#call(() => this.#options.onTrouble?.({ reflector: this.#options.name, kind, message, pauseMs }));
  }

  // Reporting must not disturb what is reported about.
  #call(hook: () => void): void {
    try {
      hook();
    } catch {
      // There is nobody left to tell.
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
