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
import type { CertificateStore, IssueReply, StoredItem } from '../issuing/operation.ts';
import { readCertificates } from '../issuing/x509/certificate-chain.ts';
import { SharedScan } from './shared-scan.ts';
import type { ScanClock, ScanFailure, Scanned, ScanWindow } from './shared-scan.ts';

/**
 * `absent` is only said of a list that was read for the window. `revoked` is final. `missing`: PCA does not know the identifier,
 * although it gave or listed it. `failed` carries what the cloud answered.
 */
export type SearchOutcome =
  | { readonly kind: 'found'; readonly reply: IssueReply & { readonly kind: 'issued' } }
  | { readonly kind: 'absent' }
  | { readonly kind: 'revoked'; readonly identifier: string }
  | { readonly kind: 'missing'; readonly identifier: string }
  | ScanFailure;

/** Identifiers by the hash of the key, the newest first. */
type ByKey = ReadonlyMap<string, readonly string[]>;

// For a list that never ends; 50 items a page make 5 million certificates.
const maxPages = 100_000;

/** The certificates of one CA and one store. */
export class CertificateSearch {
  #call: Call;
  /** The same for long lists. */
  #listing: Call;
  #form = 0;
  readonly #rateLimit: Wrap;
  readonly #parentIdentifier: string;
  readonly #store: CertificateStore;
  readonly #byIdentifier: SharedScan<ReadonlyMap<string, string>>;
  readonly #byKey: SharedScan<ByKey>;
  /** Hashes of keys that had to be read one by one. */
  readonly #keys = new Map<string, string>();

  constructor(
    call: Call,
    issued: {
      readonly parentIdentifier: string;
      readonly store: CertificateStore;
      /** For the pages of lists. */
      readonly rateLimit: Wrap;
    },
    clock: ScanClock,
  ) {
    this.#call = call;
    this.#rateLimit = issued.rateLimit;
    this.#listing = compose(call, issued.rateLimit);
    this.#parentIdentifier = issued.parentIdentifier;
    this.#store = issued.store;
    this.#byIdentifier = new SharedScan((from, signal) => this.#scanIdentifiers(from, signal), clock);
    this.#byKey = new SharedScan((from, signal) => this.#scanKeys(from, signal), clock);
  }

  /** Continues with other credentials of the same account: its key may have been replaced. */
  use(call: Call): this {
    this.#call = call;
    this.#listing = compose(call, this.#rateLimit);
    return this;
  }

  /** Looks for `customIdentifier` in a list that was read for this window, and reads the certificate itself. */
  async find(customIdentifier: string, window: ScanWindow, signal: AbortSignal): Promise<SearchOutcome> {
    const seen = this.#byIdentifier.last?.get(customIdentifier);
    if (seen !== undefined) {
      const read = await this.read(seen, signal);
      // It may have been deleted after the list was read.
      if (read.kind !== 'missing') return read;
    }
    const scanned = await this.#byIdentifier.read(window, signal);
    if (scanned.kind !== 'ok') return scanned;
    const identifier = scanned.found.get(customIdentifier);
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
    const scanned = await this.#byKey.read(window, signal);
    if (scanned.kind !== 'ok') return scanned;
    return { kind: 'ok', identifiers: scanned.found.get(hashOf(spki)) ?? [] };
  }

  /** Reads one certificate by PCA's own identifier. */
  async read(identifier: string, signal: AbortSignal): Promise<Exclude<SearchOutcome, { readonly kind: 'absent' }>> {
    const outcome = await this.#call(this.#store.describe(identifier), { signal });
    if (outcome.kind === 'failed') return isNotFound(outcome.failure) ? { kind: 'missing', identifier } : outcome;
    const reply = this.#store.read(outcome.body);
    switch (reply.kind) {
      case 'revoked':
        return { kind: 'revoked', identifier };
      case 'issued':
        return { kind: 'found', reply };
      case 'pending':
        return { kind: 'unsettled', message: `PCA knows certificate ${identifier} but has not finished it yet.` };
      case 'malformed':
        return { kind: 'unsettled', message: `${reply.message} (certificate ${identifier})` };
    }
  }

  async #scanIdentifiers(
    from: number,
    signal: AbortSignal,
  ): Promise<Scanned<ReadonlyMap<string, string>> | ScanFailure> {
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
  }

  // The form of the date is undocumented: one that the service refuses is not tried again.
  async #listIssued(page: number, after: Date, signal: AbortSignal): Promise<PcaOutcome> {
    const form = listDateForms[this.#form] ?? 'None';
    const call = listIssuedCall({ parentIdentifier: this.#parentIdentifier, page, after, form });
    const outcome = await this.#listing(call, { signal });
    if (outcome.kind === 'ok' || outcome.failure.class !== 'RequestRejected' || form === 'None') return outcome;
    this.#form += 1;
    return this.#listIssued(page, after, signal);
  }

  // The list filters neither by CA nor by time, so it is read from its newest page back to the first that is all older.
  async #scanKeys(from: number, signal: AbortSignal): Promise<Scanned<ByKey> | ScanFailure> {
    const found = new Map<string, string[]>();
    let seen = 0;
    for (let page = 1; page <= maxPages; page += 1) {
      const outcome = await this.#listing(this.#store.list(page), { signal });
      if (outcome.kind === 'failed') return outcome;
      const list = this.#store.readList(outcome.body);
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
  }

  async #keyOf({ identifier, certificate }: StoredItem, signal: AbortSignal): Promise<string | ScanFailure> {
    const known = this.#keys.get(identifier);
    if (known !== undefined) return known;
    if (certificate !== undefined) return keyHashOf(certificate);
    const read = await this.read(identifier, signal);
    // Nobody gets a certificate that was revoked since the list was read.
    if (read.kind === 'revoked') return '';
    // One that is not finished yet may be the one that is looked for; one that was deleted is not in the next list.
    if (read.kind === 'missing')
      return { kind: 'unsettled', message: `PCA lists certificate ${identifier} but does not know it.` };
    if (read.kind !== 'found') return read;
    const key = keyHashOf(read.reply.certificate);
    this.#keys.set(identifier, key);
    return key;
  }
}

/** Whether the service knows no certificate of that identifier. */
function isNotFound({ code }: PcaFailure): boolean {
  return /^NotFound(?:\.|$)/.test(code);
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
  readonly #searches = new Map<string, CertificateSearch>();
  readonly #limits: Pick<RateLimits, 'reserve' | 'throttled'>;
  readonly #clock: ScanClock;

  constructor(limits: Pick<RateLimits, 'reserve' | 'throttled'>, clock: ScanClock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** The search in a list, which from now on goes through `call`. */
  of(call: Call, { endpoint, account, parentIdentifier, store }: ListReference): CertificateSearch {
    const { action, version } = store.list(1);
    const key = JSON.stringify([endpoint.protocol, endpoint.host, account, parentIdentifier, version, action]);
    const known = this.#searches.get(key);
    if (known !== undefined) return known.use(call);
    const rateLimit = withRateLimit(this.#limits, { account, region: endpoint.region }, this.#clock);
    const search = new CertificateSearch(call, { parentIdentifier, store, rateLimit }, this.#clock);
    this.#searches.set(key, search);
    return search;
  }
}
