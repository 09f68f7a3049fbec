// Keys that wait, first in, first out within their flow; the flows take turns, so that a flow of ten thousand keys delays
// the only key of another by one key and no more.

interface Place {
  readonly key: string;
  readonly flow: string;
  readonly since: number;
}

/** Waiting keys; `flowOf` tells to which flow a key belongs, all to the same one when it is not given. */
export class FairQueue {
  readonly #flowOf: (key: string) => string;
  readonly #byKey = new Map<string, Place>();
  readonly #flows = new Map<string, Line<Place>>();
  /** Each flow with keys, once, in the order of their turns. */
  readonly #turns = new Line<string>();

  constructor(flowOf: (key: string) => string = () => '') {
    this.#flowOf = flowOf;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** When the key that waits longest came; undefined when none waits. */
  get oldest(): number | undefined {
    let oldest: number | undefined;
    for (const line of this.#flows.values()) {
      const first = line.first((place) => this.#waits(place));
      if (first !== undefined && (oldest === undefined || first.since < oldest)) oldest = first.since;
    }
    return oldest;
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** Puts a key that does not wait yet at the end of its flow. */
  push(key: string, since: number): void {
    const flow = this.#flowOf(key);
    const place = { key, flow, since };
    this.#byKey.set(key, place);
    const known = this.#flows.get(flow);
    if (known !== undefined) return known.push(place);
    const line = new Line<Place>();
    line.push(place);
    this.#flows.set(flow, line);
    this.#turns.push(flow);
  }

  /** The first key of the flow whose turn it is; a flow that `admits` refuses loses this turn. */
  take(admits: (flow: string) => boolean = all): Place | undefined {
    const refused: string[] = [];
    const place = this.#takeTurn(admits, refused);
    for (const flow of refused) this.#turns.push(flow);
    return place;
  }

  /** Whether the key waited; it does not any more. */
  remove(key: string): boolean {
    return this.#byKey.delete(key);
  }

  #takeTurn(admits: (flow: string) => boolean, refused: string[]): Place | undefined {
    for (let flow = this.#turns.take(); flow !== undefined; flow = this.#turns.take()) {
      if (!admits(flow)) {
        refused.push(flow);
        continue;
      }
      const line = this.#flows.get(flow);
      const place = line?.take((candidate) => this.#waits(candidate));
      if (line === undefined || place === undefined) {
        this.#flows.delete(flow);
        continue;
      }
      this.#byKey.delete(place.key);
      if (line.first((candidate) => this.#waits(candidate)) === undefined) this.#flows.delete(flow);
      else this.#turns.push(flow);
      return place;
    }
    return undefined;
  }

  #waits(place: Place): boolean {
    return this.#byKey.get(place.key) === place;
  }
}

const all = (): boolean => true;

/** First in, first out, by an index into an array: taking from the front of a Set or Map of many keys is slow. */
class Line<Item> {
  #items: Item[] = [];
  #head = 0;

  push(item: Item): void {
    this.#items.push(item);
  }

  take(counts: (item: Item) => boolean = all): Item | undefined {
    const item = this.first(counts);
    if (item !== undefined) this.#head += 1;
    return item;
  }

  // Items that do not count any more are skipped here, and dropped when they are half of the array.
  first(counts: (item: Item) => boolean): Item | undefined {
    let first = this.#items[this.#head];
    while (first !== undefined && !counts(first)) {
      this.#head += 1;
      first = this.#items[this.#head];
    }
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}
