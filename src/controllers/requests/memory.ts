// What this process remembers of requests that are not finished. By UID, because the same name may come back as another
// request. What is known of earlier calls is a state with four transitions; "at most one paid certificate" rests on them.
import type { Trace } from '../../authority/certificate-authority.ts';
import type { End } from './decision.ts';

/** What is known of earlier calls: a call may go out in `none` alone, else its certificate is looked for first. */
export type Earlier = { readonly kind: 'none' } | Exclude<Trace, { readonly kind: 'instance' }>;

/**
 * What an issuing call came to. `made`: a certificate exists or will, under PCA's own identifier where that is known;
 * `refused`: surely none does; `unknown`: nobody here knows.
 */
export type CallEnd =
  { readonly kind: 'made'; readonly identifier: string | undefined } | { readonly kind: 'refused' | 'unknown' };

const none: Earlier = { kind: 'none' };
// The status is for people: what stays the same is written again only after this time.
const retellMs = 5 * 60_000;

/** The memory of one request; all times are wall-clock milliseconds. */
export class RequestMemory {
  readonly uid: string;
  /** A reconcile works on it right now. */
  busy = false;
  #troubledSince: number | undefined;
  #queuedSince: number | undefined;
  #told: { readonly key: string; readonly at: number } | undefined;
  #earlier: Earlier = none;
  #calls = 0;
  #decided: End | undefined;

  constructor(uid: string) {
    this.uid = uid;
  }

  get earlier(): Earlier {
    return this.#earlier;
  }

  /** Issuing calls made so far. */
  get calls(): number {
    return this.#calls;
  }

  /** How the request ends; kept until it is written, so that a failed write never costs a second call. */
  get decided(): End | undefined {
    return this.#decided;
  }

  /** Milliseconds since the first of its troubles; the one now is the first where there was none. */
  troubledFor(now: Date): number {
    return now.getTime() - (this.#troubledSince ??= now.getTime());
  }

  /** Milliseconds since it began to wait for its turn, which it does now at the latest. */
  queuedFor(now: Date): number {
    return now.getTime() - (this.#queuedSince ??= now.getTime());
  }

  /** It does not wait for its turn any more. */
  unqueued(): void {
    this.#queuedSince = undefined;
  }

  /** What was last told on the request, and when. */
  get told(): { readonly key: string; readonly at: number } | undefined {
    return this.#told;
  }

  /** Whether it was told lately, so that it is no news. */
  isTold(key: string, now: Date): boolean {
    return this.#told?.key === key && now.getTime() - this.#told.at < retellMs;
  }

  /** It is told now. */
  tell(key: string, now: Date): void {
    this.#told = { key, at: now.getTime() };
  }

  /** Another process may have worked on the request before, so that a certificate may exist. */
  inherited(at: number): void {
    if (this.#earlier.kind === 'none') this.#earlier = { kind: 'unknown', since: at };
  }

  /** A call goes out. From here on a certificate may exist, whatever happens to whoever waits for the answer. */
  called(at: number): void {
    if (this.#earlier.kind !== 'none' || this.#decided !== undefined)
      throw new Error('A second issuing call was about to go out while a certificate may exist.');

    this.#earlier = { kind: 'unknown', since: at };
    this.#calls += 1;
  }

  /** The call ended. */
  answered(end: CallEnd, at: number): void {
    switch (end.kind) {
      case 'refused':
        this.#earlier = none;
        break;
      case 'unknown':
        this.#earlier = { kind: 'unknown', since: at };
        break;
      case 'made':
        this.#earlier =
          end.identifier === undefined
            ? { kind: 'unknown', since: at }
            : { kind: 'accepted', identifier: end.identifier };
        break;
    }
  }

  /** PCA was searched after every earlier call was over, and there is no certificate. */
  ruledOut(): void {
    this.#earlier = none;
  }

  /** The request comes to this end, which tells all about the certificate. */
  decide(end: End): void {
    this.#decided = end;
    this.#earlier = none;
  }
}

/** The memories of all unfinished requests. */
export class RequestMemories {
  readonly #byUid = new Map<string, RequestMemory>();

  /** The memory of a request; a new one where there is none. */
  of(uid: string): RequestMemory {
    const known = this.#byUid.get(uid);
    if (known !== undefined) return known;
    const memory = new RequestMemory(uid);
    this.#byUid.set(uid, memory);
    return memory;
  }

  get(uid: string): RequestMemory | undefined {
    return this.#byUid.get(uid);
  }

  /** The request has come to its end or is gone. */
  forget(uid: string): void {
    this.#byUid.delete(uid);
  }

  /** How many requests are remembered. */
  get size(): number {
    return this.#byUid.size;
  }
}
