// Keys by the time they are due: a binary heap in which a key may be brought forward.

interface Entry {
  readonly key: string;
  readonly due: number;
}

const staleEntriesAllowed = 64;

/** Earliest first; a key added twice counts at the earlier time. Times are milliseconds of any one clock. */
export class DelayHeap {
  #heap: Entry[] = [];
  readonly #dueByKey = new Map<string, number>();

  /** Number of keys. */
  get size(): number {
    return this.#dueByKey.size;
  }

  /** When the earliest key is due; undefined when there is none. */
  get earliest(): number | undefined {
    this.#dropStale();
    return this.#heap[0]?.due;
  }

  /** Adds the key, or brings it forward. */
  add(key: string, due: number): void {
    const known = this.#dueByKey.get(key);
    if (known !== undefined && known <= due) return;
    this.#dueByKey.set(key, due);
    if (this.#heap.length > 2 * this.#dueByKey.size + staleEntriesAllowed) this.#rebuild();
    else this.#push({ key, due });
  }

  /** Removes the key, if it is there. */
  remove(key: string): void {
    // Its entry stays in the heap and is dropped when it comes to the top.
    this.#dueByKey.delete(key);
  }

  /** Takes the keys that are due at `now`, earliest first. */
  takeDue(now: number): readonly string[] {
    const due: string[] = [];
    for (let at = this.earliest; at !== undefined && at <= now; at = this.earliest) {
      const { key } = this.#removeFirst();
      this.#dueByKey.delete(key);
      due.push(key);
    }
    return due;
  }

  #push(entry: Entry): void {
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  // A key that is put far off and removed again and again would otherwise leave an entry each time until that is due.
  #rebuild(): void {
    this.#heap = [];
    for (const [key, due] of this.#dueByKey) this.#push({ key, due });
  }

  #dropStale(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#dueByKey.get(first.key) === first.due) return;
      this.#removeFirst();
    }
  }

  #removeFirst(): Entry {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) throw new RangeError('the heap is empty');
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
    return first;
  }

  #rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#dueAt(parent) <= this.#dueAt(index)) return;
      this.#swap(parent, index);
      index = parent;
    }
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const smaller = this.#dueAt(left + 1) < this.#dueAt(left) ? left + 1 : left;
      if (this.#dueAt(smaller) >= this.#dueAt(index)) return;
      this.#swap(smaller, index);
      index = smaller;
    }
  }

  #dueAt(index: number): number {
    return this.#heap[index]?.due ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}
