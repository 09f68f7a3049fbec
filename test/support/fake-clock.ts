// A clock that stands still until a test advances it; timers fire in order while it does.
import type { Clock } from '../../src/timing/clock.ts';

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/** Both clocks advance together; the wall clock alone can jump as well. Its members work without their clock. */
export class FakeClock implements Clock {
  #monotonic = 1_000_000;
  /** What the wall clock shows at monotonic 0. */
  #epoch = Date.UTC(2026, 10, 22);
  readonly #timers = new Set<Timer>();

  constructor(random: () => number = () => 0.5) {
    this.random = random;
  }

  readonly now = (): Date => new Date(this.#epoch + this.#monotonic);
  readonly monotonic = (): number => this.#monotonic;
  /** May be replaced. */
  random: () => number;

  /** Starts a timer; the returned function stops it. */
  readonly startTimer = (run: () => void, ms: number): (() => void) => {
    const timer = { due: this.#monotonic + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Number of timers that run. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass without any timer, as when the process did not run. */
  skip(ms: number): void {
    this.#monotonic += ms;
  }

  /** Sets the wall clock forward, or back when `ms` is negative; nothing else notices. */
  jump(ms: number): void {
    this.#epoch += ms;
  }

  /** Lets time pass. */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#monotonic = Math.max(this.#monotonic, next.due);
      next.run();
    }
    this.#monotonic = Math.max(this.#monotonic, end);
  }
}
