// How many certificates were issued of late, per issuer, namespace and Certificate, against the issuer's own limits. Filled by
// our own calls and, after a start, by the finished requests that the cluster still has; nothing is stored anywhere else.
import {
  certificateRequestConditions,
  conditionOf,
  owningCertificateName,
  terminalState,
} from '../../../crds/cert-manager.ts';
import type { CertificateRequest } from '../../../crds/cert-manager.ts';
import { issuerKey, parseIssuerKey, referencedIssuer } from '../../../crds/issuer-ref.ts';
import { apiGroup } from '../../../crds/issuer.ts';

/** Whom a certificate counts for. `certificate`: the Certificate behind the request, undefined where there is none. */
export interface IssuanceScope {
  readonly issuer: string;
  /** undefined for requests without namespace. */
  readonly namespace: string | undefined;
  readonly certificate: string | undefined;
}

/** Most certificates in a sliding hour or day; undefined: no limit. */
export interface IssuanceLimitSettings {
  readonly certificatesPerHour?: number;
  readonly certificatesPerDay?: number;
  readonly certificatesPerNamespacePerHour?: number;
  readonly certificatesPerNamespacePerDay?: number;
  /** For one Certificate; 0: no limit. */
  readonly reissuesPerHour: number;
}

/** Of the issuer itself, and of the rule that allows it, for all AlibabaPCAIssuers of its namespace together. */
type Settings = IssuanceLimitSettings & {
  readonly allowance?: Pick<IssuanceLimitSettings, 'certificatesPerHour' | 'certificatesPerDay'> | undefined;
};

/** The certificates that one Certificate got within a day; `last` is wall-clock milliseconds. */
export interface LatelyIssued {
  readonly count: number;
  readonly last: number;
}

/** The limit that is used up, and from when on (wall clock, ms) there is room again. */
export interface ExceededLimit {
  readonly field: keyof IssuanceLimitSettings;
  readonly most: number;
  readonly freeAt: number;
  /** Whether it is the rule's and not the issuer's own. */
  readonly isOfRule?: true;
}

/** Whether certificates that others got, or the same Certificate, count against a request. */
export function countsEarlier({ certificate }: IssuanceScope, limits: Settings): boolean {
  // What a Certificate got of late counts also without a limit: cert-manager may ask again for what it has.
  if (certificate !== undefined) return true;
  const { allowance = {} } = limits;
  const ofIssuer = [
    limits.certificatesPerHour,
    limits.certificatesPerDay,
    limits.certificatesPerNamespacePerHour,
    limits.certificatesPerNamespacePerDay,
  ];
  const all = [...ofIssuer, allowance.certificatesPerHour, allowance.certificatesPerDay];
  return all.some((most) => most !== undefined);
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
// Scopes that nobody asks about again are dropped this seldom, so that it costs nothing.
const sweepEvery = 1_000;

/** The count; all times are wall-clock milliseconds. */
export class IssuanceLimits {
  readonly #scopes = new Map<string, number[]>();
  readonly #counted = new Map<string, number>();
  #sinceSweep = 0;

  /** Counts the certificate of a request once, however often it is told. */
  count(uid: string, scope: IssuanceScope, at: number): void {
    if (this.#counted.has(uid)) return;
    this.#counted.set(uid, at);
    for (const key of keysOf(scope)) {
      const times = this.#scopes.get(key);
      if (times === undefined) this.#scopes.set(key, [at]);
      else insert(times, at);
    }
    this.#sinceSweep += 1;
    if (this.#sinceSweep >= sweepEvery) this.#sweep(at);
  }

  /** Takes back what was counted before a call that surely issued nothing. */
  takeBack(uid: string, scope: IssuanceScope): void {
    const at = this.#counted.get(uid);
    if (at === undefined) return;
    this.#counted.delete(uid);
    for (const key of keysOf(scope)) {
      const times = this.#scopes.get(key);
      const index = times?.lastIndexOf(at) ?? -1;
      if (index >= 0) times?.splice(index, 1);
    }
  }

  /** The limit that holds one more certificate back now; of several the one that does so for longest. */
  exceeded(uid: string, scope: IssuanceScope, limits: Settings, now: number): ExceededLimit | undefined {
    if (this.#counted.has(uid)) return undefined;
    const { issuer, namespace, certificate, tenant } = scopeKeys(scope);
    const { allowance = {} } = limits;
    const rows = [
      ofRule(this.#row('certificatesPerHour', allowance, tenant, hourMs)),
      ofRule(this.#row('certificatesPerDay', allowance, tenant, dayMs)),
      this.#row('certificatesPerHour', limits, issuer, hourMs),
      this.#row('certificatesPerDay', limits, issuer, dayMs),
      this.#row('certificatesPerNamespacePerHour', limits, namespace, hourMs),
      this.#row('certificatesPerNamespacePerDay', limits, namespace, dayMs),
      this.#row('reissuesPerHour', limits, certificate, hourMs),
    ];
    return rows
      .flatMap((row) => (row !== undefined && row.freeAt > now ? [row] : []))
      .reduce<ExceededLimit | undefined>(
        (last, row) => (last === undefined || row.freeAt > last.freeAt ? row : last),
        undefined,
      );
  }

  /** What the Certificate of the scope got within a day, not counting the request itself; undefined where that is nothing. */
  lately(uid: string, scope: IssuanceScope, now: number): LatelyIssued | undefined {
    if (this.#counted.has(uid)) return undefined;
    const { certificate } = scopeKeys(scope);
    const times = (certificate === undefined ? undefined : this.#scopes.get(certificate)) ?? [];
    const last = times.at(-1);
    if (last === undefined || last < now - dayMs) return undefined;
    return { count: times.filter((at) => at >= now - dayMs).length, last };
  }

  #row(
    field: keyof IssuanceLimitSettings,
    limits: Partial<IssuanceLimitSettings>,
    key: string | undefined,
    window: number,
  ): ExceededLimit | undefined {
    const most = limits[field];
    if (most === undefined || most === 0 || key === undefined) return undefined;
    const oldest = this.#scopes.get(key)?.at(-most);
    return oldest === undefined ? undefined : { field, most, freeAt: oldest + window };
  }

  #sweep(now: number): void {
    this.#sinceSweep = 0;
    for (const [uid, at] of this.#counted) if (at < now - dayMs) this.#counted.delete(uid);
    for (const [key, times] of this.#scopes) {
      const kept = times.filter((at) => at >= now - dayMs);
      if (kept.length === 0) this.#scopes.delete(key);
      else this.#scopes.set(key, kept);
    }
  }
}

function ofRule(row: ExceededLimit | undefined): ExceededLimit | undefined {
  return row === undefined ? undefined : { ...row, isOfRule: true };
}

type ScopeKeys = Readonly<Record<keyof IssuanceScope | 'tenant', string | undefined>>;

function scopeKeys({ issuer, namespace, certificate }: IssuanceScope): ScopeKeys {
  // Names are free, so what is allowed to a namespace is counted over all its issuers, whatever they are called.
  const owner = parseIssuerKey(issuer)?.namespace;
  return {
    tenant: owner === undefined ? `cluster issuer ${issuer}` : `issuers of ${owner}`,
    issuer: `issuer ${issuer}`,
    namespace: namespace === undefined ? undefined : `namespace ${issuer} ${namespace}`,
    certificate: certificate === undefined ? undefined : `certificate ${namespace ?? ''}/${certificate}`,
  };
}

function keysOf(scope: IssuanceScope): readonly string[] {
  return Object.values(scopeKeys(scope)).filter((key) => key !== undefined);
}

// Times come nearly in order: own calls do, the list after a start does not.
function insert(times: number[], at: number): void {
  let index = times.length;
  while (index > 0 && (times[index - 1] ?? 0) > at) index -= 1;
  times.splice(index, 0, at);
}

/** Counts what other processes issued: finished requests as they are listed at the start and watched by a standby. */
export function issuedCounter(limits: Pick<IssuanceLimits, 'count'>): (request: CertificateRequest) => void {
  return (request) => {
    const { issuerRef } = request.spec;
    if (issuerRef.group !== apiGroup || terminalState(request) !== 'Issued') return;
    const { uid, namespace } = request.metadata;
    const identity = referencedIssuer(issuerRef, namespace);
    const at = Date.parse(conditionOf(request, certificateRequestConditions.ready)?.lastTransitionTime ?? '');
    if (identity === undefined || Number.isNaN(at)) return;
    limits.count(uid, { issuer: issuerKey(identity), namespace, certificate: owningCertificateName(request) }, at);
  };
}
