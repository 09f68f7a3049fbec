// Whether calls to an endpoint make sense now. After failures in a row without any answer none goes out for a while, then
// one as a probe, and with each answer twice as many.
import { backoff } from '../timing/backoff.ts';

/** Settings; `now` is a monotonic clock in milliseconds, `random` gives numbers in [0, 1). */
export interface EndpointBreakerOptions {
  readonly now: () => number;
  readonly random: () => number;
  /** Calls in flight at a time when nothing is wrong. */
  readonly mostInFlight: number;
}

/** How a call ended: the service answered, whatever it said, or nothing is known of it. */
export type CallEnd = 'answered' | 'unanswered';

const failuresToOpen = 5;
const pauseBaseMilliseconds = 2_000;
const pauseMaxMilliseconds = 60_000;

/** One endpoint. */
export class EndpointBreaker {
  readonly #options: EndpointBreakerOptions;
  #inFlight = 0;
  #allowed: number;
  #failures = 0;
  #trips = 0;
  #openUntil = Number.NEGATIVE_INFINITY;

  constructor(options: EndpointBreakerOptions) {
    this.#options = options;
    this.#allowed = options.mostInFlight;
  }

  /** Whether the endpoint is held because nothing answered. */
  get isOpen(): boolean {
    return this.#trips > 0;
  }

  /** Milliseconds until a call may go out; 0: now; undefined: when one in flight has ended. */
  get wait(): number | undefined {
    const left = this.#openUntil - this.#options.now();
    if (left > 0) return Math.ceil(left);
    return this.#inFlight < this.#allowed ? 0 : undefined;
  }

  /** A call goes out, or has the promise to. */
  begin(): void {
    this.#inFlight += 1;
  }

  /** A call ended; undefined: it was not made after all. */
  end(how: CallEnd | undefined): void {
    this.#inFlight -= 1;
    if (how === 'answered') this.#answered();
    if (how === 'unanswered') this.#unanswered();
  }

  #answered(): void {
    this.#failures = 0;
    if (this.#trips === 0) return;
    // Answers to calls from before the pause do not end it.
    if (this.#openUntil > this.#options.now()) return;
    this.#allowed = Math.min(this.#options.mostInFlight, this.#allowed * 2);
    if (this.#allowed === this.#options.mostInFlight) this.#trips = 0;
  }

  #unanswered(): void {
    this.#failures += 1;
    if (this.#openUntil > this.#options.now()) return;
    if (this.#trips === 0 && this.#failures < failuresToOpen) return;
    const pause = backoff(this.#trips, {
      baseMilliseconds: pauseBaseMilliseconds,
      maxMilliseconds: pauseMaxMilliseconds,
      random: this.#options.random,
    });
    this.#trips += 1;
    this.#allowed = 1;
    this.#openUntil = this.#options.now() + pause;
  }
}
