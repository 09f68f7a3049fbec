/** By how much each piece of a watch is late; `random` gives numbers in [0, 1). Pieces keep their order. */
export interface Lateness {
  readonly lowMs: number;
  readonly highMs: number;
  readonly random: () => number;
}

/** Passes the pieces of one answer on in their order, each as late as it is to be. */
export class LatePieces {
  readonly #lateness: () => Lateness | undefined;
  readonly #waiting: (() => unknown)[] = [];
  #last = 0;

  /** `lateness` says how late the next piece is; undefined is: not at all. */
  constructor(lateness: () => Lateness | undefined) {
    this.#lateness = lateness;
  }

  /** Calls `send` when the piece is due and all before it are sent. */
  pass(send: () => unknown): void {
    const now = performance.now();
    const lateness = this.#lateness();
    const late = lateness === undefined ? 0 : lateness.lowMs + lateness.random() * (lateness.highMs - lateness.lowMs);
    this.#last = Math.max(this.#last, now + late);
    if (this.#last <= now && this.#waiting.length === 0) {
      send();
      return;
    }
    this.#waiting.push(send);
    // Timers do not fire in the order of their dates: each sends whatever is next. Pieces in another order are another stream,
    // which cert-manager's reader of Protobuf frames waits on for ever.
    setTimeout(() => this.#waiting.shift()?.(), this.#last - now);
  }
}
