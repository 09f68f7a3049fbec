// How far this machine's clock is from the API server's, by the Date header of its answers: our clock sets when validity
// begins and ends.
import type { Clock } from '../timing/clock.ts';

/** Settings; the time between two warnings is measured, not read off the wall clock that is doubted. */
export interface ClockOffsetOptions {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly onOffset: (seconds: number) => void;
  readonly onWarning: (message: string) => void;
}

// The header has whole seconds, and a busy process reads it late.
const toleratedSeconds = 30;
const warningMs = 10 * 60_000;

/** Compares, and warns at once and then every ten minutes as long as the offset lasts. */
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
    const { clock } = this.#options;
    const seconds = Math.round((clock.now().getTime() - theirs) / 1_000);
    this.#options.onOffset(seconds);
    const monotonic = clock.monotonic();
    if (Math.abs(seconds) <= toleratedSeconds || monotonic - this.#warnedAt < warningMs) return;
    this.#warnedAt = monotonic;
    const [direction, effect] = seconds > 0 ? ['ahead of', 'late'] : ['behind', 'early'];
    this.#options.onWarning(
      `This machine's clock is ${spelled(Math.abs(seconds))} ${direction} the API server's clock: certificates begin and end that much too ${effect}, unless the API server's clock is the wrong one. Set the clock of the node.`,
    );
  }
}

function spelled(seconds: number): string {
  return seconds < 100 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
}
