// Bounded places that many flows share, where one flow may keep its places for long: how many a flow may have depends on how
// many are free, so that whoever comes with nothing in hand finds one, however many others are stuck.

/** Who has how many places. */
export class FlowShares {
  readonly #weight: number;
  readonly #taken = new Map<string, number>();

  /**
   * A flow may take a place while it has fewer than `weight` times the free ones: of n places a single flow gets
   * n * weight / (1 + weight), and k flows leave n / (1 + k * weight) free.
   */
  constructor(weight: number) {
    this.#weight = weight;
  }

  /** Whether the flow may take one of so many free places. */
  admits(flow: string, free: number): boolean {
    return (this.#taken.get(flow) ?? 0) < this.#weight * free;
  }

  /** The flow takes a place. */
  take(flow: string): void {
    this.#taken.set(flow, (this.#taken.get(flow) ?? 0) + 1);
  }

  /** The flow gives a place back. */
  giveBack(flow: string): void {
    const left = (this.#taken.get(flow) ?? 0) - 1;
    if (left > 0) this.#taken.set(flow, left);
    else this.#taken.delete(flow);
  }
}
