// How long the requests of one issuer are held after a fault of the issuer that issuing met, and who goes first afterwards.
import { backoff } from '../../timing/backoff.ts';
import type { Clock } from '../../timing/clock.ts';

/** The place of one request that may try. When it is given back without `issued`, and it was the first one, another goes first. */
export interface Place extends Disposable {
  /** The request got its certificate: after a fault the way is free for all. */
  issued(): void;
  /** It has not tried after all, as when it waits for its turn. */
  untried(): void;
}

const hold = { baseMs: 20_000, maxMs: 10 * 60_000 };
// For so long the first place is kept for tenants that have not tried yet: longer than all that are woken take to come.
const roundMs = 3_000;

/** The holds of one issuer. */
export class FaultHold {
  readonly #clock: Pick<Clock, 'monotonic' | 'random'>;
  /** Faults since the last certificate. */
  #faults = 0;
  #heldUntil = Number.NEGATIVE_INFINITY;
  /** After a fault one request goes first; the others follow when it got its certificate. */
  #first: 'everybody' | 'nobody yet' | object = 'everybody';
  #freeSince = Number.NEGATIVE_INFINITY;
  /** The tenants that went first in this round, in vain. */
  readonly #tried = new Set<string>();

  constructor(clock: Pick<Clock, 'monotonic' | 'random'>) {
    this.#clock = clock;
  }

  /** Milliseconds until the hold ends; 0 or less when it is over. */
  get leftMs(): number {
    return this.#heldUntil - this.#clock.monotonic();
  }

  /** Whether no certificate came since the last fault. */
  get isSuspect(): boolean {
    return this.#faults > 0;
  }

  /** Whether one request goes first now, and whether after a fault the next one may. */
  get isTaken(): boolean {
    return typeof this.#first === 'object';
  }

  get isVacant(): boolean {
    return this.#first === 'nobody yet';
  }

  /** Milliseconds for which the first place is still kept for tenants that have not tried yet; 0 or less when it is not. */
  get roundLeftMs(): number {
    return this.#freeSince + roundMs - this.#clock.monotonic();
  }

  /** Ends the hold; the next one is as long as it would have been. */
  end(): void {
    this.#heldUntil = Number.NEGATIVE_INFINITY;
  }

  /** Whether a tenant went first in this round, in vain. */
  hasTried(tenant: string): boolean {
    return this.#tried.has(tenant);
  }

  /** Nobody else waits: whoever tried may try again. */
  startRound(): void {
    this.#tried.clear();
  }

  /** Holds the requests, twice as long after each fault in a row. */
  fault(): void {
    this.#heldUntil = this.#clock.monotonic() + backoff(this.#faults, hold, this.#clock);
    this.#faults += 1;
  }

  /** A check found nothing wrong: requests may go, after a fault one of them first. */
  reopen(): void {
    if (this.#faults > 0) this.#free();
  }

  /**
   * Lets one request of a tenant try; undefined while another one goes first, or another tenant may. `onFree` is called when
   * the way became free by its certificate.
   */
  enter(tenant: string, onFree: () => void): Place | undefined {
    if (this.isTaken) return undefined;
    const self = {};
    if (this.isVacant) {
      if (!this.#isTurnOf(tenant)) return undefined;
      this.#first = self;
    }
    let tried = true;
    return {
      issued: () => {
        const wasHeld = this.#first !== 'everybody';
        this.#faults = 0;
        this.#first = 'everybody';
        this.#tried.clear();
        if (wasHeld) onFree();
      },
      untried: () => {
        tried = false;
      },
      [Symbol.dispose]: () => {
        if (this.#first !== self) return;
        if (tried) this.#tried.add(tenant);
        this.#free();
      },
    };
  }

  #free(): void {
    this.#first = 'nobody yet';
    this.#freeSince = this.#clock.monotonic();
  }

  /** The tenants go round: one that went first in vain lets the others go before it does so again. */
  #isTurnOf(tenant: string): boolean {
    if (!this.#tried.has(tenant)) return true;
    if (this.roundLeftMs > 0) return false;
    this.startRound();
    return true;
  }
}
