// A clock that stands still until a test advances it; timers fire in order while it does.

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/** Monotonic milliseconds with timers, and the same as wall clock. */
export class FakeClock {
  #now = 1_000_000;
  readonly #timers = new Set<Timer>();

  readonly now = (): number => this.#now;
  readonly date = (): Date => new Date(Date.UTC(2026, 10, 22) + this.#now);

  /** Starts a timer; the returned function stops it. */
  readonly setTimer = (run: () => void, milliseconds: number): (() => void) => {
    const timer = { due: this.#now + milliseconds, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Lets time pass without any timer, as when the process did not run. */
  skip(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** Lets time pass. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.run();
    }
    this.#now = end;
  }
}
