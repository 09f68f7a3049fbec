// One reading of a long list for everyone who asks at the same time, kept for those who ask later about an earlier moment.
// It continues in the background: a caller waits a little and comes back. What is read is shared, and not what is refused: each
// reader has credentials of its own.
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

/** `since`: the reading must begin after this moment. `from`: it must go back to this one at least. Wall clock, ms. */
export interface ScanWindow {
  readonly since: number;
  readonly from: number;
}

interface Running<Found> {
  readonly reader: Reader<Found>;
  readonly startedAt: number;
  readonly from: number;
  readonly outcome: Promise<Outcome<Found>>;
}

// Requests that ask about nearly the same time share a reading.
const roundMs = 24 * 3_600_000;
const longestWaitMs = 5_000;
const longestReadingMs = 15 * 60_000;

/** The clock of readings: wall-clock moments are what lists and requests have in common. */
export type ScanClock = Pick<Clock, 'now' | 'monotonic' | 'startTimer'>;

/** Reads the list back to `from`, with the credentials of whoever asks. */
export type Reader<Found> = (from: number, signal: AbortSignal) => Promise<Outcome<Found>>;

/** Readings of one list, each by the reader who asked first. */
export class SharedScan<Found> {
  readonly #clock: ScanClock;
  #last: { readonly startedAt: number; readonly scanned: Scanned<Found> } | undefined;
  /** The newest reading of each reader that has not ended. */
  readonly #running = new Map<Reader<Found>, Running<Found>>();

  constructor(clock: ScanClock) {
    this.#clock = clock;
  }

  /** The last reading, whenever it was. */
  get last(): Found | undefined {
    return this.#last?.scanned.found;
  }

  /** A reading of the window; `unsettled` while it takes longer than a few seconds. Equal readers are one. */
  async read(reader: Reader<Found>, window: ScanWindow, signal: AbortSignal): Promise<Outcome<Found>> {
    const last = this.#last;
    if (last !== undefined && last.startedAt >= window.since && last.scanned.from <= window.from) return last.scanned;
    const running = this.#running.get(reader);
    const candidates = [...(running === undefined ? [] : [running]), ...this.#running.values()];
    const current = candidates.find((each) => serves(each, window)) ?? this.#start(reader, window);
    const outcome = await this.#wait(current, signal);
    if (outcome.kind !== 'failed' || current.reader === reader) return outcome;
    // What the cloud answered to others says nothing about these credentials.
    const own = this.#running.get(reader);
    return this.#wait(own !== undefined && serves(own, window) ? own : this.#start(reader, window), signal);
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
        return { kind: 'unsettled', message: "The list of the CA's certificates is still being read." };
    }
  }

  #start(reader: Reader<Found>, window: ScanWindow): Running<Found> {
    const startedAt = this.#clock.now().getTime();
    const from = Math.floor(window.from / roundMs) * roundMs;
    const running = { reader, startedAt, from, outcome: this.#run(reader, startedAt, from) };
    this.#running.set(reader, running);
    const end = (): void => {
      if (this.#running.get(reader) === running) this.#running.delete(reader);
    };
    running.outcome.then(end, end);
    return running;
  }

  async #run(reader: Reader<Found>, startedAt: number, from: number): Promise<Outcome<Found>> {
    using deadline = startDeadline(longestReadingMs, undefined, this.#clock);
    const outcome = await reader(from, deadline.signal);
    if (outcome.kind === 'ok') this.#last = { startedAt, scanned: outcome };
    return outcome;
  }
}

// One that began before `since` may have passed the page on which the certificate appeared later.
function serves(running: { readonly startedAt: number; readonly from: number }, { since, from }: ScanWindow): boolean {
  return running.startedAt >= since && running.from <= from;
}
