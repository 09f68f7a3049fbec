// How long the requests of one issuer are held after a fault that issuing met, and who goes first afterwards.
import { backoff } from '../../timing/backoff.ts';
import type { Clock } from '../../timing/clock.ts';
import type { IssuerProblem } from './reasons.ts';

/**
 * One request that may try with the issuer. When it is disposed of without `issued`, and it was the one that goes first, the
 * next request goes first.
 */
export interface IssuerPass extends Disposable {
  /** The request got its certificate: after a fault the way is free for all. */
  issued(): void;
  /** The request met a fault of the issuer. */
  fault(problem: IssuerProblem): void;
}

const hold = { baseMs: 20_000, maxMs: 10 * 60_000 };

/** The holds of one issuer. */
export class FaultHold {
  readonly #clock: Pick<Clock, 'monotonic' | 'random'>;
  /** Faults since the last certificate. */
  #faults = 0;
  #heldUntil = Number.NEGATIVE_INFINITY;
  /** After a fault one request goes first; the others follow when it got its certificate. */
  #first: 'everybody' | 'nobody yet' | object = 'everybody';

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

  /** Ends the hold; the next one is as long as it would have been. */
  end(): void {
    this.#heldUntil = Number.NEGATIVE_INFINITY;
  }

  /** Holds the requests, twice as long after each fault in a row. */
  fault(): void {
    this.#heldUntil = this.#clock.monotonic() + backoff(this.#faults, hold, this.#clock);
    this.#faults += 1;
  }

  /** A check found nothing wrong: requests may go, after a fault one of them first. */
  reopen(): void {
    if (this.#faults > 0) this.#first = 'nobody yet';
  }

  /** Lets one request try; undefined while another one goes first. `issued` tells that the way became free by `onFree`. */
  enter(onFree: () => void, onFault: (problem: IssuerProblem) => void): IssuerPass | undefined {
    if (this.isTaken) return undefined;
    const self = {};
    if (this.#first === 'nobody yet') this.#first = self;
    return {
      issued: () => {
        const wasHeld = this.#first !== 'everybody';
        this.#faults = 0;
        this.#first = 'everybody';
        if (wasHeld) onFree();
      },
      fault: onFault,
      [Symbol.dispose]: () => {
        if (this.#first === self) this.#first = 'nobody yet';
      },
    };
  }
}
