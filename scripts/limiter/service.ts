// A service with a limit per second, and callers that always want to call, in virtual time: a minute takes a moment, and two
// runs give the same figures. The limit is the simulator's own.
import { RateWindow } from '../../simulator/rate-window.ts';
import type { PcaOutcome } from '../../src/alibaba/call.ts';
import type { Clock } from '../../src/timing/clock.ts';

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
export class VirtualClock implements Clock {
  #monotonic = 0;
  readonly #timers = new Map<number, { run: (() => void) | undefined }[]>();

  readonly now = (): Date => new Date(this.#monotonic);
  readonly monotonic = (): number => this.#monotonic;
  readonly random = (): number => 0.5;

  readonly startTimer = (run: () => void, ms: number): (() => void) => {
    const timer: { run: (() => void) | undefined } = { run };
    const due = Math.ceil(this.#monotonic + ms);
    const others = this.#timers.get(due);
    if (others === undefined) this.#timers.set(due, [timer]);
    else others.push(timer);
    return () => (timer.run = undefined);
  };

  /** Runs every timer up to `end` (milliseconds), each with all that follows from it. */
  async advanceTo(end: number): Promise<void> {
    await settled();
    for (; ; this.#monotonic += 1) {
      // Timers of no time at all join the same list.
      for (const timer of this.#timers.get(this.#monotonic) ?? []) {
        timer.run?.();
        await settled();
      }
      this.#timers.delete(this.#monotonic);
      if (this.#monotonic >= end) return;
    }
  }
}

/** Lets promises go on until none can. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

const answered: PcaOutcome = { kind: 'ok', body: {}, requestId: undefined };
const throttled: PcaOutcome = {
  kind: 'failed',
  failure: {
    service: 'PCA',
    class: 'Throttled',
    code: 'Throttling',
    httpStatus: 400,
    requestId: undefined,
    message: '',
    accessDenied: undefined,
    mayHaveIssued: false,
  },
};

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

  /** A call; it is counted at once and answered after `latencyMs`. */
  async call(latencyMs: number): Promise<PcaOutcome> {
    const now = this.#clock.monotonic();
    const second = Math.floor(now / 1_000);
    const accepted = this.#window.admits('', this.#scenario.limitAt(second), now);
    const tally = this.#seconds[second];
    if (tally !== undefined) tally[accepted ? 'accepted' : 'throttled'] += 1;
    await new Promise<void>((resolve) => this.#clock.startTimer(resolve, latencyMs));
    return accepted ? answered : throttled;
  }

  /** Every second so far. */
  get seconds(): readonly Second[] {
    return this.#seconds.map((tally, second) => ({ limit: this.#scenario.limitAt(second), ...tally }));
  }
}
