// How many calls may go out: one token bucket per account, region and action, shared by every issuer that uses it, since the
// service counts in just that way. The published limits contradict one another, so the rate is found by trying: doubled each
// second while it is used, halved when the service throttles, then brought carefully back to where that happened.
import type { Clock } from '../../timing/clock.ts';
import { RecentMap } from '../../timing/recent-map.ts';

/** Whose limit it is: the account by its name (credentials/account.ts), the region and the action. */
export interface LimitKey {
  readonly account: string;
  readonly region: string;
  readonly action: string;
}

/** Calls per second: the rate at which an action starts, and the range in which it moves. */
export interface RateRange {
  readonly startPerSecond: number;
  readonly floorPerSecond: number;
  readonly ceilingPerSecond: number;
}

/** The call may go out, or not before so many milliseconds from now. */
export type Reservation = { readonly kind: 'granted' } | { readonly kind: 'wait'; readonly ms: number };

/** The clock and the rates by action; `otherActions` serves the rest. */
export interface RateLimitsOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly limits?: Readonly<Record<string, RateRange>>;
  readonly otherActions?: RateRange;
}

/**
 * Alibaba's pages name 10/s for every issuing operation but this one; the quota page says 1,000/s, which all clusters of an account
 * share. A call that is throttled costs nothing.
 */
export const publishedLimits: Readonly<Record<string, RateRange>> = {
  CreateCustomCertificate: { startPerSecond: 200, floorPerSecond: 1, ceilingPerSecond: 1000 },
};

/** The start for every other action. */
export const cautiousLimits: RateRange = { startPerSecond: 10, floorPerSecond: 1, ceilingPerSecond: 1000 };

interface Bucket {
  readonly range: RateRange;
  rate: number;
  tokens: number;
  filledAt: number;
  /** Start of the running second of observation, and how much of it was used. */
  observedFrom: number;
  granted: number;
  refused: boolean;
  pausedUntil: number;
  /** When the rate was last halved, and the rate at which the service throttled then. */
  halvedAt: number;
  throttledRate: number | undefined;
  probe: number;
}

const secondMs = 1000;
/** Throttled answers within this time of a halving belong to calls from before it. */
const coolDownMs = 1000;
/** Any throttled answer stops new calls this long: the service's own window is used up. */
const pauseMs = 250;
/** How much of a second's calls may be saved up, for callers that wake a little late. */
const burstSeconds = 0.1;
const smallestBurst = 1.5;
/** How near the return goes at once to the rate that was throttled, and how gently it goes on from there. */
const returnShare = 0.95;
/** Throttled again so soon after a halving, the limit must lie well below: the next return stops short by this factor. */
const shortReturnMs = 2500;
const distrust = 0.9;
const firstProbe = 0.0005;
const probeGrowth = 1.25;

/** Grants calls within the rates found so far, one token bucket for each key. Never waits itself. */
export class RateLimits {
  readonly #options: RateLimitsOptions;
  readonly #buckets: RecentMap<Bucket>;

  constructor(options: RateLimitsOptions) {
    this.#options = options;
    this.#buckets = new RecentMap({ clock: options.clock });
  }

  /** Takes one call, or says when the next one may be there. */
  reserve(key: LimitKey): Reservation {
    const now = this.#options.clock.monotonic();
    const bucket = this.#bucket(key, now);
    fill(bucket, now);
    observe(bucket, now);
    if (now >= bucket.pausedUntil && bucket.tokens >= 1) {
      bucket.tokens -= 1;
      bucket.granted += 1;
      return { kind: 'granted' };
    }
    bucket.refused = true;
    const from = Math.max(now, bucket.pausedUntil);
    const due = from + (Math.max(0, 1 - bucket.tokens) / bucket.rate) * secondMs;
    return { kind: 'wait', ms: Math.max(1, Math.ceil(due - now)) };
  }

  /** The service throttled a call: halves the rate, once for all throttled answers of one cool-down, and pauses. */
  throttled(key: LimitKey): void {
    const now = this.#options.clock.monotonic();
    const bucket = this.#bucket(key, now);
    fill(bucket, now);
    observeAnew(bucket, now);
    bucket.pausedUntil = now + pauseMs;
    bucket.tokens = 0;
    const sinceHalved = now - bucket.halvedAt;
    if (sinceHalved < coolDownMs) return;
    bucket.halvedAt = now;
    bucket.throttledRate = sinceHalved < shortReturnMs ? bucket.rate * distrust : bucket.rate;
    bucket.probe = firstProbe;
    bucket.rate = Math.max(bucket.range.floorPerSecond, bucket.rate / 2);
  }

  /** Gives back a call that was not made. */
  refund(key: LimitKey): void {
    const now = this.#options.clock.monotonic();
    const bucket = this.#bucket(key, now);
    bucket.tokens = Math.min(burstOf(bucket.rate), bucket.tokens + 1);
  }

  /** The present rate in calls per second, for metrics; being asked for it does not keep it. */
  ratePerSecond(key: LimitKey): number {
    return (this.#buckets.peek(nameOf(key)) ?? this.#newBucket(key, 0)).rate;
  }

  #bucket(key: LimitKey, now: number): Bucket {
    return this.#buckets.use(nameOf(key), () => this.#newBucket(key, now));
  }

  #newBucket({ action }: LimitKey, now: number): Bucket {
    const table = this.#options.limits ?? publishedLimits;
    const own = Object.hasOwn(table, action) ? table[action] : undefined;
    return newBucket(own ?? this.#options.otherActions ?? cautiousLimits, now);
  }
}

function nameOf({ account, region, action }: LimitKey): string {
  return JSON.stringify([account, region, action]);
}

function newBucket(range: RateRange, now: number): Bucket {
  const rate = Math.min(range.ceilingPerSecond, Math.max(range.floorPerSecond, range.startPerSecond));
  return {
    range,
    rate,
    tokens: burstOf(rate),
    filledAt: now,
    observedFrom: now,
    granted: 0,
    refused: false,
    pausedUntil: now,
    halvedAt: Number.NEGATIVE_INFINITY,
    throttledRate: undefined,
    probe: firstProbe,
  };
}

function burstOf(rate: number): number {
  return Math.max(smallestBurst, rate * burstSeconds);
}

function fill(bucket: Bucket, now: number): void {
  const from = Math.max(bucket.filledAt, bucket.pausedUntil);
  const earned = (bucket.rate * Math.max(0, now - from)) / secondMs;
  bucket.tokens = Math.min(burstOf(bucket.rate), bucket.tokens + earned);
  bucket.filledAt = Math.max(now, bucket.filledAt);
}

// A second without a throttled answer, in which the rate was needed, raises it; called after the tokens of the old rate are in.
function observe(bucket: Bucket, now: number): void {
  const observed = now - bucket.observedFrom;
  if (observed < secondMs) return;
  const used = bucket.refused || bucket.granted * secondMs >= 0.5 * bucket.rate * observed;
  if (used) grow(bucket);
  observeAnew(bucket, now);
}

function observeAnew(bucket: Bucket, now: number): void {
  bucket.observedFrom = now;
  bucket.granted = 0;
  bucket.refused = false;
}

// Below the rate that was throttled: quickly back to just under it, then in steps that grow, so that a limit which stays is
// touched seldom and one which was raised is found soon. Well above it, the old experience no longer counts.
function grow(bucket: Bucket): void {
  const { ceilingPerSecond } = bucket.range;
  const throttledRate = bucket.throttledRate;
  if (throttledRate === undefined) {
    bucket.rate = Math.min(ceilingPerSecond, bucket.rate * 2);
    return;
  }
  const near = throttledRate * returnShare;
  if (bucket.rate < near) {
    bucket.rate = Math.min(near, bucket.rate * 2);
    return;
  }
  bucket.rate = Math.min(ceilingPerSecond, bucket.rate * (1 + bucket.probe));
  bucket.probe = Math.min(1, bucket.probe * probeGrowth);
  if (bucket.rate > throttledRate * 2) bucket.throttledRate = undefined;
}
