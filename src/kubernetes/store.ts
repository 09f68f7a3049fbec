// The objects of one collection in memory, as small as their owner makes them, with indexes and change notices.
// Objects are frozen; an object replaced by another of the same name (other uid) counts as deleted and added.
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

const calm = { rewound: false } as const;

/** Objects by key (`namespace/name`, or `name`) and by index. */
export class Store<T> {
  readonly #indexFunctions: readonly (readonly [string, IndexFunction<T>])[];
  #entries = new Map<string, StoreEntry<T>>();
  #indexes: Map<string, Map<string, Set<string>>>;
  readonly #listeners: ((change: StoreChange<T>) => void)[] = [];
  readonly #errorListeners: ((error: unknown) => void)[] = [];

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>> = {}) {
    this.#indexFunctions = Object.entries(indexes);
    this.#indexes = this.#emptyIndexes();
  }

  /** Number of objects. */
  get size(): number {
    return this.#entries.size;
  }

  /** The object of that key. */
  get(key: string): T | undefined {
    return this.#entries.get(key)?.object;
  }

  /** The object with its uid and resourceVersion. */
  entry(key: string): StoreEntry<T> | undefined {
    return this.#entries.get(key);
  }

  /** Every key. */
  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Every object. */
  list(): T[] {
    return Array.from(this.#entries.values(), ({ object }) => object);
  }

  /** The objects that an index lists under a value. Throws when there is no such index. */
  byIndex(index: string, value: string): readonly T[] {
    return this.keysByIndex(index, value).flatMap((key) => this.#entries.get(key)?.object ?? []);
  }

  /** The keys that an index lists under a value. Throws when there is no such index. */
  keysByIndex(index: string, value: string): readonly string[] {
    const values = this.#indexes.get(index);
    if (values === undefined) throw new Error(`The store has no index ${index}.`);
    return [...(values.get(value) ?? [])];
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
    const before = this.#entries.get(key);
    if (before !== undefined && isSameVersion(before, entry)) return;
    const stored = frozen(entry);
    if (before !== undefined) this.#unindex(this.#indexes, key, before.object);
    this.#entries.set(key, stored);
    this.#index(this.#indexes, key, stored.object);
    this.#notify(changesBetween(key, before, stored));
  }

  /** Takes one object out, if it is there. */
  delete(key: string): void {
    const before = this.#entries.get(key);
    if (before === undefined) return;
    this.#entries.delete(key);
    this.#unindex(this.#indexes, key, before.object);
    this.#notify([{ type: 'deleted', key, object: before.object, previous: before.object }]);
  }

  /**
   * Takes over a whole new state at once; listeners learn only what differs, after everything is in place. In a history
   * that was `rewound` a version that is known may be another one, so that listeners learn of everything.
   */
  replace(entries: ReadonlyMap<string, StoreEntry<T>>, { rewound }: { readonly rewound: boolean } = calm): void {
    const before = this.#entries;
    const after = new Map<string, StoreEntry<T>>();
    const indexes = this.#emptyIndexes();
    const changes: StoreChange<T>[] = [];
    for (const [key, { object }] of before)
      if (!entries.has(key)) changes.push({ type: 'deleted', key, object, previous: object });
    for (const [key, entry] of entries) {
      const old = before.get(key);
      const kept = !rewound && old !== undefined && isSameVersion(old, entry) ? old : frozen(entry);
      after.set(key, kept);
      this.#index(indexes, key, kept.object);
      if (kept !== old) changes.push(...changesBetween(key, old, kept));
    }
    this.#entries = after;
    this.#indexes = indexes;
    this.#notify(rewound ? changes.map((change) => ({ ...change, rewound })) : changes);
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

  #emptyIndexes(): Map<string, Map<string, Set<string>>> {
    return new Map(this.#indexFunctions.map(([name]) => [name, new Map<string, Set<string>>()]));
  }

  #index(indexes: Map<string, Map<string, Set<string>>>, key: string, object: T): void {
    for (const [name, valuesOf] of this.#indexFunctions) {
      this.#guard(() => {
        for (const value of valuesOf(object)) {
          const values = indexes.get(name);
          const keys = values?.get(value) ?? new Set();
          values?.set(value, keys.add(key));
        }
      });
    }
  }

  #unindex(indexes: Map<string, Map<string, Set<string>>>, key: string, object: T): void {
    for (const [name, valuesOf] of this.#indexFunctions) {
      this.#guard(() => {
        for (const value of valuesOf(object)) {
          const keys = indexes.get(name)?.get(value);
          keys?.delete(key);
          if (keys?.size === 0) indexes.get(name)?.delete(value);
        }
      });
    }
  }
}

function changesBetween<T>(key: string, before: StoreEntry<T> | undefined, after: StoreEntry<T>): StoreChange<T>[] {
  if (before !== undefined && before.uid === after.uid)
    return [{ type: 'updated', key, object: after.object, previous: before.object }];

  const deleted: StoreChange<T>[] =
    before === undefined ? [] : [{ type: 'deleted', key, object: before.object, previous: before.object }];
  return [...deleted, { type: 'added', key, object: after.object, previous: undefined }];
}

function isSameVersion<T>(one: StoreEntry<T>, other: StoreEntry<T>): boolean {
  return one.uid === other.uid && one.resourceVersion === other.resourceVersion;
}

function frozen<T>(entry: StoreEntry<T>): StoreEntry<T> {
  deepFreeze(entry.object);
  return entry;
}

function deepFreeze(value: unknown): void {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
}
