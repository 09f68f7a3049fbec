// Approved requests as the watch brought them, so that the usual request costs no read of its own. Only what this process alone can
// have answered is taken from here: a version from after this replica began to lead holds whatever a former leader wrote, and from
// the first call on the request is read live (docs/adr/0022-requests-from-the-watch.md).
import { isOlder } from '../../../kubernetes/resource-version.ts';
import type { Clock } from '../../../timing/clock.ts';

/** What is needed of an object to keep it. */
interface Versioned {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string };
}

/** How much is kept: whole objects, of some kilobytes each. */
export const mostWatchedRequests = 4_000;
/** How long one is believed after it arrived, in milliseconds: a watch that stands still says nothing of a deletion. */
export const believedMs = 60_000;

/** The whole objects of open requests of one kind. */
export class WatchedRequests<T extends Versioned> {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #held = new Map<string, { readonly object: T; readonly at: number }>();
  /** UIDs of those that are read live from now on. */
  readonly #spent = new Set<string>();
  #ledFrom: string | undefined;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /**
   * This replica leads, and the collection stood at this version then. Nothing is kept before, nor where the version is not
   * known.
   */
  lead(resourceVersion: string | undefined): void {
    this.#ledFrom = resourceVersion;
  }

  /** Whether this version was there when this replica began to lead; false where that is not known. */
  wasBefore(resourceVersion: string): boolean {
    return resourceVersion === this.#ledFrom || isOlder(resourceVersion, this.#ledFrom ?? '');
  }

  /** An approved request that has no end yet was listed or watched. */
  hold(object: T): void {
    const { uid, resourceVersion } = object.metadata;
    if (this.#ledFrom === undefined || !isOlder(this.#ledFrom, resourceVersion) || this.#spent.has(uid)) return;
    if (this.#held.size >= mostWatchedRequests && !this.#held.has(uid)) return;
    this.#held.set(uid, { object, at: this.#clock.monotonic() });
  }

  /** The request as it was watched last; undefined where it must be read live. */
  get(uid: string): T | undefined {
    const held = this.#held.get(uid);
    if (held === undefined || this.#clock.monotonic() - held.at < believedMs) return held?.object;
    this.#held.delete(uid);
    return undefined;
  }

  /** Something was done about the request, which the watch shows only later: it is read live from now on. */
  spend(uid: string): void {
    this.#held.delete(uid);
    this.#spent.add(uid);
  }

  /** The request is open no longer. */
  forget(uid: string): void {
    this.#held.delete(uid);
    this.#spent.delete(uid);
  }

  /** How many requests are known, whole or to be read live. */
  get size(): number {
    return this.#held.size + this.#spent.size;
  }
}
