// The objects of one collection in memory, as small as their owner makes them, with indexes and change notices.
// Objects are frozen; an object replaced by another of the same name (other uid) counts as deleted and added.
import type { TimeSlice } from '../timing/time-slice.ts';

/** One object with what identifies this very version of it. */
export interface StoreEntry<T> {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly object: T;
}

/** One change; `previous` is the object before an update or the deleted object itself. */
export interface StoreChange<T> {
  readonly type: 'added' | 'updated' | 'deleted';
  readonly key: string;
  /** For `deleted` the last object that was known. */
  readonly object: T;
  readonly previous: T | undefined;
  /** The history of the cluster went back: what was known of the object, and what was done about it, may be undone. */
  readonly rewound?: true;
}

/** The values under which an object is found in an index. */
export type IndexFunction<T> = (object: T) => readonly string[];

type IndexFunctions<T> = readonly (readonly [string, IndexFunction<T>])[];

/** What a store holds, or will hold when it takes this over: objects by key and by index. */
export class StoreContents<T> {
  readonly #indexFunctions: IndexFunctions<T>;
  readonly #guard: (action: () => void) => void;
  readonly #entries = new Map<string, StoreEntry<T>>();
  readonly #indexes: ReadonlyMap<string, Map<string, Set<string>>>;

  /** `guard` runs an index function and keeps what it throws away from the rest. */
  constructor(indexFunctions: IndexFunctions<T>, guard: (action: () => void) => void) {
    this.#indexFunctions = indexFunctions;
    this.#guard = guard;
    this.#indexes = new Map(indexFunctions.map(([name]) => [name, new Map<string, Set<string>>()]));
  }

  get entries(): ReadonlyMap<string, StoreEntry<T>> {
    return this.#entries;
  }

  /** The keys that an index lists under a value; undefined when there is no such index. */
  keysByIndex(index: string, value: string): ReadonlySet<string> | undefined {
    const values = this.#indexes.get(index);
    return values === undefined ? undefined : (values.get(value) ?? none);
  }

  /** Puts an object in, in place of any of this key, and freezes it. */
  set(key: string, entry: StoreEntry<T>): void {
    this.delete(key);
    deepFreeze(entry.object);
    this.#entries.set(key, entry);
    this.#eachValue(entry.object, (values, value) => {
      const keys = values.get(value) ?? new Set();
      values.set(value, keys.add(key));
    });
  }

  /** Takes the object of this key out, if there is one. */
  delete(key: string): void {
    const before = this.#entries.get(key);
    if (before === undefined) return;
    this.#entries.delete(key);
    this.#eachValue(before.object, (values, value) => {
      const keys = values.get(value);
      keys?.delete(key);
      if (keys?.size === 0) values.delete(value);
    });
  }

  #eachValue(object: T, act: (values: Map<string, Set<string>>, value: string) => void): void {
    for (const [name, valuesOf] of this.#indexFunctions) {
      const values = this.#indexes.get(name);
      if (values !== undefined) this.#guard(() => valuesOf(object).forEach((value) => act(values, value)));
    }
  }
}

const none: ReadonlySet<string> = new Set();

/** Objects by key (`namespace/name`, or `name`) and by index. */
export class Store<T> {
  readonly #indexFunctions: IndexFunctions<T>;
  #contents: StoreContents<T>;
  readonly #listeners: ((change: StoreChange<T>) => void)[] = [];
  readonly #errorListeners: ((error: unknown) => void)[] = [];

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>> = {}) {
    this.#indexFunctions = Object.entries(indexes);
    this.#contents = this.emptyContents();
  }

  /** Number of objects. */
  get size(): number {
    return this.#contents.entries.size;
  }

  /** The object of that key. */
  get(key: string): T | undefined {
    return this.#contents.entries.get(key)?.object;
  }

  /** The object with its uid and resourceVersion. */
  entry(key: string): StoreEntry<T> | undefined {
    return this.#contents.entries.get(key);
  }

  /** Every key. */
  keys(): readonly string[] {
    return [...this.#contents.entries.keys()];
  }

  /** Every object. */
  list(): T[] {
    return Array.from(this.#contents.entries.values(), ({ object }) => object);
  }

  /** The objects that an index lists under a value. Throws when there is no such index. */
  byIndex(index: string, value: string): readonly T[] {
    return this.keysByIndex(index, value).flatMap((key) => this.get(key) ?? []);
  }

  /** The keys that an index lists under a value. Throws when there is no such index. */
  keysByIndex(index: string, value: string): readonly string[] {
    const keys = this.#contents.keysByIndex(index, value);
    if (keys === undefined) throw new Error(`The store has no index ${index}.`);
    return [...keys];
  }

  /** Calls the listener after each change, in order. It cannot disturb the store; see {@link onListenerError}. */
  onChange(listener: (change: StoreChange<T>) => void): void {
    this.#listeners.push(listener);
  }

  /** Receives what listeners and index functions throw. */
  onListenerError(listener: (error: unknown) => void): void {
    this.#errorListeners.push(listener);
  }

  /** Puts one object in. The version that is already there changes nothing. */
  set(key: string, entry: StoreEntry<T>): void {
    const before = this.entry(key);
    if (before !== undefined && isSameVersion(before, entry)) return;
    this.#contents.set(key, entry);
    this.#notify(changesBetween(key, before, entry));
  }

  /** Takes one object out, if it is there. */
  delete(key: string): void {
    const before = this.entry(key);
    if (before === undefined) return;
    this.#contents.delete(key);
    this.#notify([deletion(key, before)]);
  }

  /** Where a whole new state is put together, object by object, before {@link replace} takes it over. */
  emptyContents(): StoreContents<T> {
    return new StoreContents(this.#indexFunctions, (action) => this.#guard(action));
  }

  /**
   * Takes over a whole new state at once. Listeners learn only what differs, after everything is in place, and in time
   * slices: nothing may be put in or taken out until this resolves. In a history that was `rewound` a version that is known
   * may be another one, so that listeners learn of everything.
   */
  async replace(
    next: StoreContents<T>,
    { rewound, slice }: { readonly rewound: boolean; readonly slice: TimeSlice },
  ): Promise<void> {
    const before = this.#contents;
    this.#contents = next;
    const marked = (change: StoreChange<T>): StoreChange<T> => (rewound ? { ...change, rewound } : change);
    for (const [key, old] of before.entries) {
      if (!next.entries.has(key)) this.#notify([marked(deletion(key, old))]);
      if (slice.isUsedUp()) await slice.pass();
    }
    for (const [key, entry] of next.entries) {
      const old = before.entries.get(key);
      const isKnown = !rewound && old !== undefined && isSameVersion(old, entry);
      if (!isKnown) this.#notify(changesBetween(key, old, entry).map(marked));
      if (slice.isUsedUp()) await slice.pass();
    }
  }

  #notify(changes: readonly StoreChange<T>[]): void {
    for (const change of changes) for (const listener of this.#listeners) this.#guard(() => listener(change));
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      for (const listener of this.#errorListeners) listener(error);
    }
  }
}

function deletion<T>(key: string, { object }: StoreEntry<T>): StoreChange<T> {
  return { type: 'deleted', key, object, previous: object };
}

function changesBetween<T>(key: string, before: StoreEntry<T> | undefined, after: StoreEntry<T>): StoreChange<T>[] {
  if (before !== undefined && before.uid === after.uid)
    return [{ type: 'updated', key, object: after.object, previous: before.object }];

  const deleted = before === undefined ? [] : [deletion(key, before)];
  return [...deleted, { type: 'added', key, object: after.object, previous: undefined }];
}

function isSameVersion<T>(one: StoreEntry<T>, other: StoreEntry<T>): boolean {
  return one.uid === other.uid && one.resourceVersion === other.resourceVersion;
}

function deepFreeze(value: unknown): void {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
}
