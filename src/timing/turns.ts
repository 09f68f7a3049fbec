// Dear work that comes from outside: what arrives together is not done together in one turn of the event loop, so that timers and
// other connections wait for little of it.
import type { Clock } from './clock.ts';

const waiting: (() => void)[] = [];

/** Resolves in a turn of the event loop that nobody else has who asked here, in the order of asking. */
export async function ownTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(giveTurn);
  });
}

// What a promise leads to is done before the next immediate, and that one comes in the turn after this.
function giveTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(giveTurn);
}

/**
 * A share of each turn of the event loop, for small pieces of work of which nobody knows how many arrive together. Whoever finds
 * it used up comes back in a later turn.
 */
export class TurnShare {
  readonly #ms: number;
  readonly #monotonic: Clock['monotonic'];
  readonly #waiting: (() => void)[] = [];
  #startedAt: number | undefined;

  /** `ms`: milliseconds of a turn, from the first question in it. */
  constructor(ms: number, { monotonic }: Pick<Clock, 'monotonic'>) {
    this.#ms = ms;
    this.#monotonic = monotonic;
  }

  /** Whether the share of this turn is used up. */
  isUsedUp(): boolean {
    this.#begin();
    return this.#startedAt !== undefined && this.#monotonic() - this.#startedAt >= this.#ms;
  }

  /** Runs something in a later turn, in the order of asking. */
  later(run: () => void): void {
    this.#begin();
    this.#waiting.push(run);
  }

  /** Resolves in a later turn, of which others may have used up the share. */
  async laterTurn(): Promise<void> {
    return new Promise((resolve) => this.later(resolve));
  }

  #begin(): void {
    if (this.#startedAt !== undefined) return;
    this.#startedAt = this.#monotonic();
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#startedAt = undefined;
    const runs = this.#waiting.splice(0);
    if (runs.length === 0) return;
    this.#begin();
    for (const run of runs) run();
  }
}
