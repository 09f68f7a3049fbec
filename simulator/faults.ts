// Everything that can be made to go wrong, and every choice that the documents leave open. All of it can change at run time.
/** Faults and choices. A number that counts (`…: n`) is used up by the next n calls that issue. */
export interface Faults {
  /** Time before each answer, in milliseconds; per action where an object is given. */
  readonly latencyMilliseconds: number | Readonly<Record<string, number>>;
  /** Actions whose answers stay back until they are not named here any more. */
  readonly heldActions: readonly string[];
  /**
   * Calls accepted in a second, more are answered `Throttling.User`: by each issuing action, or, where an object is given, by
   * the actions that it names, issuing or not. 0: no limit.
   */
  readonly throttlePerSecond: number | Readonly<Record<string, number>>;
  /** `Throttling.User`, nothing issued, in addition to the calls that `throttlePerSecond` refuses. */
  readonly throttled: number;
  /** 503 ServiceUnavailable, nothing issued. */
  readonly serviceUnavailable: number;
  /** InternalError, nothing issued. */
  readonly internalErrorBeforeIssuing: number;
  /** InternalError although the certificate was issued. */
  readonly internalErrorAfterIssuing: number;
  /** HTTP status of InternalError: the service documents 500, and 400 was seen. */
  readonly internalErrorStatus: 400 | 500;
  /** The connection is cut before anything was issued. */
  readonly cutBeforeIssuing: number;
  /** The connection is cut after the certificate was issued. */
  readonly cutAfterIssuing: number;
  /** The answer has only identifier and RequestId, regardless of `Immediately`. */
  readonly withoutCertificate: number;
  /** The certificate carries another public key than the request. */
  readonly wrongKey: number;
  /** The certificate carries another name than was asked for. */
  readonly wrongName: number;
  /** The certificate's extended key usage is code signing alone. */
  readonly wrongUsage: number;
  /** The certificate ends a day before the end that was asked for. */
  readonly shiftedValidity: number;
  /** The certificate is one of a CA. */
  readonly asCertificateAuthority: number;
  /**
   * What becomes of requests whose CSR has a DNS name with this end, such as `.bad.example`; unlike the faults that count, it
   * strikes each of them.
   */
  readonly byName: Readonly<Record<string, NamedFault>>;
  /** Percentage of calls that a counted fault strikes, in addition to the next n. */
  readonly percentages: Readonly<Partial<Record<CountedFault, number>>>;
  /** For so long after an answer without certificate (`Immediately=0`) look-ups show it as PENDING, without its PEM. */
  readonly pendingMilliseconds: number;
  /** Order of the certificates in the chain. */
  readonly chainOrder: 'IssuerFirst' | 'RootFirst';
  /** Whether the chain of an issuing answer ends in the root. Undocumented. */
  readonly chainWithRoot: boolean;
  /** PEM texts carry a literal backslash-n instead of line ends, as some samples of the documents do. */
  readonly escapedNewlines: boolean;
  /** PEM texts lack the line end at their end. */
  readonly missingFinalNewline: boolean;
  /** Actions that the identity may not call: `Forbidden.RAM` with AccessDeniedDetail. */
  readonly deniedActions: readonly string[];
  /** Actions that the service no longer has: `InvalidAction.NotFound`. */
  readonly withdrawnActions: readonly string[];
  /** Actions, issuing or not, that are refused in any way; nothing is issued. */
  readonly failingActions: Readonly<
    Record<string, { readonly code: string; readonly status: number; readonly message?: string }>
  >;
  /** Lifetime of the credentials that STS issues, regardless of the requested one; 0: as requested. */
  readonly sessionSeconds: number;
  /** The CA has no certificates left: `InsufficientQuota`. */
  readonly quotaExhausted: boolean;
  /** The effect of a custom identifier that was used before. Undocumented. */
  readonly duplicateIdentifier: 'ParamRepeat' | 'Accept' | 'ReturnEarlier';
  /** Whether names and usages of the CSR count where no passthrough says otherwise. Undocumented. */
  readonly csrExtensions: 'Used' | 'Ignored';
  /**
   * Names of a CSR where `Domain`, `SanValue` or `Sans` give some too: only the CSR's, both, or only the parameters'. Without
   * such a parameter the CSR's are used. Undocumented.
   */
  readonly csrNames: 'Kept' | 'Merged' | 'Replaced';
  /** Whether usages of the CSR replace those of the server or client profile. Undocumented. */
  readonly csrUsages: 'Used' | 'Ignored';
  /**
   * Key usage of the profiles: digital signature and key encipherment, as in the documents' recipes for servers and clients,
   * or without the latter for ECC keys. Undocumented.
   */
  readonly profileKeyUsage: 'Recipe' | 'ByKeyFamily';
  /**
   * Subject of a CSR where parameters give one too, apart from the common name, which is the CSR's when it has one. `Wins`:
   * parameters fill what is missing; `Merged`: a parameter's value stands beside another value of the CSR; `ParametersWin`:
   * it replaces it. Undocumented.
   */
  readonly csrSubject: 'Wins' | 'Merged' | 'ParametersWin';
  /** What becomes of attributes without a value in the subject of a CSR, such as `O=`, where that subject is used. Undocumented. */
  readonly emptyAttributes: 'Copied' | 'Dropped' | 'Refused';
  /** Whether the documented defaults are added to a subject that lacks them, although there is a CSR. */
  readonly addedSubject: 'Documented' | 'None';
  /** How ListCert takes the dates that it filters by: both forms of its examples, one of them, or not at all. Undocumented. */
  readonly listDates: 'Both' | 'Seconds' | 'Days' | 'Refused' | 'Ignored';
  /** Server and client answers in the older form: root and parent certificate, no serial number and no chain. */
  readonly olderReply: boolean;
  /** CreateServerCertificateWithCsr answers without PEM texts regardless of `Immediately`, as in its older document. */
  readonly serverIgnoresImmediately: boolean;
}

/** Nothing goes wrong; the choices are the ones that seem likeliest. */
export const noFaults: Faults = {
  latencyMilliseconds: 0,
  heldActions: [],
  throttlePerSecond: 0,
  throttled: 0,
  serviceUnavailable: 0,
  internalErrorBeforeIssuing: 0,
  internalErrorAfterIssuing: 0,
  internalErrorStatus: 500,
  cutBeforeIssuing: 0,
  cutAfterIssuing: 0,
  withoutCertificate: 0,
  wrongKey: 0,
  wrongName: 0,
  wrongUsage: 0,
  shiftedValidity: 0,
  asCertificateAuthority: 0,
  byName: {},
  percentages: {},
  pendingMilliseconds: 0,
  chainOrder: 'IssuerFirst',
  chainWithRoot: true,
  escapedNewlines: false,
  missingFinalNewline: false,
  deniedActions: [],
  withdrawnActions: [],
  failingActions: {},
  sessionSeconds: 0,
  quotaExhausted: false,
  duplicateIdentifier: 'ParamRepeat',
  csrExtensions: 'Used',
  csrNames: 'Merged',
  csrUsages: 'Ignored',
  profileKeyUsage: 'Recipe',
  csrSubject: 'Merged',
  emptyAttributes: 'Copied',
  addedSubject: 'Documented',
  listDates: 'Both',
  olderReply: false,
  serverIgnoresImmediately: false,
};

/** Names of the faults that are used up. */
export type CountedFault =
  | 'throttled'
  | 'serviceUnavailable'
  | 'internalErrorBeforeIssuing'
  | 'internalErrorAfterIssuing'
  | 'cutBeforeIssuing'
  | 'cutAfterIssuing'
  | 'withoutCertificate'
  | 'wrongKey'
  | 'wrongName'
  | 'wrongUsage'
  | 'shiftedValidity'
  | 'asCertificateAuthority';

/** What can become of a request for its name. `wrongSubject`: another common name; `refused`: `InvalidParameter.Csr`, nothing issued. */
export type NamedFault =
  'wrongKey' | 'wrongName' | 'wrongUsage' | 'wrongSubject' | 'shiftedValidity' | 'asCertificateAuthority' | 'refused';

/** The faults that are set now, with the bookkeeping for those that are used up. */
export class FaultState {
  readonly #random: () => number;
  #faults: Faults = noFaults;
  #onChange: (() => void)[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  get current(): Faults {
    return this.#faults;
  }

  /** Changes some of them; throws a sentence for a name that does not exist. */
  set(changes: Partial<Faults>): void {
    const unknown = Object.keys(changes).find((name) => !(name in noFaults));
    if (unknown !== undefined)
      throw new Error(`There is no fault "${unknown}"; there are: ${Object.keys(noFaults).join(', ')}`);
    this.#become({ ...this.#faults, ...changes });
  }

  reset(): void {
    this.#become(noFaults);
  }

  #become(faults: Faults): void {
    this.#faults = faults;
    for (const look of this.#onChange.splice(0)) look();
  }

  /** Whether the fault strikes now; it is used up by that once. */
  strikes(fault: CountedFault): boolean {
    const left = this.#faults[fault];
    if (left <= 0) return this.#random() * 100 < (this.#faults.percentages[fault] ?? 0);
    this.#faults = { ...this.#faults, [fault]: left - 1 };
    return true;
  }

  /** The fault for a request with these names, if there is one. */
  named(names: readonly string[]): NamedFault | undefined {
    const ends = Object.keys(this.#faults.byName);
    const end = ends.find((each) => names.some((name) => name.endsWith(each)));
    return end === undefined ? undefined : this.#faults.byName[end];
  }

  /** Calls that an action accepts in a second, 0 for no limit. */
  throttle({ name, issues }: { readonly name: string; readonly issues: boolean }): number {
    const { throttlePerSecond: limit } = this.#faults;
    if (typeof limit === 'number') return issues ? limit : 0;
    return limit[name] ?? 0;
  }

  /** Waits before the answer of an action. */
  async delay(action: string): Promise<void> {
    const { latencyMilliseconds: latency } = this.#faults;
    const milliseconds = typeof latency === 'number' ? latency : (latency[action] ?? 0);
    if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
    while (this.#faults.heldActions.includes(action))
      await new Promise<void>((resolve) => this.#onChange.push(resolve));
  }
}
