// A map whose keys come from outside, so that it must end: what was not used for a day is dropped, and so is what was used
// longest ago where there is too much.
import type { Clock } from './clock.ts';

/** How much is kept, and how long without use, in milliseconds. */
export interface RecentMapOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly unusedMs?: number;
  readonly most?: number;
}

const dayMs = 24 * 3_600_000;
const mostEntries = 10_000;

/** Values by key, the least recently used first. Only what has nothing to lose but time belongs here. */
export class RecentMap<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly usedAt: number }>();
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #unusedMs: number;
  readonly #most: number;

  constructor({ clock, unusedMs = dayMs, most = mostEntries }: RecentMapOptions) {
    this.#clock = clock;
    this.#unusedMs = unusedMs;
    this.#most = most;
  }

  /** The value of a key, which `make` makes where there is none. It counts as used now. */
  use(key: string, make: () => Value): Value {
    this.#dropUnused();
    const value = this.#entries.get(key)?.value ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, { value, usedAt: this.#clock.monotonic() });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#most && oldest !== undefined) this.#entries.delete(oldest);
    return value;
  }

  /** The value of a key, which does not count as used. */
  peek(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Whether a key was used lately, which does not count as used. */
  has(key: string): boolean {
    this.#dropUnused();
    return this.#entries.has(key);
  }

  /** How many there are. */
  get size(): number {
    this.#dropUnused();
    return this.#entries.size;
  }

  #dropUnused(): void {
    const since = this.#clock.monotonic() - this.#unusedMs;
    for (const [key, { usedAt }] of this.#entries) {
      if (usedAt > since) return;
      this.#entries.delete(key);
    }
  }
}
