// Whose fault a certificate is that was not what was asked for, where the request may have caused it: its owner's, whose
// requests wait then, until another tenant meets the same. So one wrong setting of an issuer costs a certificate for each
// owner at most, and no tenant holds an issuer that others share.
import { backoff } from '../../timing/backoff.ts';
import type { Clock } from '../../timing/clock.ts';

/**
 * Who is behind a request with an issuer. `key`: the Certificate, or the request itself where there is none; `tenant`: what one
 * tenant can have many owners in, so that it speaks with one voice.
 */
export interface Owner {
  readonly key: string;
  readonly tenant: string;
}

interface OwnerHold {
  /** In a row. */
  faults: number;
  reason: string;
  heldUntil: number;
}

const hold = { baseMs: 2 * 60_000, maxMs: 24 * 3_600_000 };
// Certificates can be made without end, and each needs no more than a fault to be remembered here.
const mostOwners = 10_000;

/** The owners that met faults of their own with one issuer. */
export class OwnerHolds {
  readonly #clock: Pick<Clock, 'monotonic' | 'random'>;
  /** In the order of their last faults. */
  readonly #owners = new Map<string, OwnerHold>();
  /** The tenants that met each kind of fault first, since the issuer last gave a certificate or was held. */
  readonly #found = new Map<string, string>();

  constructor(clock: Pick<Clock, 'monotonic' | 'random'>) {
    this.#clock = clock;
  }

  /** What still holds the owner, with the milliseconds left. */
  held({ key }: Owner): { readonly reason: string; readonly ms: number } | undefined {
    const known = this.#owners.get(key);
    if (known === undefined) return undefined;
    const ms = known.heldUntil - this.#clock.monotonic();
    return ms > 0 ? { reason: known.reason, ms } : undefined;
  }

  /**
   * A certificate was paid for and is not what the owner asked for: the owner is held, twice as long each time. True when
   * another tenant met the same before and nobody got a certificate since, so that it is the issuer's fault.
   */
  mismatched(owner: Owner, reason: string): boolean {
    this.#fault(owner, reason, true);
    const first = this.#found.get(reason);
    if (first !== undefined && first !== owner.tenant) {
      this.#found.clear();
      return true;
    }
    this.#found.set(reason, owner.tenant);
    return false;
  }

  /** PCA refused what the owner asked for. That costs nothing, so only a repetition holds the owner. */
  refused(owner: Owner, reason: string): void {
    this.#fault(owner, reason, this.#owners.has(owner.key));
  }

  /** The owner got its certificate, which shows that the issuer is able to. */
  issued({ key }: Owner): void {
    this.#owners.delete(key);
    this.#found.clear();
  }

  #fault({ key }: Owner, reason: string, isHeld: boolean): void {
    const faults = this.#owners.get(key)?.faults ?? 0;
    const heldUntil = isHeld ? this.#clock.monotonic() + backoff(faults, hold, this.#clock) : Number.NEGATIVE_INFINITY;
    this.#owners.delete(key);
    this.#owners.set(key, { faults: faults + 1, reason, heldUntil });
    if (this.#owners.size <= mostOwners) return;
    const [oldest = key] = this.#owners.keys();
    this.#owners.delete(oldest);
  }
}
