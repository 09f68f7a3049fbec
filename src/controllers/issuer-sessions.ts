// What issuing needs of an issuer that was checked: its CA, a client and whether calls may go out now.
// Written by the issuer controller, read by the request controller; lives in memory and is rebuilt after a start.
import type { IssuerSpec } from '../crds/issuer.ts';
import type { IssuingCA } from '../issuing/issuing-ca.ts';
import type { IssuedLookup } from './issued-lookup.ts';
import type { PcaCaller } from './pca-caller.ts';

/** A checked issuer: what it says (`spec` of `generation`), its CA and the client with its credentials. */
export interface IssuerSession {
  readonly uid: string;
  readonly generation: number;
  readonly spec: IssuerSpec;
  readonly ca: IssuingCA;
  readonly client: PcaCaller;
  /** resourceVersion of the Secret that the client's key is from; empty where none is read. */
  readonly secretVersion: string;
  /** Whose limits the calls count against: the account's number, or the access key id while it is not known. */
  readonly account: string;
  /** Where the client calls, as protocol and host. */
  readonly endpoint: string;
  readonly lookup: IssuedLookup;
}

/** A fault of the issuer as a whole; it becomes the issuer's Ready condition, never a failed request. */
export interface IssuerProblem {
  /** Reason of the condition, for example `PermissionDenied`. */
  readonly reason: string;
  readonly message: string;
}

/** What the request controller may do with an issuer. */
export type IssuerState =
  | { readonly kind: 'unchecked' }
  | { readonly kind: 'notReady'; readonly reason: string }
  | { readonly kind: 'ready'; readonly session: IssuerSession };

interface Entry {
  session: IssuerSession | undefined;
  problem: IssuerProblem | undefined;
  /** Faults reported by issuing since the last certificate; sets how long the issuer is held. */
  faults: number;
  heldUntil: number;
  /** After a reported fault one request goes first; the others follow when it got its certificate. */
  probe: 'open' | 'wanted' | 'running';
}

const holdBaseMilliseconds = 15_000;
const holdMaxMilliseconds = 10 * 60_000;

/** Sessions of all issuers by key; `now` is a monotonic clock in milliseconds. */
export class IssuerSessions {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners: ((key: string) => void)[] = [];
  readonly #reportListeners: ((key: string) => void)[] = [];
  readonly #now: () => number;
  readonly #random: () => number;

  constructor(clock: { readonly now: () => number; readonly random: () => number }) {
    this.#now = clock.now;
    this.#random = clock.random;
  }

  /** Calls `listener` with the key whenever an issuer becomes ready or loses that. */
  onChange(listener: (key: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Calls `listener` with the key whenever issuing reported a fault, so that it becomes the issuer's condition. */
  onReport(listener: (key: string) => void): void {
    this.#reportListeners.push(listener);
  }

  /** The state for the issuer object with this uid and generation; an older session counts as unchecked. */
  state(key: string, object: { readonly uid: string; readonly generation: number }): IssuerState {
    const entry = this.#entries.get(key);
    if (entry?.problem !== undefined) return { kind: 'notReady', reason: entry.problem.reason };
    const session = entry?.session;
    if (session === undefined || session.uid !== object.uid || session.generation !== object.generation) {
      return { kind: 'unchecked' };
    }
    return { kind: 'ready', session };
  }

  /** The session of the last successful check, also while a fault holds the issuer. */
  last(key: string): IssuerSession | undefined {
    return this.#entries.get(key)?.session;
  }

  /** A check succeeded: requests may go out, after a reported fault one of them first. */
  open(key: string, session: IssuerSession): void {
    const entry = this.#entry(key);
    const changed = entry.session?.uid !== session.uid || entry.session.generation !== session.generation;
    if (changed) Object.assign(entry, { faults: 0, heldUntil: 0, probe: 'open' });
    else if (entry.problem !== undefined && entry.faults > 0) entry.probe = 'wanted';
    const woke = changed || entry.problem !== undefined;
    entry.session = session;
    entry.problem = undefined;
    if (woke) this.#changed(key);
  }

  /** A check failed: no request goes out until a later check succeeds. */
  close(key: string, problem: IssuerProblem): void {
    const entry = this.#entry(key);
    const changed = entry.problem?.reason !== problem.reason;
    entry.problem = problem;
    if (changed) this.#changed(key);
  }

  /** Issuing met a fault of the issuer: hold its requests, twice as long after each fault in a row. */
  report(key: string, session: IssuerSession, problem: IssuerProblem): void {
    const entry = this.#entry(key);
    // Answers to calls that went out before the first report say nothing new.
    if (entry.session !== session || entry.problem !== undefined) return;
    entry.faults += 1;
    const hold = Math.min(holdMaxMilliseconds, holdBaseMilliseconds * 2 ** (entry.faults - 1));
    entry.heldUntil = this.#now() + hold * (0.8 + 0.4 * this.#random());
    entry.problem = problem;
    this.#changed(key);
    for (const listener of this.#reportListeners) listener(key);
  }

  /** The reported fault that still holds this generation of the issuer, with the milliseconds left. */
  held(
    key: string,
    object: { readonly uid: string; readonly generation: number },
  ): { readonly problem: IssuerProblem; readonly milliseconds: number } | undefined {
    const entry = this.#entries.get(key);
    if (entry?.problem === undefined || entry.session === undefined) return undefined;
    if (entry.session.uid !== object.uid || entry.session.generation !== object.generation) return undefined;
    const milliseconds = entry.heldUntil - this.#now();
    return milliseconds > 0 ? { problem: entry.problem, milliseconds } : undefined;
  }

  /** Whether one more call may go out; false while another request is the probe after a fault. */
  admit(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.probe === 'running') return false;
    if (entry.probe === 'wanted') entry.probe = 'running';
    return true;
  }

  /** The admitted request ended: with a certificate the way is free, else the next one may be the probe. */
  settle(key: string, issued: boolean): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    if (issued) {
      const wakes = entry.probe !== 'open';
      entry.faults = 0;
      entry.probe = 'open';
      if (wakes) this.#changed(key);
    } else if (entry.probe === 'running') {
      entry.probe = 'wanted';
    }
  }

  /** The issuer is gone. */
  remove(key: string): void {
    if (this.#entries.delete(key)) this.#changed(key);
  }

  #entry(key: string): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { session: undefined, problem: undefined, faults: 0, heldUntil: 0, probe: 'open' };
    this.#entries.set(key, entry);
    return entry;
  }

  #changed(key: string): void {
    for (const listener of this.#listeners) listener(key);
  }
}
