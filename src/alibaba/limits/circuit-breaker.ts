// Whether calls to an endpoint make sense now. After failures in a row without any answer none goes out for a while, then
// one as a probe, and with each answer twice as many. Time ends a trip as well, where an answer was heard since.
import { backoff } from '../../timing/backoff.ts';
import type { Clock } from '../../timing/clock.ts';

/** What a breaker works with. */
export interface CircuitBreakerOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'random'>;
  /** Calls in flight at a time when nothing is wrong. */
  readonly mostInFlight: number;
}

/** How a call ended: the service answered, whatever it said, or nothing is known of it. */
export type CallEnd = 'answered' | 'unanswered';

const failuresToOpen = 5;
const openPause = { baseMs: 2_000, maxMs: 60_000 };
/** So long after the last failure an answer that came since ends a trip, however few calls are made. */
const calmMs = 60_000;

/** The breaker of one endpoint. */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #inFlight = 0;
  #allowed: number;
  #failures = 0;
  #trips = 0;
  #openUntil = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
    this.#allowed = options.mostInFlight;
  }

  /** Whether calls to the endpoint are held because nothing answered. */
  get isOpen(): boolean {
    this.#calmDown();
    return this.#trips > 0;
  }

  /** Milliseconds until a call may go out; 0: now; undefined: when one in flight has ended. */
  get waitMs(): number | undefined {
    this.#calmDown();
    const left = this.#openUntil - this.#options.clock.monotonic();
    if (left > 0) return Math.ceil(left);
    return this.#inFlight < this.#allowed ? 0 : undefined;
  }

  /** Calls that are in flight or set aside. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** A call goes out, or is set aside for a caller. */
  begin(): void {
    this.#inFlight += 1;
  }

  /** A call ended; undefined: it was not made after all. */
  end(how: CallEnd | undefined): void {
    this.#inFlight -= 1;
    this.#calmDown();
    if (how === 'answered') this.#answered();
    if (how === 'unanswered') this.#unanswered();
  }

  /** The endpoint answered a call that nobody asked the breaker about, such as the check of an issuer. */
  heard(): void {
    this.#heardAt = this.#options.clock.monotonic();
  }

  #answered(): void {
    this.heard();
    this.#failures = 0;
    if (this.#trips === 0) return;
    // Answers to calls from before the pause do not end it.
    if (this.#openUntil > this.#options.clock.monotonic()) return;
    this.#allowed = Math.min(this.#options.mostInFlight, this.#allowed * 2);
    if (this.#allowed === this.#options.mostInFlight) this.#trips = 0;
  }

  #unanswered(): void {
    const { clock } = this.#options;
    this.#failures += 1;
    this.#failedAt = clock.monotonic();
    if (this.#openUntil > clock.monotonic()) return;
    if (this.#trips === 0 && this.#failures < failuresToOpen) return;
    this.#openUntil = clock.monotonic() + backoff(this.#trips, openPause, clock);
    this.#trips += 1;
    this.#allowed = 1;
  }

  #calmDown(): void {
    const calm = this.#options.clock.monotonic() - this.#failedAt;
    if (this.#heardAt <= this.#failedAt || calm < calmMs) return;
    this.#failures = 0;
    this.#trips = 0;
    this.#allowed = this.#options.mostInFlight;
  }
}
