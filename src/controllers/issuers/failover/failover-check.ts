// The check of an issuer with spec.failover: every entry is checked, one of them issues, and clients are to trust what certificates
// of each of them need. An issuer without it is checked as ever.
import type { Issuer } from '../../../crds/issuer.ts';
import { isTrustedNow } from '../../../issuing/trust/trust-state.ts';
import type { ReadCertificate } from '../../../issuing/x509/certificate.ts';
import { formatMoment } from '../../../timing/moment.ts';
import type { Clock } from '../../../timing/clock.ts';
import { RecentMap } from '../../../timing/recent-map.ts';
import type { CheckResult, IssuerCheck } from '../check.ts';
import { graceMs } from '../grace-period.ts';
import type { ReadyIssuer } from '../ready-issuers.ts';
import { outlookOf } from '../reasons.ts';
import type { IssuerProblem } from '../reasons.ts';
import type { CheckedTrust } from '../trust/trust-sources.ts';
import { entriesOf, placeOf } from './entries.ts';
import type { IssuerEntry } from './entries.ts';
import { isFailedOver } from './failover-reasons.ts';
import type { FailoverOf, FailoverStatus, OtherEntry } from './other-entry.ts';
import { chosenEntry } from './selection.ts';

type NotReady = Extract<CheckResult, { readonly kind: 'notReady' }>;

/** What this process remembers of an entry. Moments are monotonic. */
interface Known {
  /** As look-ups need it. */
  issuer: ReadyIssuer | undefined;
  /** Since when every check found it usable, or unusable. */
  usableSince: number | undefined;
  failingSince: number | undefined;
}

/** What it remembers of an issuer. */
interface Memory {
  generation: number | undefined;
  /** The place of the entry in use. */
  place: string;
  inUse: FailoverStatus | undefined;
  readonly known: Map<string, Known>;
  /** How often in a row it went back to an entry that failed again soon, and when it went back last. */
  setbacks: number;
  wentBackAt: number | undefined;
}

/** An entry with what its check found, and what is remembered of it. */
interface Checked {
  readonly entry: IssuerEntry;
  readonly result: CheckResult;
  readonly known: Known;
  /** Nothing will be issued there, so that clients need not trust it. */
  readonly isLeftOut?: true;
}

// An entry that fails again so soon after the issuer went back to it has to answer twice as long the next time.
const soonMs = 3_600_000;

/** Checks issuers, whose entry in use it chooses. */
export class FailoverCheck {
  readonly #check: Pick<IssuerCheck, 'check'>;
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #steadyMs: number;
  /** By UID. */
  readonly #memories: RecentMap<Memory>;

  /** `steadyMs`: for so long an entry must have answered before the issuer goes back to it. */
  constructor(check: Pick<IssuerCheck, 'check'>, clock: Pick<Clock, 'now' | 'monotonic'>, steadyMs: number) {
    this.#check = check;
    this.#clock = clock;
    this.#steadyMs = steadyMs;
    this.#memories = new RecentMap({ clock });
  }

  /** Checks one issuer object. `fault`: what issuing met with the entry in use, whatever PCA says of its CA. */
  async check(issuer: Issuer, signal: AbortSignal, fault?: IssuerProblem): Promise<CheckResult> {
    const entries = entriesOf(issuer);
    if (entries.length === 1) return this.#check.check(issuer, signal);
    const memory = this.#memoryOf(issuer, entries);
    const results = await Promise.all(entries.map(async (entry) => this.#check.check(entry.issuer, signal)));
    const inUse = entries.findIndex(({ place }) => place === memory.place);
    const found = entries.map((entry, index): Checked => {
      const checked = results[index] as CheckResult;
      const result = fault !== undefined && index === inUse ? faulty(checked, fault) : checked;
      return { entry, result, known: this.#noted(memory, entry, result) };
    });
    if (signal.aborted) return results[inUse] as CheckResult;
    const judged = withObstacles(found, issuer);
    for (const { result, known } of judged) this.#time(known, result);
    const chosen = this.#chosen(judged, memory, { inUse, isFault: fault !== undefined });
    if (chosen === undefined) return noneStandsIn(judged, inUse);
    if (chosen !== inUse) this.#turn(memory, judged, { from: inUse, to: chosen });
    return ready(judged, chosen, memory.inUse);
  }

  #memoryOf(issuer: Issuer, entries: readonly [IssuerEntry, ...IssuerEntry[]]): Memory {
    const { metadata, status } = issuer;
    const memory = this.#memories.use(metadata.uid, () => ({
      generation: metadata.generation,
      // The operator before this one may have left the issuer's own CA.
      place: status?.failover === undefined ? '' : placeOf({ host: undefined, ...status.failover }),
      inUse: status?.failover,
      known: new Map<string, Known>(),
      setbacks: 0,
      wentBackAt: undefined,
    }));
    if (memory.generation !== metadata.generation) {
      // What clients are to trust may be asked for in another way by now.
      for (const known of memory.known.values())
        if (known.issuer !== undefined) known.issuer = { ...known.issuer, trust: undefined };
      memory.generation = metadata.generation;
    }
    const [own] = entries;
    const present = entries.find(({ place }) => place === memory.place) ?? own;
    memory.place = present.place;
    memory.inUse =
      present.index === undefined || memory.inUse === undefined ? undefined : { ...memory.inUse, entry: present.index };
    return memory;
  }

  /** What is known of the entry from now on; its CA is remembered while nobody describes it. */
  #noted(memory: Memory, { place, issuer }: IssuerEntry, result: CheckResult): Known {
    const known = memory.known.get(place) ?? { issuer: undefined, usableSince: undefined, failingSince: undefined };
    memory.known.set(place, known);
    if (result.kind === 'ready') known.issuer = result.issuer;
    else if (result.way !== undefined) {
      const ca = result.ca ?? known.issuer?.ca;
      const { uid, generation = 0 } = issuer.metadata;
      if (ca !== undefined) known.issuer = { ...known.issuer, uid, generation, spec: issuer.spec, ca, ...result.way };
    }
    return known;
  }

  #time(known: Known, { kind }: CheckResult): void {
    const now = this.#clock.monotonic();
    known.usableSince = kind === 'ready' ? (known.usableSince ?? now) : undefined;
    known.failingSince = kind === 'ready' ? undefined : (known.failingSince ?? now);
  }

  #chosen(
    judged: readonly Checked[],
    { setbacks }: Memory,
    { inUse, isFault }: { readonly inUse: number; readonly isFault: boolean },
  ): number | undefined {
    const now = this.#clock.monotonic();
    const steadyMs = Math.min(this.#steadyMs * 2 ** setbacks, Math.max(this.#steadyMs, soonMs));
    const seen = judged.map(({ result, known: { usableSince = now, failingSince = now } }) => {
      if (result.kind === 'ready')
        return { isUsable: true, isFailedOver: false, isSteady: now - usableSince >= steadyMs };
      const { reason } = result.problem;
      // What often passes by itself is waited for, unless issuing has met it.
      const isSteady = isFault || outlookOf(reason) !== 'OftenPasses' || now - failingSince >= graceMs;
      return { isUsable: false, isFailedOver: isFailedOver(reason, result.failure), isSteady };
    });
    return chosenEntry(seen, inUse);
  }

  /** Another entry is in use from now on. */
  #turn(
    memory: Memory,
    judged: readonly Checked[],
    { from, to }: { readonly from: number; readonly to: number },
  ): void {
    const now = this.#clock.monotonic();
    const { entry } = judged[to] as Checked;
    const left = (judged[from] as Checked).result;
    if (to < from && left.kind === 'ready') memory.wentBackAt = now;
    else if (to > from) {
      const isSoon = memory.wentBackAt !== undefined && now - memory.wentBackAt < soonMs;
      memory.setbacks = isSoon ? memory.setbacks + 1 : 0;
    }
    memory.place = entry.place;
    const { parentIdentifier, region, endpoint } = entry.issuer.spec;
    const { host } = endpoint;
    const reason = left.kind === 'ready' ? (memory.inUse?.reason ?? 'Checked') : left.problem.reason;
    memory.inUse =
      entry.index === undefined
        ? undefined
        : {
            entry: entry.index,
            parentIdentifier,
            region,
            ...(host === undefined ? {} : { host }),
            since: formatMoment(this.#clock.now()),
            reason,
          };
  }
}

/** What issuing met counts more than what PCA says of the CA. */
function faulty(result: CheckResult, problem: IssuerProblem): NotReady {
  if (result.kind === 'notReady') return { ...result, problem };
  const { ca, authority, credentialsVersion } = result.issuer;
  return { kind: 'notReady', problem, ca, way: { authority, credentialsVersion } };
}

/** An entry whose certificates could not stand for those of the issuer's own CA is not ready. */
function withObstacles(found: readonly Checked[], issuer: Issuer): readonly Checked[] {
  return found.map((checked, index) => {
    const candidate = checked.known.issuer;
    const obstacle = index === 0 || candidate === undefined ? undefined : obstacleOf(candidate, found[0], issuer);
    if (candidate === undefined || obstacle === undefined) return checked;
    const problem = { reason: 'InvalidSettings', message: `${checked.entry.path}: ${obstacle}` } as const;
    const { authority, credentialsVersion } = candidate;
    const result: NotReady = { kind: 'notReady', problem, ca: undefined, way: { authority, credentialsVersion } };
    return { ...checked, result, isLeftOut: true };
  });
}

/** Why an entry cannot stand in for the issuer's own CA, whether that answers or not; undefined where it can. */
function obstacleOf(
  { ca, trust }: ReadyIssuer,
  own: Checked | undefined,
  { spec, status }: Issuer,
): string | undefined {
  const known = own?.known.issuer;
  const family = known?.ca.keyFamily ?? status?.ca?.keyAlgorithm;
  if (family !== undefined && ca.keyFamily !== family)
    return `the key of this CA is ${ca.keyFamily}, that of the issuer's own ${family}, so that it cannot issue what is asked for. Name a CA whose key is ${family}.`;
  const { publishTo, source } = spec.trust;
  // With Static every entry has the same certificates trusted, and its check has found its root among them.
  if (publishTo !== undefined || source === 'Static' || trust === undefined) return undefined;
  const isTrusted = (certificate: ReadCertificate): boolean =>
    known?.trust === undefined
      ? status?.trust !== undefined && isTrustedNow(status.trust, certificate)
      : known.trust.anchors.trusted.some(({ der }) => der.equals(certificate.der));
  return trust.anchors.verifying.every(isTrusted)
    ? undefined
    : `clients would not trust its certificates: its root is none of those that they get with certificates of the issuer's own CA. Set spec.trust.publishTo and have clients read that ConfigMap, or name all roots with spec.trust.source Static.`;
}

/** The fields that an entry has instead of the issuer. */
const ownFields = /\bspec\.(?=(?:parentIdentifier|region|endpoint|stsEndpoint)\b)/g;

/** The message about an entry, which names the fields where they are. */
function messageOf({ message }: IssuerProblem, { index, path }: IssuerEntry): string {
  return index === undefined ? message : message.replaceAll(ownFields, `${path}.`);
}

/** No entry may issue: the one in use says why, and the others why they do not stand in. */
function noneStandsIn(judged: readonly Checked[], inUse: number): CheckResult {
  const { result, entry } = judged[inUse] as Checked;
  if (result.kind === 'ready') return result;
  const others = faultsOf(judged, inUse).map(({ text }) => text);
  const message = [messageOf(result.problem, entry), ...others].join(' ');
  return { ...result, problem: { ...result.problem, message } };
}

/** What is wrong with all entries but one. */
function faultsOf(judged: readonly Checked[], but: number): FailoverOf<ReadyIssuer>['faults'] {
  return judged.flatMap(({ entry, result }, index) => {
    if (index === but || result.kind === 'ready') return [];
    const { reason } = result.problem;
    const message = messageOf(result.problem, entry);
    const what =
      index === 0 ? `The issuer's own ${entry.name} cannot issue` : `${entry.name} (${entry.path}) cannot stand in`;
    return [{ isOwn: index === 0, text: `${what}: ${reason}. ${message}` }];
  });
}

/** The issuer as the chosen entry makes it, with what is known of the others. */
function ready(judged: readonly Checked[], chosen: number, inUse: FailoverStatus | undefined): CheckResult {
  const { result, entry } = judged[chosen] as Checked;
  if (result.kind === 'notReady') return result;
  const others = judged.filter((_checked, index) => index !== chosen).map(otherEntry);
  const failover = {
    inUse,
    name: entry.name,
    ownName: (judged[0] as Checked).entry.name,
    others,
    faults: faultsOf(judged, chosen),
  };
  const { trust } = result.issuer;
  const whole = trust && trustOfAll(trust, judged);
  return { ...result, issuer: { ...result.issuer, trust: whole, failover } };
}

function otherEntry({ entry: { name }, result, known: { issuer } }: Checked): OtherEntry<ReadyIssuer> {
  const way = result.kind === 'ready' ? result.issuer : result.way;
  return { name, location: (issuer ?? way)?.authority.location, issuer };
}

/** What clients are to trust for all entries: what they get of one that is silent now stays. */
function trustOfAll(own: CheckedTrust, judged: readonly Checked[]): CheckedTrust {
  const trusts = judged.filter(({ isLeftOut }) => isLeftOut !== true).map(({ known }) => known.issuer?.trust);
  const all = trusts.flatMap((trust) => trust?.anchors.trusted ?? []);
  const trusted: ReadCertificate[] = [];
  for (const certificate of all) {
    if (trusted.some(({ der }) => der.equals(certificate.der))) continue;
    trusted.push(own.anchors.trusted.find(({ der }) => der.equals(certificate.der)) ?? certificate);
  }
  return { ...own, anchors: { ...own.anchors, trusted }, isPartial: trusts.includes(undefined) };
}
