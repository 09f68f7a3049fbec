// Finds a certificate that PCA issued although nobody here saw the answer: by our identifier in the CA's list, or, where the
// operation takes none, by its key in the list of the store where the operation keeps its certificates.
import { createHash } from 'node:crypto';
import { compose } from '../alibaba/call.ts';
import type { Call, PcaOutcome, Wrap } from '../alibaba/call.ts';
import type { PcaEndpoint } from '../alibaba/endpoint.ts';
import type { PcaFailure } from '../alibaba/errors.ts';
import type { RateLimits } from '../alibaba/limits/rate-limit.ts';
import { withRateLimit } from '../alibaba/limits/with-rate-limit.ts';
import { listDateForms, listIssuedCall, readIssuedList } from '../issuing/lookup.ts';
import type { IssuedItem } from '../issuing/lookup.ts';
import type { CertificateStore, IssueReply, StoredItem } from '../issuing/operation.ts';
import { readCertificates } from '../issuing/x509/certificate-chain.ts';
import type { Clock } from '../timing/clock.ts';
import { KeptIdentifiers } from './kept-identifiers.ts';
import { readPages, tooManyOfOne } from './listed-pages.ts';
import { RecentMap } from '../timing/recent-map.ts';
import { SharedScan } from './shared-scan.ts';
import type { Reader, ScanClock, ScanFailure, ScanWindow } from './shared-scan.ts';

/**
 * `absent` is only said of a list that was read for the window. `revoked` is final. `pending`: PCA knows the certificate and gives
 * none that can be read. `missing`: PCA does not know the identifier, although it gave or listed it. `failed` carries what the
 * cloud answered.
 */
export type SearchOutcome =
  | { readonly kind: 'found'; readonly reply: IssueReply & { readonly kind: 'issued' } }
  | { readonly kind: 'absent' }
  | { readonly kind: 'revoked'; readonly identifier: string }
  | { readonly kind: 'pending'; readonly message: string }
  | { readonly kind: 'missing'; readonly identifier: string }
  | ScanFailure;

// Searches, keys that were read one by one, and names that somebody waits for: as many as keep the memory small.
const mostSearches = 128;
const mostKeys = 2_000;
const mostWaitedFor = 20_000;

type SearchClock = ScanClock & Pick<Clock, 'now'>;

/** Which certificates are searched. */
interface Issued {
  readonly parentIdentifier: string;
  readonly store: CertificateStore;
  /** For the pages of lists. */
  readonly rateLimit: Wrap;
}

/** What was found so far, whoever read it, and what is looked for. */
interface Findings {
  readonly byIdentifier: SharedScan<KeptIdentifiers>;
  /** By the hash of the key. */
  readonly byKey: SharedScan<KeptIdentifiers>;
  readonly waitedFor: { readonly identifiers: Map<string, true>; readonly keys: Map<string, true> };
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
  readonly #clock: SearchClock;
  readonly #findings: Findings;

  constructor(call: Call, issued: Issued, clock: SearchClock, findings: Findings = newFindings(clock)) {
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
    const { byIdentifier, waitedFor } = this.#findings;
    const seen = byIdentifier.last?.of(customIdentifier).at(-1);
    if (seen !== undefined) {
      const read = await this.read(seen, signal);
      // It may have been deleted after the list was read.
      if (read.kind !== 'missing') return read;
    }
    keep(waitedFor.identifiers, customIdentifier, true, mostWaitedFor);
    const whole = (found: KeptIdentifiers): boolean => found.isWhole(customIdentifier);
    const scanned = await byIdentifier.read(this.#scanIdentifiers, window, signal, whole);
    if (scanned.kind !== 'ok') return scanned;
    waitedFor.identifiers.delete(customIdentifier);
    const identifier = scanned.found.of(customIdentifier).at(-1);
    return identifier === undefined ? { kind: 'absent' } : this.read(identifier, signal);
  }

  /**
   * PCA's identifiers of the certificates for this key (DER of SubjectPublicKeyInfo) that begin after `from`, in a list read
   * after `since` (monotonic, ms); the newest first, without revoked ones.
   */
  async identifiersOf(
    spki: Buffer,
    window: ScanWindow,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'ok'; readonly identifiers: readonly string[] } | ScanFailure> {
    const key = hashOf(spki);
    const { byKey, waitedFor } = this.#findings;
    keep(waitedFor.keys, key, true, mostWaitedFor);
    const scanned = await byKey.read(this.#scanKeys, window, signal, (found) => found.isWhole(key));
    if (scanned.kind !== 'ok') return scanned;
    waitedFor.keys.delete(key);
    return { kind: 'ok', identifiers: scanned.found.of(key) };
  }

  /** Reads one certificate by PCA's own identifier. */
  async read(identifier: string, signal: AbortSignal): Promise<Exclude<SearchOutcome, { readonly kind: 'absent' }>> {
    const outcome = await this.#call(this.#issued.store.describe(identifier), { signal });
    if (outcome.kind === 'failed') return isNotFound(outcome.failure) ? { kind: 'missing', identifier } : outcome;
    const reply = this.#issued.store.read(outcome.body);
    switch (reply.kind) {
      case 'revoked':
        return { kind: 'revoked', identifier };
      case 'issued':
        return { kind: 'found', reply };
      case 'pending':
        return { kind: 'pending', message: `PCA knows certificate ${identifier} but has not finished it yet.` };
      case 'malformed':
        return { kind: 'pending', message: `${reply.message} (certificate ${identifier})` };
    }
  }

  readonly #scanIdentifiers: Reader<KeptIdentifiers> = async (from, signal) => {
    const found = new KeptIdentifiers(() => this.#findings.waitedFor.identifiers.keys());
    const after = new Date(from);
    const fault = await readPages<IssuedItem>(
      { call: (page) => this.#listIssued(page, after, signal), read: readIssuedList },
      ({ customIdentifier, identifier }) =>
        customIdentifier === undefined || found.add(customIdentifier, identifier) ? undefined : tooManyOfOne(),
      this.#clock,
    );
    return fault ?? { kind: 'ok', found, from };
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
  readonly #scanKeys: Reader<KeptIdentifiers> = async (from, signal) => {
    const found = new KeptIdentifiers(() => this.#findings.waitedFor.keys.keys());
    const isRecent = ({ notBefore }: StoredItem): boolean => notBefore === undefined || notBefore.getTime() >= from;
    const fault = await readPages<StoredItem>(
      {
        call: (page) => this.#listing(this.#issued.store.list(page), { signal }),
        read: (body) => this.#issued.store.readList(body),
        isBefore: (item) => !isRecent(item),
      },
      async (item) => {
        if (item.isRevoked || !isRecent(item)) return undefined;
        const key = await this.#keyOf(item, signal);
        if (typeof key !== 'string') return key;
        return found.add(key, item.identifier) ? undefined : tooManyOfOne();
      },
      this.#clock,
    );
    return fault ?? { kind: 'ok', found, from };
  };

  async #keyOf({ identifier, certificate }: StoredItem, signal: AbortSignal): Promise<string | ScanFailure> {
    const known = this.#findings.keys.peek(identifier);
    if (known !== undefined) return known;
    if (certificate !== undefined) return keyHashOf(certificate);
    const read = await this.read(identifier, signal);
    // Nobody gets a certificate that was revoked since the list was read.
    if (read.kind === 'revoked') return '';
    // One that is not finished yet may be the one that is looked for; one that was deleted is not in the next list.
    if (read.kind === 'missing')
      return { kind: 'unsettled', message: `PCA lists certificate ${identifier} but does not know it.` };
    if (read.kind === 'pending') return { kind: 'unsettled', message: read.message };
    if (read.kind !== 'found') return read;
    const key = keyHashOf(read.reply.certificate);
    this.#findings.keys.use(identifier, () => key);
    return key;
  }
}

/** Whether the service knows no certificate of that identifier. */
function isNotFound({ code }: PcaFailure): boolean {
  return /^NotFound(?:\.|$)/.test(code);
}

/** Keeps a value, and at most so many: the oldest goes. */
function keep<Value>(values: Map<string, Value>, name: string, value: Value, most: number): void {
  values.delete(name);
  values.set(name, value);
  const [oldest] = values;
  if (values.size > most && oldest !== undefined) values.delete(oldest[0]);
}

function newFindings(clock: SearchClock): Findings {
  return {
    byIdentifier: new SharedScan(clock),
    byKey: new SharedScan(clock),
    waitedFor: { identifiers: new Map(), keys: new Map() },
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
  readonly #clock: SearchClock;

  constructor(limits: Pick<RateLimits, 'reserve' | 'throttled'>, clock: SearchClock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#searches = new RecentMap({ clock, most: mostSearches });
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
