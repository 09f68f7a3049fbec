// One reading of a long list for all who ask at the same time, kept for those who ask later about an earlier moment.
import type { PcaFailure } from '../alibaba/errors.ts';

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

  /** A reading that began after `since` and goes back to `from` at least. */
  async since(since: number, from: number, signal: AbortSignal): Promise<Outcome<Found>> {
    const last = this.#last;
    if (last !== undefined && last.startedAt >= since && last.scanned.from <= from) return last.scanned;
    // One that began before `since` may have passed the page on which the certificate appeared later.
    if (this.#running === undefined || this.#running.startedAt < since || this.#running.from > from) {
      const startedAt = this.#now();
      const running = { startedAt, from, outcome: this.#run(startedAt, from, signal) };
      this.#running = running;
      void running.outcome.finally(() => {
        if (this.#running === running) this.#running = undefined;
      });
    }
    return this.#running.outcome;
  }

  async #run(startedAt: number, from: number, signal: AbortSignal): Promise<Outcome<Found>> {
    const outcome = await this.#read(from, signal);
    if (outcome.kind === 'ok') this.#last = { startedAt, scanned: outcome };
    return outcome;
  }
}
