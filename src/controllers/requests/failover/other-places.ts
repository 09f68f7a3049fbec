// What is remembered of one request at other entries of its issuer than the one in use (spec.failover). Nothing at the one in use
// stops a call that arrives late at another, so a word of the others is believed only when it has stood for a while.
import type { ReadyIssuer } from '../../issuers/ready-issuers.ts';

/** Places are locations of authorities; all times are monotonic milliseconds. */
export class OtherPlaces<Call> {
  /** The earlier call that was ruled out for one place alone; without it where only an earlier process can have called. */
  #ruledOut: { readonly only: string; readonly call: Call | undefined } | undefined;
  /** Since when each says that there is no certificate. */
  readonly #absentSince = new Map<string, number>();

  /** The earlier call is over, and a further one may go out at `only`, or everywhere. */
  ruledOut(only: string | undefined, call: Call | undefined): void {
    this.#ruledOut = only === undefined ? undefined : { only, call };
    this.#absentSince.clear();
  }

  /** Whether it was ruled out for another entry of this issuer alone. */
  isOpen(issuer: Pick<ReadyIssuer, 'authority' | 'failover'>): boolean {
    const only = this.#ruledOut?.only;
    if (only === undefined || only === issuer.authority.location) return false;
    return issuer.failover?.others.some(({ location }) => location === only) === true;
  }

  /** It is looked for again; answers the call. */
  reopened(): Call | undefined {
    const call = this.#ruledOut?.call;
    this.#ruledOut = undefined;
    return call;
  }

  /** For so long a place has said that there is none; undefined where it has not. */
  absentFor(place: string, now: number): number | undefined {
    const since = this.#absentSince.get(place);
    return since === undefined ? undefined : now - since;
  }

  /** A place says that there is none. */
  absent(place: string, now: number): void {
    if (!this.#absentSince.has(place)) this.#absentSince.set(place, now);
  }

  /** A place gave no answer: what reached it may still be worked off when it does. */
  silent(place: string): void {
    this.#absentSince.delete(place);
  }
}
