// What this process remembers of requests that are not finished. By UID, because the same name may come back as another
// request. What is known of earlier calls is a state with a few transitions; "at most one paid certificate" rests on them.
import type { IssuePlan } from '../../issuing/plan.ts';
import type { ReadyIssuer } from '../issuers/ready-issuers.ts';
import type { End } from './decision.ts';
import { OtherPlaces } from './failover/other-places.ts';
import type { CallingRequest, InheritedRequest, Request } from './kinds/request.ts';

/** An issuing call as it went out: what was asked, of whom, and for whom. The issuer may say something else by now. */
export interface IssuingCall {
  readonly plan: IssuePlan;
  readonly issuer: ReadyIssuer;
  readonly request: CallingRequest;
}

/**
 * What is known of earlier calls: a call may go out in `none` alone, else its certificate is looked for first. `accepted`: PCA
 * gave this identifier; `unknown`: a certificate may exist, or surely does (`exists`), that nobody here saw. `since`: when that
 * became known; monotonic, ms. `call`: undefined where only an earlier process can have called.
 */
export type Earlier =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'accepted';
      readonly identifier: string;
      readonly since: number;
      readonly call: IssuingCall | undefined;
    }
  | {
      readonly kind: 'unknown';
      readonly exists: boolean;
      readonly since: number;
      readonly call: IssuingCall | undefined;
    };

/**
 * What an issuing call came to. `made`: a certificate exists or will, under PCA's own identifier where that is known;
 * `exists`: PCA made none, because there is one of this request already; `refused`: surely none is there; `unknown`: nobody
 * here knows.
 */
export type CallEnd =
  | { readonly kind: 'made'; readonly identifier: string | undefined }
  | { readonly kind: 'exists' | 'refused' | 'unknown' };

const none: Earlier = { kind: 'none' };
// The status is for people: what stays the same is written again only after this time.
const retellMs = 5 * 60_000;

/** The memory of one request. All times are monotonic milliseconds of the process's clock: the wall clock may be set. */
export class RequestMemory {
  readonly uid: string;
  /** A reconcile works on it right now. */
  busy = false;
  /** Stands for its CSR once that was taken: a request is read each time that it is tried, and its signature checked once. */
  provenCsr: string | undefined;
  /** Key of a newer request for the same CA, which goes first. */
  supersededBy: string | undefined;
  #isMet = false;
  #troubledSince: number | undefined;
  #queuedSince: number | undefined;
  #told: { readonly key: string; readonly at: number } | undefined;
  #earlier: Earlier = none;
  #inherited: InheritedRequest | undefined;
  #calls = 0;
  #lostAt: number | undefined;
  #misses = 0;
  #unfinished = 0;
  #sendsSubject = false;
  #defects = 0;
  #decided: End | undefined;
  readonly #otherPlaces = new OtherPlaces<IssuingCall>();

  constructor(uid: string) {
    this.uid = uid;
  }

  get earlier(): Earlier {
    return this.#earlier;
  }

  /** Whether nothing was done about it: nobody can have called for it, and no end of it is known. */
  get isUntried(): boolean {
    return this.#earlier.kind === 'none' && this.#calls === 0 && this.#decided === undefined;
  }

  /** Whether a call went out of this process whose certificate was not seen. */
  get isLost(): boolean {
    return this.#earlier.kind !== 'none' && this.#earlier.call !== undefined;
  }

  /** Milliseconds since the answer of the last call was lost; undefined where it was not, or where looks are counted. */
  lostFor(now: number): number | undefined {
    const isAnswerLost = this.isLost && this.#earlier.kind === 'unknown' && !this.#earlier.exists;
    return isAnswerLost && this.#misses === 0 && this.#lostAt !== undefined ? now - this.#lostAt : undefined;
  }

  /** The request as it was read last, while only an earlier process can have called for it. */
  get inheritedRequest(): InheritedRequest | undefined {
    return this.#inherited;
  }

  /** It was read. What an earlier process may have asked for is kept, since the request may be gone before that is looked for. */
  read({ object, creationTimestamp, approvedAt, certificate, revision, fields }: InheritedRequest): void {
    const isInherited = this.#earlier.kind === 'unknown' && this.#earlier.call === undefined;
    this.#inherited = isInherited
      ? { object, creationTimestamp, approvedAt, certificate, revision, fields }
      : undefined;
  }

  /** Issuing calls made so far. */
  get calls(): number {
    return this.#calls;
  }

  /** Whether the next call is to send the subject beside the CSR. */
  get sendsSubject(): boolean {
    return this.#sendsSubject;
  }

  /** PCA refused the CSR for its subject, and another call may send that beside it. */
  subjectRefused(): void {
    this.#sendsSubject = true;
  }

  /** How the request ends; kept until it is written, so that a failed write never costs a second call. */
  get decided(): End | undefined {
    return this.#decided;
  }

  /** An exception kept it from being decided; answers how many did so far. */
  defected(): number {
    this.#defects += 1;
    return this.#defects;
  }

  /** Milliseconds since the first of its troubles; the one now is the first where there was none. */
  troubledFor(now: number): number {
    return now - (this.#troubledSince ??= now);
  }

  /** Milliseconds since it began to wait for its turn, which it does now at the latest. */
  queuedFor(now: number): number {
    return now - (this.#queuedSince ??= now);
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
  isTold(key: string, now: number): boolean {
    return this.#told?.key === key && now - this.#told.at < retellMs;
  }

  /** It is told now. */
  tell(key: string, now: number): void {
    this.#told = { key, at: now };
  }

  /** It is worked on. `hadCertificate`: it came to an end before that is not there any more, so a certificate may exist. */
  met(hadCertificate: boolean, at: number): void {
    if (!this.#isMet && hadCertificate) this.inherited(at);
    this.#isMet = true;
  }

  /** Another process may have worked on the request before, so that a certificate may exist. */
  inherited(at: number): void {
    if (this.#earlier.kind === 'none') this.#earlier = { kind: 'unknown', exists: false, since: at, call: undefined };
  }

  /** A call goes out. From here on a certificate may exist, whatever happens to whoever waits for the answer. */
  called(call: IssuingCall, at: number): void {
    if (this.#earlier.kind !== 'none' || this.#decided !== undefined)
      throw new Error('A second issuing call was about to go out while a certificate may exist.');
    if (this.#otherPlaces.isOpen(call.issuer))
      throw new Error('An issuing call was about to go out to another CA than that of an earlier one.');

    this.#earlier = { kind: 'unknown', exists: false, since: at, call };
    this.#inherited = undefined;
    this.#calls += 1;
    this.#misses = 0;
    this.#unfinished = 0;
  }

  /** The call ended. */
  answered(end: CallEnd, at: number): void {
    const call = this.#earlier.kind === 'none' ? undefined : this.#earlier.call;
    this.#lostAt = at;
    if (end.kind === 'refused') this.#earlier = none;
    else if (end.kind === 'made' && end.identifier !== undefined)
      this.#earlier = { kind: 'accepted', identifier: end.identifier, since: at, call };
    else this.#earlier = { kind: 'unknown', exists: end.kind === 'exists', since: at, call };
  }

  /**
   * A look-up found nothing though PCA says that there is something, or could not be made at all. Answers how many came to that
   * since the call; the next must read a newer list.
   */
  missed(at: number): number {
    if (this.#earlier.kind === 'unknown') this.#earlier = { ...this.#earlier, since: at };
    this.#misses += 1;
    return this.#misses;
  }

  /** A look-up found a certificate that PCA has not finished. Answers how many came to that since the call. */
  unfinished(): number {
    this.#unfinished += 1;
    return this.#unfinished;
  }

  /**
   * PCA was searched after every earlier call was over, and there is no certificate. `only`: the place where alone a further call may
   * go out, since one that arrives late does no harm there; undefined where it does none anywhere.
   */
  ruledOut(only: string | undefined): void {
    const call = this.#earlier.kind === 'none' ? undefined : this.#earlier.call;
    this.#otherPlaces.ruledOut(only, call);
    this.#earlier = none;
    this.#inherited = undefined;
  }

  /**
   * It is to be called for with this issuer. A call that was ruled out for another of its entries alone may arrive there late all the
   * same, so that its certificate is looked for again.
   */
  turnsTo(issuer: Pick<ReadyIssuer, 'authority' | 'failover'>, at: number): void {
    if (this.#earlier.kind !== 'none' || this.#decided !== undefined || !this.#otherPlaces.isOpen(issuer)) return;
    this.#earlier = { kind: 'unknown', exists: false, since: at, call: this.#otherPlaces.reopened() };
  }

  /** What other entries of the issuer than the one in use have said of its earlier call. */
  get otherPlaces(): Pick<OtherPlaces<IssuingCall>, 'absentFor' | 'absent' | 'silent'> {
    return this.#otherPlaces;
  }

  /** The request comes to this end, which tells all about the certificate. */
  decide(end: End): void {
    this.#decided = end;
    this.#earlier = none;
    this.#inherited = undefined;
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

/** One request with what is remembered of it. */
export interface RequestTask {
  readonly request: Request;
  readonly memory: RequestMemory;
  readonly signal: AbortSignal;
}
