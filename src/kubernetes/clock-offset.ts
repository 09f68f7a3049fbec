// How far this machine's clock is from the API server's, by the Date header of its answers: validity begins and ends by ours.

/** Settings; `now` is the wall clock, `monotonic` milliseconds for the time between two warnings. */
export interface ClockOffsetOptions {
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly onOffset: (seconds: number) => void;
  readonly onWarning: (message: string) => void;
}

// The header has whole seconds, and a busy process reads it late.
const toleratedSeconds = 30;
const warningMilliseconds = 10 * 60_000;

/** Compares and warns, at once and then every ten minutes while it lasts. */
export class ClockOffset {
  readonly #options: ClockOffsetOptions;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ClockOffsetOptions) {
    this.#options = options;
  }

  /** Takes the Date header of an answer that has just come. */
  take(header: string): void {
    const theirs = Date.parse(header);
    if (Number.isNaN(theirs)) return;
    const seconds = Math.round((this.#options.now() - theirs) / 1_000);
    this.#options.onOffset(seconds);
    const monotonic = this.#options.monotonic();
    if (Math.abs(seconds) <= toleratedSeconds || monotonic - this.#warnedAt < warningMilliseconds) return;
    this.#warnedAt = monotonic;
    const [direction, effect] = seconds > 0 ? ['ahead of', 'late'] : ['behind', 'early'];
    this.#options.onWarning(
      `This machine's clock is ${spelled(Math.abs(seconds))} ${direction} the API server's clock: certificates begin and end by so much too ${effect} unless it is the other that is wrong. Set the clock of the node.`,
    );
  }
}

function spelled(seconds: number): string {
  return seconds < 100 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
}
