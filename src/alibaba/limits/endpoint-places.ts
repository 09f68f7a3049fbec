// How many calls each endpoint may have in flight. One that answers has its full share. All that have not answered lately
// share a part of the places, however many names they have, so that silent hosts leave workers for everybody else.
import type { Clock } from '../../timing/clock.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { CallEnd } from './circuit-breaker.ts';

/** What the places are shared out by. */
export interface EndpointPlacesOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'random'>;
  /** Calls that one endpoint may have in flight at a time, those set aside included. */
  readonly mostInFlight: number;
  /** Calls in flight at all endpoints together that have not answered lately; no bound unless given. */
  readonly mostUnproven?: number;
}

/** What one of these endpoints, and what those of one namespace, may have of the share of them all. */
const shareOfOneUnproven = 1 / 8;
const shareOfOneOwner = 1 / 2;
/** An answer says so long that the endpoint answers, and while calls are in flight so long that they are not in vain. */
const provenMs = 10 * 60_000;
const quietMs = 5_000;

/** All endpoints that calls go to. */
export class EndpointPlaces {
  readonly #options: EndpointPlacesOptions;
  readonly #endpoints = new Map<string, Endpoint>();
  /** Those with calls in flight, which workers bound. */
  readonly #busy = new Set<Endpoint>();

  constructor(options: EndpointPlacesOptions) {
    this.#options = options;
  }

  /** The endpoint of this name, made when it is asked for the first time. */
  of(name: string): Endpoint {
    const known = this.#endpoints.get(name);
    if (known !== undefined) return known;
    const endpoint = new Endpoint(this.#options, {
      hasRoomFor: (asking) => this.#hasRoomFor(asking),
      changed: (of) => void (of.inFlight > 0 ? this.#busy.add(of) : this.#busy.delete(of)),
    });
    this.#endpoints.set(name, endpoint);
    return endpoint;
  }

  /** The endpoint answered a call that took no place here, such as the check of an issuer. */
  heard(name: string): void {
    this.#endpoints.get(name)?.heard();
  }

  /** Nothing waits for the endpoint any more. */
  forget(name: string): void {
    this.#endpoints.delete(name);
  }

  /** Whether the share of all that have not answered lately is not used up. */
  get hasShare(): boolean {
    const { mostUnproven } = this.#options;
    return mostUnproven === undefined || this.#unproven(() => true) < mostUnproven;
  }

  #hasRoomFor(asking: Endpoint): boolean {
    const { mostUnproven } = this.#options;
    if (mostUnproven === undefined || asking.isProven) return true;
    if (asking.inFlight >= part(mostUnproven, shareOfOneUnproven) || !this.hasShare) return false;
    if (asking.owner === undefined) return true;
    return this.#unproven(({ owner }) => owner === asking.owner) < part(mostUnproven, shareOfOneOwner);
  }

  /** Calls in flight at such of the endpoints that have not answered lately. */
  #unproven(counts: (endpoint: Endpoint) => boolean): number {
    let calls = 0;
    for (const endpoint of this.#busy) if (!endpoint.isProven && counts(endpoint)) calls += endpoint.inFlight;
    return calls;
  }
}

/** What an endpoint asks of all. */
interface Places {
  readonly hasRoomFor: (asking: Endpoint) => boolean;
  /** It has another number of calls in flight. */
  readonly changed: (endpoint: Endpoint) => void;
}

/** One endpoint; what it says of itself changes with each call. */
export class Endpoint {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #breaker: CircuitBreaker;
  readonly #places: Places;
  readonly #owners = new Set<string | undefined>();
  #isAnswering = false;
  #answeredAt = Number.NEGATIVE_INFINITY;
  /** Since when calls are in flight without an answer to any of them. */
  #quietSince = Number.NEGATIVE_INFINITY;

  constructor(options: EndpointPlacesOptions, places: Places) {
    this.#clock = options.clock;
    this.#breaker = new CircuitBreaker(options);
    this.#places = places;
  }

  /** Whether the last call was answered, a short while ago, and those in flight have not been waiting for long. */
  get isProven(): boolean {
    const now = this.#clock.monotonic();
    if (!this.#isAnswering || now - this.#answeredAt >= provenMs) return false;
    return this.inFlight === 0 || now - this.#quietSince < quietMs;
  }

  /** Whether calls are held because nothing answered. */
  get isHeld(): boolean {
    return this.#breaker.isOpen;
  }

  /** Calls that are in flight or set aside. */
  get inFlight(): number {
    return this.#breaker.inFlight;
  }

  /** The one namespace whose issuers name the endpoint; undefined where several do, or a cluster's issuer. */
  get owner(): string | undefined {
    const [owner] = this.#owners;
    return this.#owners.size === 1 ? owner : undefined;
  }

  /** Milliseconds until a call may go out; 0: now; undefined: when one in flight has ended, here or elsewhere. */
  get waitMs(): number | undefined {
    const { waitMs } = this.#breaker;
    return waitMs === 0 && !this.#places.hasRoomFor(this) ? undefined : waitMs;
  }

  /** An issuer of this namespace names the endpoint; undefined: one of the cluster. */
  namedBy(owner: string | undefined): void {
    // Two tell all that is to be known.
    if (this.#owners.size < 2) this.#owners.add(owner);
  }

  /** A call goes out, or is set aside for a caller. */
  begin(): void {
    if (this.inFlight === 0) this.#quietSince = this.#clock.monotonic();
    this.#breaker.begin();
    this.#places.changed(this);
  }

  /** A call ended; undefined: it was not made after all. */
  end(how: CallEnd | undefined): void {
    this.#breaker.end(how);
    this.#places.changed(this);
    if (how === undefined) return;
    this.#isAnswering = how === 'answered';
    if (how === 'answered') this.#answeredAt = this.#quietSince = this.#clock.monotonic();
  }

  /** It answered a call that took no place. That proves nothing of those that do: a host may answer checks alone. */
  heard(): void {
    this.#breaker.heard();
  }
}

function part(whole: number, share: number): number {
  return Math.max(1, Math.floor(whole * share));
}
