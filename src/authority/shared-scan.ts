// One reading of a long list for everyone who asks at the same time, kept for those who ask later about an earlier moment.
// It continues in the background: a caller waits a little and comes back.
import type { PcaFailure } from '../alibaba/errors.ts';
import type { Clock } from '../timing/clock.ts';
import { startDeadline } from '../timing/deadline.ts';

/** Why a list could not be read: the cloud's answer, or one that says nothing. */
export type ScanFailure =
  { readonly kind: 'unsettled'; readonly message: string } | { readonly kind: 'failed'; readonly failure: PcaFailure };

/** What a reading found, and from when on it is complete (wall clock, ms). */
export interface Scanned<Found> {
  readonly kind: 'ok';
  readonly found: Found;
  readonly from: number;
}

type Outcome<Found> = Scanned<Found> | ScanFailure;

/**
 * `since`: the reading must begin after this moment (the process's monotonic clock, ms: the wall clock may be set meanwhile).
 * `from`: it must go back to this one at least (wall clock, ms: it is compared with PCA's dates).
 */
export interface ScanWindow {
  readonly since: number;
  readonly from: number;
}

interface Running<Found> {
  /** Monotonic, ms. */
  readonly startedAt: number;
  readonly from: number;
  readonly outcome: Promise<Outcome<Found>>;
}

// Requests that ask about nearly the same time share a reading.
const roundMs = 24 * 3_600_000;
const longestWaitMs = 5_000;
const longestReadingMs = 15 * 60_000;

/** The clock of readings. */
export type ScanClock = Pick<Clock, 'monotonic' | 'startTimer'>;

/** Readings of one list; `read` reads it back to `from`. */
export class SharedScan<Found> {
  readonly #read: (from: number, signal: AbortSignal) => Promise<Outcome<Found>>;
  readonly #clock: ScanClock;
  #last: { readonly startedAt: number; readonly scanned: Scanned<Found> } | undefined;
  #running: Running<Found> | undefined;

  constructor(read: (from: number, signal: AbortSignal) => Promise<Outcome<Found>>, clock: ScanClock) {
    this.#read = read;
    this.#clock = clock;
  }

  /** The last reading, whenever it was. */
  get last(): Found | undefined {
    return this.#last?.scanned.found;
  }

  /** A reading of the window; `unsettled` while it takes longer than a few seconds. */
  async read({ since, from }: ScanWindow, signal: AbortSignal): Promise<Outcome<Found>> {
    const last = this.#last;
    if (last !== undefined && last.startedAt >= since && last.scanned.from <= from) return last.scanned;
    // One that began before `since` may have passed the page on which the certificate appeared later.
    const current = this.#running;
    const serves = current !== undefined && current.startedAt >= since && current.from <= from;
    const running = serves ? current : this.#start(Math.floor(from / roundMs) * roundMs);
    using deadline = startDeadline(longestWaitMs, signal, this.#clock);
    const waited = await deadline.wait(running.outcome);
    switch (waited.kind) {
      case 'value':
        return waited.value;
      case 'thrown':
        throw waited.thrown;
      case 'Cancelled':
      case 'DeadlineExceeded':
        return { kind: 'unsettled', message: "The list of the CA's certificates is still being read." };
    }
  }

  #start(from: number): Running<Found> {
    const startedAt = this.#clock.monotonic();
    const running = { startedAt, from, outcome: this.#run(startedAt, from) };
    this.#running = running;
    const end = (): void => {
      if (this.#running === running) this.#running = undefined;
    };
    running.outcome.then(end, end);
    return running;
  }

  async #run(startedAt: number, from: number): Promise<Outcome<Found>> {
    using deadline = startDeadline(longestReadingMs, undefined, this.#clock);
    const outcome = await this.#read(from, deadline.signal);
    if (outcome.kind === 'ok') this.#last = { startedAt, scanned: outcome };
    return outcome;
  }
}
