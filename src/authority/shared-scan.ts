// One reading of a long list for everyone who asks at the same time, kept for those who ask later about an earlier moment.
// It continues in the background: a caller waits a little and comes back. What is read is shared, and not what is refused: each
// reader has credentials of its own.
import type { PcaFailure } from '../alibaba/errors.ts';
import type { Clock } from '../timing/clock.ts';
import { backoff } from '../timing/backoff.ts';
import type { Backoff } from '../timing/backoff.ts';
import { startDeadline } from '../timing/deadline.ts';

interface Unsettled {
  readonly kind: 'unsettled';
  readonly message: string;
}

/** Why a list could not be read: the cloud's answer, or one that says nothing. */
export type ScanFailure = Unsettled | { readonly kind: 'failed'; readonly failure: PcaFailure };

/** What a reading found, and from when on it is complete (wall clock, ms). */
export interface Scanned<Found> {
  readonly kind: 'ok';
  readonly found: Found;
  readonly from: number;
}

/** A list that has no end, or none that is worth waiting for; `message` says how that was seen. */
export interface EndlessList {
  readonly kind: 'endless';
  readonly message: string;
}

type Outcome<Found> = Scanned<Found> | ScanFailure;

/** Reads the list back to `from` (wall clock, ms), with the credentials of whoever asks. */
export type Reader<Found> = (from: number, signal: AbortSignal) => Promise<Outcome<Found> | EndlessList>;

/**
 * `since`: the reading must begin after this moment (the process's monotonic clock, ms: the wall clock may be set meanwhile).
 * `from`: it must go back to this one at least (wall clock, ms: it is compared with PCA's dates).
 */
export interface ScanWindow {
  readonly since: number;
  readonly from: number;
}

/** A reading that has ended. */
interface Kept<Found> {
  /** Monotonic, ms; so is `usedAt`. */
  readonly startedAt: number;
  readonly scanned: Scanned<Found>;
  usedAt: number;
}

interface Running<Found> {
  readonly kind: 'running';
  readonly reader: Reader<Found>;
  /** Monotonic, ms. */
  readonly startedAt: number;
  readonly from: number;
  readonly outcome: Promise<Outcome<Found>>;
}

// Requests that ask about nearly the same time share a reading.
const roundMs = 24 * 3_600_000;
const longestWaitMs = 5_000;
const longestReadingMs = 15 * 60_000;
// A list may be long, and most are read once, after a change of leader.
const keptUnusedMs = 10 * 60_000;
// One that was begun too early for somebody, and the one that replaces it.
const mostReadings = 2;
const tooLong = `The list of the CA's certificates was not read to its end in ${longestReadingMs / 60_000} min.`;
const stillRead: Unsettled = {
  kind: 'unsettled',
  message: "The list of the CA's certificates is still being read.",
};
// After a list without end.
const pauses: Backoff = { baseMs: 60_000, maxMs: 3_600_000 };

/** The clock of readings. */
export type ScanClock = Pick<Clock, 'monotonic' | 'startTimer' | 'random'>;

/** Readings of one list, each by the reader who asked first: two at a time, and none for a while after one without end. */
export class SharedScan<Found> {
  readonly #clock: ScanClock;
  #last: Kept<Found> | undefined;
  #stopForgetting = (): void => {};
  /** The newest reading of each reader that has not ended. */
  readonly #running = new Map<Reader<Found>, Running<Found>>();
  #readings = 0;
  #endless = 0;
  /** The last list without end, and when another is read (monotonic, ms). */
  #pause: { readonly message: string; readonly until: number } | undefined;

  constructor(clock: ScanClock) {
    this.#clock = clock;
  }

  /** The last reading, until nobody has asked for ten minutes. */
  get last(): Found | undefined {
    if (this.#last !== undefined) this.#last.usedAt = this.#clock.monotonic();
    return this.#last?.scanned.found;
  }

  /**
   * A reading of the window that answers what is asked; `unsettled` while it takes longer than a few seconds, and where
   * the next one has to be waited for. Equal readers are one.
   */
  async read(
    reader: Reader<Found>,
    window: ScanWindow,
    signal: AbortSignal,
    answers: (found: Found) => boolean = () => true,
  ): Promise<Outcome<Found>> {
    const last = this.#last;
    if (last !== undefined && serves(window, last.startedAt, last.scanned.from) && answers(last.scanned.found)) {
      last.usedAt = this.#clock.monotonic();
      return last.scanned;
    }
    const outcome = await this.#outcome(reader, window, signal);
    return outcome.kind === 'ok' && !answers(outcome.found) ? stillRead : outcome;
  }

  async #outcome(reader: Reader<Found>, window: ScanWindow, signal: AbortSignal): Promise<Outcome<Found>> {
    const running = this.#own(reader, window) ?? this.#others(window) ?? this.#begin(reader, window);
    if (running.kind === 'unsettled') return running;
    const outcome = await this.#wait(running, signal);
    if (outcome.kind !== 'failed' || running.reader === reader) return outcome;
    // What the cloud answered to others says nothing about these credentials.
    const own = this.#own(reader, window) ?? this.#begin(reader, window);
    return own.kind === 'unsettled' ? own : this.#wait(own, signal);
  }

  async #wait({ outcome }: Running<Found>, signal: AbortSignal): Promise<Outcome<Found>> {
    using deadline = startDeadline(longestWaitMs, signal, this.#clock);
    const waited = await deadline.wait(outcome);
    switch (waited.kind) {
      case 'value':
        return waited.value;
      case 'thrown':
        throw waited.thrown;
      case 'Cancelled':
      case 'DeadlineExceeded':
        return stillRead;
    }
  }

  #own(reader: Reader<Found>, window: ScanWindow): Running<Found> | undefined {
    const own = this.#running.get(reader);
    return own !== undefined && serves(window, own.startedAt, own.from) ? own : undefined;
  }

  #others(window: ScanWindow): Running<Found> | undefined {
    return [...this.#running.values()].find(({ startedAt, from }) => serves(window, startedAt, from));
  }

  #begin(reader: Reader<Found>, window: ScanWindow): Running<Found> | Unsettled {
    const pause = this.#pause;
    if (pause !== undefined && pause.until > this.#clock.monotonic())
      return { kind: 'unsettled', message: pause.message };
    return this.#readings < mostReadings ? this.#start(reader, window) : stillRead;
  }

  #start(reader: Reader<Found>, window: ScanWindow): Running<Found> {
    const startedAt = this.#clock.monotonic();
    const from = Math.floor(window.from / roundMs) * roundMs;
    const running = { kind: 'running', reader, startedAt, from, outcome: this.#run(reader, startedAt, from) } as const;
    this.#running.set(reader, running);
    const end = (): void => {
      if (this.#running.get(reader) === running) this.#running.delete(reader);
    };
    running.outcome.then(end, end);
    return running;
  }

  async #run(reader: Reader<Found>, startedAt: number, from: number): Promise<Outcome<Found>> {
    using deadline = startDeadline(longestReadingMs, undefined, this.#clock);
    this.#readings += 1;
    try {
      const outcome = await reader(from, deadline.signal);
      if (outcome.kind === 'endless') return this.#paused(outcome.message);
      if (outcome.kind !== 'ok' && deadline.signal.aborted) return this.#paused(tooLong);
      if (outcome.kind === 'ok') {
        this.#keep({ startedAt, scanned: outcome, usedAt: this.#clock.monotonic() });
        this.#endless = 0;
      }
      return outcome;
    } finally {
      this.#readings -= 1;
    }
  }

  #keep(kept: Kept<Found>): void {
    this.#last = kept;
    this.#forgetAfter(keptUnusedMs);
  }

  #forgetAfter(ms: number): void {
    this.#stopForgetting();
    this.#stopForgetting = this.#clock.startTimer(() => {
      const leftMs = (this.#last?.usedAt ?? -Infinity) + keptUnusedMs - this.#clock.monotonic();
      if (leftMs > 0) this.#forgetAfter(leftMs);
      else this.#last = undefined;
    }, ms);
  }

  /** Who asks all the time would have an endless list read all the time. */
  #paused(fault: string): ScanFailure {
    const message = `${fault} It is read again within the hour.`;
    this.#pause = { message, until: this.#clock.monotonic() + backoff(this.#endless, pauses, this.#clock) };
    this.#endless += 1;
    return { kind: 'unsettled', message };
  }
}

// One that began before `since` may have passed the page on which the certificate appeared later.
function serves({ since, from }: ScanWindow, startedAt: number, readFrom: number): boolean {
  return startedAt >= since && readFrom <= from;
}
