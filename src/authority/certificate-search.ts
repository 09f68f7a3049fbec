// Finds a certificate that PCA issued although nobody here saw the answer: by our identifier in the CA's list, or, where the
// operation takes none, by its key in the list of the store where the operation keeps its certificates.
import { createHash } from 'node:crypto';
import { compose } from '../alibaba/call.ts';
import type { Call, PcaOutcome, Wrap } from '../alibaba/call.ts';
import type { PcaEndpoint } from '../alibaba/endpoint.ts';
import type { RateLimits } from '../alibaba/limits/rate-limit.ts';
import { withRateLimit } from '../alibaba/limits/with-rate-limit.ts';
import { listDateForms, listIssuedCall, readIssuedList } from '../issuing/lookup.ts';
import type { CertificateStore, IssueReply, StoredItem } from '../issuing/operation.ts';
import { readCertificates } from '../issuing/x509/certificate-chain.ts';
import { RecentMap } from '../timing/recent-map.ts';
import { SharedScan } from './shared-scan.ts';
import type { ScanClock, ScanFailure, Scanned, ScanWindow } from './shared-scan.ts';

/** `absent` is only said of a list that was read for the window; `failed` carries what the cloud answered. */
export type SearchOutcome =
  | { readonly kind: 'found'; readonly reply: IssueReply & { readonly kind: 'issued' } }
  | { readonly kind: 'absent' }
  | ScanFailure;

/** Identifiers by the hash of the key, the newest first. */
type ByKey = ReadonlyMap<string, readonly string[]>;

// For a list that never ends; 50 items a page make 5 million certificates.
const maxPages = 100_000;
// Lists may be long, and issuers come and go.
const mostLists = 1_000;
const mostKeys = 50_000;

/** Which certificates are searched. */
interface Issued {
  readonly parentIdentifier: string;
  readonly store: CertificateStore;
  /** For the pages of lists. */
  readonly rateLimit: Wrap;
}

/** What was found so far, whoever read it. */
interface Findings {
  readonly byIdentifier: SharedScan<ReadonlyMap<string, string>>;
  readonly byKey: SharedScan<ByKey>;
  /** Hashes of keys that had to be read one by one, by PCA's identifier. */
  readonly keys: RecentMap<string>;
  readonly searches: WeakMap<Call, CertificateSearch>;
  /** Which form of the date the service takes, among those that are tried. */
  form: number;
}

/** The certificates of one CA and one store, as one caller finds them. */
export class CertificateSearch {
  readonly #call: Call;
  /** The same for long lists. */
  readonly #listing: Call;
  readonly #issued: Issued;
  readonly #clock: ScanClock;
  readonly #findings: Findings;

  constructor(call: Call, issued: Issued, clock: ScanClock, findings: Findings = newFindings(clock)) {
    this.#call = call;
    this.#listing = compose(call, issued.rateLimit);
    this.#issued = issued;
    this.#clock = clock;
    this.#findings = findings;
    findings.searches.set(call, this);
  }

  /** The same search by another caller: what was found is shared, and each reads with credentials of its own. */
  by(call: Call): CertificateSearch {
    return this.#findings.searches.get(call) ?? new CertificateSearch(call, this.#issued, this.#clock, this.#findings);
  }

  /** Looks for `customIdentifier` in a list that was read for this window, and reads the certificate itself. */
  async find(customIdentifier: string, window: ScanWindow, signal: AbortSignal): Promise<SearchOutcome> {
    let identifier = this.#findings.byIdentifier.last?.get(customIdentifier);
    if (identifier === undefined) {
      const scanned = await this.#findings.byIdentifier.read(this.#scanIdentifiers, window, signal);
      if (scanned.kind !== 'ok') return scanned;
      identifier = scanned.found.get(customIdentifier);
    }
    return identifier === undefined ? { kind: 'absent' } : this.read(identifier, signal);
  }

  /**
   * PCA's identifiers of the certificates for this key (DER of SubjectPublicKeyInfo) that begin after `from`, in a list read
   * after `since` (wall clock, ms); the newest first, without revoked ones.
   */
  async identifiersOf(
    spki: Buffer,
    window: ScanWindow,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'ok'; readonly identifiers: readonly string[] } | ScanFailure> {
    const scanned = await this.#findings.byKey.read(this.#scanKeys, window, signal);
    if (scanned.kind !== 'ok') return scanned;
    return { kind: 'ok', identifiers: scanned.found.get(hashOf(spki)) ?? [] };
  }

  /** Reads one certificate by PCA's own identifier. */
  async read(identifier: string, signal: AbortSignal): Promise<Exclude<SearchOutcome, { readonly kind: 'absent' }>> {
    const outcome = await this.#call(this.#issued.store.describe(identifier), { signal });
    if (outcome.kind === 'failed') return outcome;
    const reply = this.#issued.store.read(outcome.body);
    switch (reply.kind) {
      case 'issued':
        return { kind: 'found', reply };
      case 'pending':
        return { kind: 'unsettled', message: `PCA knows certificate ${identifier} but has not finished it yet.` };
      case 'malformed':
        return { kind: 'unsettled', message: `${reply.message} (certificate ${identifier})` };
    }
  }

  readonly #scanIdentifiers = async (
    from: number,
    signal: AbortSignal,
  ): Promise<Scanned<ReadonlyMap<string, string>> | ScanFailure> => {
    const found = new Map<string, string>();
    let seen = 0;
    for (let page = 1; page <= maxPages; page += 1) {
      const outcome = await this.#listIssued(page, new Date(from), signal);
      if (outcome.kind === 'failed') return outcome;
      const list = readIssuedList(outcome.body);
      if (list.kind === 'malformed') return { kind: 'unsettled', message: list.message };
      for (const item of list.items)
        if (item.customIdentifier !== undefined) found.set(item.customIdentifier, item.identifier);

      seen += list.items.length;
      if (list.items.length === 0 || (list.total !== undefined && seen >= list.total)) break;
    }
    return { kind: 'ok', found, from };
  };

  // The form of the date is undocumented: one that the service refuses is not tried again.
  async #listIssued(page: number, after: Date, signal: AbortSignal): Promise<PcaOutcome> {
    const form = listDateForms[this.#findings.form] ?? 'None';
    const call = listIssuedCall({ parentIdentifier: this.#issued.parentIdentifier, page, after, form });
    const outcome = await this.#listing(call, { signal });
    if (outcome.kind === 'ok' || outcome.failure.class !== 'RequestRejected' || form === 'None') return outcome;
    this.#findings.form += 1;
    return this.#listIssued(page, after, signal);
  }

  // The list filters neither by CA nor by time, so it is read from its newest page back to the first that is all older.
  readonly #scanKeys = async (from: number, signal: AbortSignal): Promise<Scanned<ByKey> | ScanFailure> => {
    const found = new Map<string, string[]>();
    let seen = 0;
    for (let page = 1; page <= maxPages; page += 1) {
      const outcome = await this.#listing(this.#issued.store.list(page), { signal });
      if (outcome.kind === 'failed') return outcome;
      const list = this.#issued.store.readList(outcome.body);
      if (list.kind === 'malformed') return { kind: 'unsettled', message: list.message };
      const recent = list.items.filter(({ notBefore }) => notBefore === undefined || notBefore.getTime() >= from);
      for (const item of recent.filter(({ isRevoked }) => !isRevoked)) {
        const key = await this.#keyOf(item, signal);
        if (typeof key !== 'string') return key;
        found.set(key, [...(found.get(key) ?? []), item.identifier]);
      }
      seen += list.items.length;
      if (recent.length === 0 || (list.total !== undefined && seen >= list.total)) break;
    }
    return { kind: 'ok', found, from };
  };

  async #keyOf({ identifier, certificate }: StoredItem, signal: AbortSignal): Promise<string | ScanFailure> {
    const known = this.#findings.keys.peek(identifier);
    if (known !== undefined) return known;
    if (certificate !== undefined) return keyHashOf(certificate);
    const read = await this.read(identifier, signal);
    // One that is not finished yet may be the one that is looked for.
    if (read.kind !== 'found') return read;
    const key = keyHashOf(read.reply.certificate);
    this.#findings.keys.use(identifier, () => key);
    return key;
  }
}

function newFindings(clock: ScanClock): Findings {
  return {
    byIdentifier: new SharedScan(clock),
    byKey: new SharedScan(clock),
    keys: new RecentMap({ clock, most: mostKeys }),
    searches: new WeakMap(),
    form: 0,
  };
}

/** The hash of the leaf's key; empty where the text holds no certificate that can be read. */
function keyHashOf(pem: string): string {
  const read = readCertificates([pem]);
  const [leaf] = read.kind === 'ok' ? read.certificates : [];
  return leaf === undefined ? '' : hashOf(leaf.facts.spki);
}

function hashOf(spki: Buffer): string {
  return createHash('sha256').update(spki).digest('base64');
}

/** Which list. */
export interface ListReference {
  readonly endpoint: PcaEndpoint;
  /** Whose limits the pages count against. */
  readonly account: string;
  readonly parentIdentifier: string;
  readonly store: CertificateStore;
}

/** One search for each account, CA and list, so that what was read of a list serves every issuer and every check. */
export class CertificateSearches {
  readonly #searches: RecentMap<CertificateSearch>;
  readonly #limits: Pick<RateLimits, 'reserve' | 'throttled'>;
  readonly #clock: ScanClock;

  constructor(limits: Pick<RateLimits, 'reserve' | 'throttled'>, clock: ScanClock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#searches = new RecentMap({ clock, most: mostLists });
  }

  /** The search in a list by who calls. */
  of(call: Call, { endpoint, account, parentIdentifier, store }: ListReference): CertificateSearch {
    const { action, version } = store.list(1);
    const key = JSON.stringify([endpoint.protocol, endpoint.host, account, parentIdentifier, version, action]);
    const search = this.#searches.use(key, () => {
      const rateLimit = withRateLimit(this.#limits, { account, region: endpoint.region }, this.#clock);
      return new CertificateSearch(call, { parentIdentifier, store, rateLimit }, this.#clock);
    });
    return search.by(call);
  }
}
