// A service with a limit per second, and callers that always want to call, in virtual time: a minute takes a moment, and two
// runs give the same figures. The limit is the simulator's own.
import { RateWindow } from '../../simulator/rate-window.ts';

/** A scenario: the limit at each second, for so many seconds. */
export interface Scenario {
  readonly name: string;
  readonly limitAt: (second: number) => number;
  readonly seconds: number;
}

/** One second of a run. */
export interface Second {
  readonly limit: number;
  readonly accepted: number;
  readonly throttled: number;
}

/** Time that moves only when it is told to, in whole milliseconds; timers fire in order. */
export class VirtualClock {
  #now = 0;
  readonly #timers = new Map<number, { run: (() => void) | undefined }[]>();

  readonly now = (): number => this.#now;

  readonly setTimer = (run: () => void, milliseconds: number): (() => void) => {
    const timer: { run: (() => void) | undefined } = { run };
    const due = Math.ceil(this.#now + milliseconds);
    const others = this.#timers.get(due);
    if (others === undefined) this.#timers.set(due, [timer]);
    else others.push(timer);
    return () => (timer.run = undefined);
  };

  /** Runs every timer up to `end` (milliseconds). */
  advanceTo(end: number): void {
    for (; ; this.#now += 1) {
      const due = this.#timers.get(this.#now) ?? [];
      // Timers of no time at all join the same list.
      for (const timer of due) timer.run?.();
      this.#timers.delete(this.#now);
      if (this.#now >= end) return;
    }
  }
}

/** What the service did second by second. */
export class LimitedService {
  readonly #clock: VirtualClock;
  readonly #scenario: Scenario;
  readonly #window = new RateWindow();
  readonly #seconds: { accepted: number; throttled: number }[];

  constructor(clock: VirtualClock, scenario: Scenario) {
    this.#clock = clock;
    this.#scenario = scenario;
    this.#seconds = Array.from({ length: scenario.seconds }, () => ({ accepted: 0, throttled: 0 }));
  }

  /** A call; the answer, whether it was throttled, comes after `latency` milliseconds. */
  call(latency: number, answer: (throttled: boolean) => void): void {
    const second = Math.floor(this.#clock.now() / 1_000);
    const accepted = this.#window.admits('', this.#scenario.limitAt(second), this.#clock.now());
    const tally = this.#seconds[second];
    if (tally !== undefined) tally[accepted ? 'accepted' : 'throttled'] += 1;
    this.#clock.setTimer(() => answer(!accepted), latency);
  }

  /** Every second so far. */
  get seconds(): readonly Second[] {
    return this.#seconds.map((tally, second) => ({ limit: this.#scenario.limitAt(second), ...tally }));
  }
}
