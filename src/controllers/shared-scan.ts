// One reading of a long list for all who ask at the same time, kept for those who ask later about an earlier moment. It goes
// on by itself: who asked waits a little and comes back.
import type { PcaFailure } from '../alibaba/errors.ts';
import { pause, startBackgroundTimer } from '../timing/backoff.ts';

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

// Requests that ask about nearly the same time share a reading.
const roundMilliseconds = 24 * 3_600_000;
const patienceMilliseconds = 5_000;
const longestReadingMilliseconds = 15 * 60_000;

/** Readings of one list; `read` reads it back to `from`. */
export class SharedScan<Found> {
  readonly #read: (from: number, signal: AbortSignal) => Promise<Outcome<Found>>;
  readonly #now: () => number;
  #last: { readonly startedAt: number; readonly scanned: Scanned<Found> } | undefined;
  #running:
    { readonly startedAt: number; readonly from: number; readonly outcome: Promise<Outcome<Found>> } | undefined;

  constructor(read: (from: number, signal: AbortSignal) => Promise<Outcome<Found>>, now: () => number) {
    this.#read = read;
    this.#now = now;
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
    if (this.#running === undefined || this.#running.startedAt < since || this.#running.from > from) {
      this.#start(Math.floor(from / roundMilliseconds) * roundMilliseconds);
    }
    const ended = new AbortController();
    const waited = pause(patienceMilliseconds, AbortSignal.any([signal, ended.signal]), startBackgroundTimer);
    const outcome = await Promise.race([this.#running?.outcome, waited]);
    ended.abort();
    return outcome ?? { kind: 'unsettled', message: "The list of the CA's certificates is still being read." };
  }

  #start(from: number): void {
    const startedAt = this.#now();
    const running = { startedAt, from, outcome: this.#run(startedAt, from) };
    this.#running = running;
    void running.outcome.finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
  }

  async #run(startedAt: number, from: number): Promise<Outcome<Found>> {
    const outcome = await this.#read(from, AbortSignal.timeout(longestReadingMilliseconds));
    if (outcome.kind === 'ok') this.#last = { startedAt, scanned: outcome };
    return outcome;
  }
}
