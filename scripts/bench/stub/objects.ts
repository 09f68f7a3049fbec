// What the stub of the API server holds: objects by collection, each with its JSON made once, and the events of their watches.
import { randomUUID } from 'node:crypto';
import { applied } from './patch.ts';
import type { JsonObject } from './patch.ts';
import type { ResourcePath } from './resource-path.ts';

/** An object with the JSON in which it is sent. */
export interface StoredObject {
  readonly object: JsonObject;
  readonly text: string;
}

/** Gets the lines of a watch. */
export type Watcher = (line: string) => void;

interface Collection {
  readonly objects: Map<string, StoredObject>;
  /** The latest events with their versions, the oldest first. */
  readonly events: { readonly version: number; readonly line: string }[];
  readonly watchers: Set<Watcher>;
}

// As much as an API server would remember, and more than a run makes.
const mostEvents = 50_000;

/** All collections, with one count of versions. */
export class ObjectStore {
  readonly #collections = new Map<string, Collection>();
  #version = 1;

  get version(): string {
    return String(this.#version);
  }

  /** The object, or undefined when there is none. */
  get(path: ResourcePath): StoredObject | undefined {
    return this.#collection(path).objects.get(keyOf(path));
  }

  /** The objects of a collection, in one namespace or in all. */
  list({ collection, namespace }: ResourcePath): readonly StoredObject[] {
    const all = [...this.#collection({ collection }).objects];
    return all
      .filter(([key]) => namespace === undefined || key.startsWith(`${namespace}/`))
      .map(([, stored]) => stored);
  }

  /** Makes an object; what a server fills in is filled in unless it is there. */
  create(path: ResourcePath, object: JsonObject): StoredObject {
    const metadata = {
      creationTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
      generation: 1,
      uid: randomUUID(),
      ...(object['metadata'] as JsonObject),
    };
    return this.#put('ADDED', path, { ...object, metadata });
  }

  /** Merges a patch into an object; `conflict` when the patch names another version. */
  patch(path: ResourcePath, patch: JsonObject): StoredObject | 'absent' | 'conflict' {
    const present = this.get(path);
    if (present === undefined) return 'absent';
    const wanted = (patch['metadata'] as JsonObject | undefined)?.['resourceVersion'];
    if (wanted !== undefined && wanted !== (present.object['metadata'] as JsonObject)['resourceVersion'])
      return 'conflict';
    return this.#put('MODIFIED', path, applied(present.object, patch));
  }

  /** Takes away all objects of a collection. */
  clear(path: ResourcePath): void {
    const { objects } = this.#collection(path);
    for (const [key, { object }] of objects) {
      objects.delete(key);
      this.#tell(path, 'DELETED', withVersion(object, (this.#version += 1)));
    }
  }

  /** Tells a watcher of all events after a version, from now on too; undefined when some are forgotten. */
  watch(path: ResourcePath, after: number, watcher: Watcher): (() => void) | undefined {
    const { events, watchers } = this.#collection(path);
    const [oldest] = events;
    if (events.length === mostEvents && oldest !== undefined && after < oldest.version) return undefined;
    for (const { version, line } of events) if (version > after) watcher(line);
    watchers.add(watcher);
    return () => void watchers.delete(watcher);
  }

  #put(type: 'ADDED' | 'MODIFIED', path: ResourcePath, object: JsonObject): StoredObject {
    const stored = withVersion(object, (this.#version += 1));
    this.#collection(path).objects.set(keyOf(path), stored);
    this.#tell(path, type, stored);
    return stored;
  }

  #tell(path: ResourcePath, type: string, { text }: StoredObject): void {
    const { events, watchers } = this.#collection(path);
    const line = eventLine(type, text);
    events.push({ version: this.#version, line });
    if (events.length > mostEvents) events.shift();
    for (const watcher of watchers) watcher(line);
  }

  #collection({ collection }: Pick<ResourcePath, 'collection'>): Collection {
    const present = this.#collections.get(collection);
    if (present !== undefined) return present;
    const fresh: Collection = { objects: new Map(), events: [], watchers: new Set() };
    this.#collections.set(collection, fresh);
    return fresh;
  }
}

/** A line of a watch. */
export function eventLine(type: string, text: string): string {
  return `{"type":"${type}","object":${text}}\n`;
}

function withVersion(object: JsonObject, version: number): StoredObject {
  const metadata = { ...(object['metadata'] as JsonObject), resourceVersion: String(version) };
  const versioned = { ...object, metadata };
  return { object: versioned, text: JSON.stringify(versioned) };
}

function keyOf({ namespace, name }: ResourcePath): string {
  return `${namespace ?? ''}/${name ?? ''}`;
}
