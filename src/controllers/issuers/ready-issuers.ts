// What issuing needs of checked issuers: CA and whether requests may go out now. In memory, rebuilt after a start.
import type { CertificateAuthority } from '../../authority/certificate-authority.ts';
import type { IssuerSpec, IssuerStatus } from '../../crds/issuer.ts';
import type { IssuingCA } from '../../issuing/issuing-ca.ts';
import type { ReadCertificate } from '../../issuing/x509/certificate.ts';
import type { Clock } from '../../timing/clock.ts';
import { FaultHold } from './fault-hold.ts';
import type { FailoverOf } from './failover/other-entry.ts';
import type { IssuerPass } from './issuer-pass.ts';
import { OwnerHolds } from './owner-holds.ts';
import type { Owner } from './owner-holds.ts';
import type { IssuerProblem, IssuerReason } from './reasons.ts';
import type { Allowance } from './tenancy/allowance.ts';
import type { CheckedTrust } from './trust/trust-sources.ts';

/** A checked issuer: what it says (`spec` of `generation`), its CA and the way to it. */
export interface ReadyIssuer {
  readonly uid: string;
  readonly generation: number;
  readonly spec: IssuerSpec;
  readonly ca: IssuingCA;
  readonly authority: CertificateAuthority;
  /** Version of what the credentials come from (CredentialVersions); empty where nothing is read. */
  readonly credentialsVersion: string;
  /** What the administrator's rule allows it; undefined where there are no rules. */
  readonly allowance?: Allowance | undefined;
  /** Family of the key of the CA before this one, where it was another. */
  readonly formerKeyFamily?: string | undefined;
  /** What its clients are to trust, as the check found it. */
  readonly trust?: CheckedTrust | undefined;
  /** The same as it is published, former certificates included. */
  readonly trustStatus?: IssuerStatus['trust'];
  /** Is told each lifetime that a request asks for. */
  readonly onAsked?: (seconds: number) => void;
  /** For an issuer with spec.failover, of whose entries this is one. */
  readonly failover?: FailoverOf<ReadyIssuer>;
}

/** What a request may do with an issuer. */
export type IssuerState =
  | { readonly kind: 'unchecked' }
  | { readonly kind: 'notReady'; readonly reason: IssuerReason }
  | { readonly kind: 'ready'; readonly issuer: ReadyIssuer };

/** Which issuer object is meant. */
export interface IssuerObject {
  readonly uid: string;
  readonly generation: number;
}

interface Entry {
  issuer: ReadyIssuer | undefined;
  problem: IssuerProblem | undefined;
  hold: FaultHold;
  /** Keys of requests that wait behind the one that goes first, in order, with their tenants as far as they are known. */
  readonly behind: Map<string, string | undefined>;
  /** Stops the timer for the end of a round in which only those wait who have tried. */
  stopRound: (() => void) | undefined;
  owners: OwnerHolds;
  /** What certificates of this issuer object need beside what its checks find. */
  demanded: readonly ReadCertificate[];
}

/** The checked issuers by key. */
export class ReadyIssuers {
  readonly #entries = new Map<string, Entry>();
  readonly #changeListeners: ((key: string) => void)[] = [];
  readonly #faultListeners: ((key: string) => void)[] = [];
  readonly #recoveryListeners: ((key: string) => void)[] = [];
  readonly #turnListeners: ((request: string) => boolean)[] = [];
  readonly #clock: Pick<Clock, 'monotonic' | 'random' | 'startTimer'>;

  constructor(clock: Pick<Clock, 'monotonic' | 'random' | 'startTimer'>) {
    this.#clock = clock;
  }

  /** Calls `listener` with the key whenever an issuer becomes ready or loses that. */
  onChange(listener: (key: string) => void): void {
    this.#changeListeners.push(listener);
  }

  /** Calls `listener` with the key whenever issuing met what the issuer's check sees to: a fault, or something to publish. */
  onFault(listener: (key: string) => void): void {
    this.#faultListeners.push(listener);
  }

  /** Calls `listener` with the key whenever the first certificate after a fault shows that an issuer can issue again. */
  onRecovery(listener: (key: string) => void): void {
    this.#recoveryListeners.push(listener);
  }

  /** What certificates of this issuer need to have published beside what its checks find. */
  demanded(key: string): readonly ReadCertificate[] {
    return this.#entries.get(key)?.demanded ?? [];
  }

  /**
   * Calls `listener` with the key of a request that waited behind another one and may go first now. It answers whether there
   * still is such a request; otherwise it is the next one's turn.
   */
  onTurn(listener: (request: string) => boolean): void {
    this.#turnListeners.push(listener);
  }

  /** The state for this issuer object; a check of an older one counts as none. */
  state(key: string, object: IssuerObject): IssuerState {
    const entry = this.#entries.get(key);
    if (entry?.problem !== undefined) return { kind: 'notReady', reason: entry.problem.reason };
    const issuer = entry?.issuer;
    return issuer !== undefined && isFor(object, issuer) ? { kind: 'ready', issuer } : { kind: 'unchecked' };
  }

  /** The issuer as the last successful check found it, also while a fault holds it. */
  last(key: string): ReadyIssuer | undefined {
    return this.#entries.get(key)?.issuer;
  }

  /** A check succeeded: requests may go out, after a fault one of them first. */
  open(key: string, issuer: ReadyIssuer): void {
    const entry = this.#entry(key);
    const { location } = issuer.authority;
    // Another CA of the same object has its own faults.
    const changed = entry.issuer?.authority.location !== location || !isFor(issuer, entry.issuer);
    const opens = changed || entry.problem !== undefined;
    if (changed) {
      entry.hold = new FaultHold(this.#clock);
      entry.owners = new OwnerHolds(this.#clock);
      entry.demanded = [];
    } else if (entry.problem !== undefined) entry.hold.reopen();
    entry.issuer = issuer;
    entry.problem = undefined;
    if (opens) this.#changed(key);
  }

  /** A check failed: no request goes out until a later check succeeds. */
  close(key: string, problem: IssuerProblem): void {
    const entry = this.#entry(key);
    const changed = entry.problem?.reason !== problem.reason;
    entry.problem = problem;
    if (changed) this.#changed(key);
  }

  /**
   * Lets a request of an owner try with a ready issuer; undefined while another one goes first after a fault, or another
   * tenant may. Then the request of this key is told of its turn, or woken with all others when the way is free.
   */
  enter(key: string, issuer: ReadyIssuer, owner: Owner, request?: string): IssuerPass | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const { hold, owners, behind } = entry;
    const place = hold.enter(owner.tenant, () => this.#recovered(key));
    if (place === undefined) {
      if (request !== undefined) behind.set(request, owner.tenant);
      // It may be that of others who wait.
      this.#giveTurn(entry);
      return undefined;
    }
    if (request !== undefined) behind.delete(request);
    const fault = (problem: IssuerProblem): void => this.#fault(key, issuer, problem);
    return {
      issued: () => {
        owners.issued(owner);
        place.issued();
      },
      untried: () => place.untried(),
      fault,
      mismatched: (reason, problem) => {
        if (owners.mismatched(owner, reason)) fault(problem);
      },
      refused: (reason) => owners.refused(owner, reason),
      demands: (certificate) => this.#demand(key, issuer, certificate),
      [Symbol.dispose]: () => {
        place[Symbol.dispose]();
        this.#giveTurn(entry);
      },
    };
  }

  /**
   * Whether the request of this key need not even be looked at, since another one goes first with its issuer; with its
   * tenant where that is known.
   */
  waitsBehind(key: string, request: string, tenant: string | undefined): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.problem !== undefined || !entry.hold.isTaken) return false;
    entry.behind.set(request, tenant ?? entry.behind.get(request));
    return true;
  }

  /** Why the requests of an owner wait with an issuer that others may use, with the milliseconds left. */
  ownerHeld(key: string, owner: Owner): { readonly reason: string; readonly ms: number } | undefined {
    return this.#entries.get(key)?.owners.held(owner);
  }

  /** The fault that still holds this issuer object, with the milliseconds left. */
  held(key: string, object: IssuerObject): { readonly problem: IssuerProblem; readonly ms: number } | undefined {
    const entry = this.#entries.get(key);
    if (entry?.problem === undefined || entry.issuer === undefined || !isFor(object, entry.issuer)) return undefined;
    const ms = entry.hold.leftMs;
    return ms > 0 ? { problem: entry.problem, ms } : undefined;
  }

  /** What its hold waited for has happened: this issuer may be checked at once. */
  endHold(key: string): void {
    this.#entries.get(key)?.hold.end();
  }

  /** Whether issuing met a fault of this issuer object and no certificate has come since. */
  isSuspect(key: string, object: IssuerObject): boolean {
    const entry = this.#entries.get(key);
    return entry?.issuer !== undefined && isFor(object, entry.issuer) && entry.hold.isSuspect;
  }

  /** The issuer is gone. */
  remove(key: string): void {
    if (this.#entries.delete(key)) this.#changed(key);
  }

  /** Issuing met a fault of the issuer: its requests are held. */
  #fault(key: string, issuer: ReadyIssuer, problem: IssuerProblem): void {
    const entry = this.#entries.get(key);
    // Answers to calls that went out before the first fault was known say nothing new.
    if (entry?.issuer !== issuer || entry.problem !== undefined) return;
    entry.hold.fault();
    entry.problem = problem;
    this.#changed(key);
    for (const listener of this.#faultListeners) listener(key);
  }

  #demand(key: string, issuer: ReadyIssuer, certificate: ReadCertificate): void {
    const entry = this.#entries.get(key);
    if (entry?.issuer !== issuer || entry.demanded.some(({ der }) => der.equals(certificate.der))) return;
    entry.demanded = [...entry.demanded, certificate];
    for (const listener of this.#faultListeners) listener(key);
  }

  #recovered(key: string): void {
    this.#changed(key);
    for (const listener of this.#recoveryListeners) listener(key);
  }

  #entry(key: string): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = {
      issuer: undefined,
      problem: undefined,
      hold: new FaultHold(this.#clock),
      behind: new Map(),
      stopRound: undefined,
      owners: new OwnerHolds(this.#clock),
      demanded: [],
    };
    this.#entries.set(key, entry);
    return entry;
  }

  /** The next one that waits goes first, of a tenant that has not tried in this round. */
  #giveTurn(entry: Entry): void {
    const { hold, problem, behind } = entry;
    if (!hold.isVacant || problem !== undefined) return;
    for (const [request, tenant] of behind) {
      if (tenant !== undefined && hold.hasTried(tenant)) continue;
      behind.delete(request);
      if (this.#turnListeners.some((listener) => listener(request))) return;
    }
    this.#awaitRound(entry);
  }

  /** Where only those wait who have tried, they may try again once nobody else has come. */
  #awaitRound(entry: Entry): void {
    if (!entry.hold.isVacant || entry.behind.size === 0 || entry.stopRound !== undefined) return;
    const end = (): void => {
      entry.stopRound = undefined;
      entry.hold.startRound();
      this.#giveTurn(entry);
    };
    entry.stopRound = this.#clock.startTimer(end, Math.max(0, entry.hold.roundLeftMs));
  }

  #changed(key: string): void {
    // All of its requests are woken.
    const entry = this.#entries.get(key);
    entry?.behind.clear();
    entry?.stopRound?.();
    if (entry !== undefined) entry.stopRound = undefined;
    for (const listener of this.#changeListeners) listener(key);
  }
}

function isFor({ uid, generation }: IssuerObject, issuer: IssuerObject): boolean {
  return issuer.uid === uid && issuer.generation === generation;
}
