// Finds a certificate that PCA issued although nobody here saw the answer: by our identifier in the CA's list, or, where the
// operation takes none, by its key in the list of the store where the operation keeps its certificates.
import { createHash } from 'node:crypto';
import { compose } from '../alibaba/call.ts';
import type { Call, PcaOutcome, Wrap } from '../alibaba/call.ts';
import type { PcaEndpoint } from '../alibaba/endpoint.ts';
import type { RateLimits } from '../alibaba/limits/rate-limit.ts';
import { withRateLimit } from '../alibaba/limits/with-rate-limit.ts';
import { listDateForms, listIssuedCall, readIssuedList } from '../issuing/lookup.ts';
import type { IssuedItem } from '../issuing/lookup.ts';
import type { CertificateStore, IssueReply, StoredItem } from '../issuing/operation.ts';
import { readCertificates } from '../issuing/x509/certificate-chain.ts';
import { KeptIdentifiers } from './kept-identifiers.ts';
import { readPages, tooManyOfOne } from './listed-pages.ts';
import { SharedScan } from './shared-scan.ts';
import type { EndlessList, ScanClock, ScanFailure, Scanned, ScanWindow } from './shared-scan.ts';

/** `absent` is only said of a list that was read for the window; `failed` carries what the cloud answered. */
export type SearchOutcome =
  | { readonly kind: 'found'; readonly reply: IssueReply & { readonly kind: 'issued' } }
  | { readonly kind: 'absent' }
  | ScanFailure;

// Searches, keys that were read one by one, and names that somebody waits for: as many as keep the memory small.
const mostSearches = 128;
const mostKeys = 2_000;
const mostWaitedFor = 20_000;

/** The certificates of one CA and one store. */
export class CertificateSearch {
  #call: Call;
  /** The same for long lists. */
  #listing: Call;
  #form = 0;
  readonly #rateLimit: Wrap;
  readonly #parentIdentifier: string;
  readonly #store: CertificateStore;
  readonly #clock: ScanClock;
  readonly #byIdentifier: SharedScan<KeptIdentifiers>;
  /** By the hash of the key. */
  readonly #byKey: SharedScan<KeptIdentifiers>;
  /** What is looked for, by identifier and by the hash of the key. */
  readonly #waitedFor = { identifiers: new Map<string, true>(), keys: new Map<string, true>() };
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
    this.#clock = clock;
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
    let identifier = this.#byIdentifier.last?.of(customIdentifier).at(-1);
    if (identifier === undefined) {
      const { identifiers } = this.#waitedFor;
      const scanned = await this.#scan(
        this.#byIdentifier,
        { name: customIdentifier, among: identifiers },
        window,
        signal,
      );
      if (scanned.kind !== 'ok') return scanned;
      identifier = scanned.found.of(customIdentifier).at(-1);
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
    const key = hashOf(spki);
    const scanned = await this.#scan(this.#byKey, { name: key, among: this.#waitedFor.keys }, window, signal);
    return scanned.kind === 'ok' ? { kind: 'ok', identifiers: scanned.found.of(key) } : scanned;
  }

  /** A reading that tells about `name`, which is waited for until there is one. */
  async #scan(
    list: SharedScan<KeptIdentifiers>,
    { name, among }: { readonly name: string; readonly among: Map<string, true> },
    window: ScanWindow,
    signal: AbortSignal,
  ): Promise<Scanned<KeptIdentifiers> | ScanFailure> {
    keep(among, name, true, mostWaitedFor);
    const scanned = await list.read(window, signal, (found) => found.isWhole(name));
    if (scanned.kind === 'ok') among.delete(name);
    return scanned;
  }

  /** Reads one certificate by PCA's own identifier. */
  async read(identifier: string, signal: AbortSignal): Promise<Exclude<SearchOutcome, { readonly kind: 'absent' }>> {
    const outcome = await this.#call(this.#store.describe(identifier), { signal });
    if (outcome.kind === 'failed') return outcome;
    const reply = this.#store.read(outcome.body);
    switch (reply.kind) {
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
  ): Promise<Scanned<KeptIdentifiers> | ScanFailure | EndlessList> {
    const found = new KeptIdentifiers(() => this.#waitedFor.identifiers.keys());
    const after = new Date(from);
    const fault = await readPages<IssuedItem>(
      { call: (page) => this.#listIssued(page, after, signal), read: readIssuedList },
      ({ customIdentifier, identifier }) =>
        customIdentifier === undefined || found.add(customIdentifier, identifier) ? undefined : tooManyOfOne(),
      this.#clock,
    );
    return fault ?? { kind: 'ok', found, from };
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
  async #scanKeys(from: number, signal: AbortSignal): Promise<Scanned<KeptIdentifiers> | ScanFailure | EndlessList> {
    const found = new KeptIdentifiers(() => this.#waitedFor.keys.keys());
    const isRecent = ({ notBefore }: StoredItem): boolean => notBefore === undefined || notBefore.getTime() >= from;
    const fault = await readPages<StoredItem>(
      {
        call: (page) => this.#listing(this.#store.list(page), { signal }),
        read: (body) => this.#store.readList(body),
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
  }

  async #keyOf({ identifier, certificate }: StoredItem, signal: AbortSignal): Promise<string | ScanFailure> {
    const known = this.#keys.get(identifier);
    if (known !== undefined) return known;
    if (certificate !== undefined) return keyHashOf(certificate);
    const read = await this.read(identifier, signal);
    // One that is not finished yet may be the one that is looked for.
    if (read.kind !== 'found') return read;
    const key = keyHashOf(read.reply.certificate);
    keep(this.#keys, identifier, key, mostKeys);
    return key;
  }
}

/** Keeps a value, and at most so many: the oldest goes. */
function keep<Value>(values: Map<string, Value>, name: string, value: Value, most: number): void {
  values.delete(name);
  values.set(name, value);
  const [oldest] = values;
  if (values.size > most && oldest !== undefined) values.delete(oldest[0]);
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
    const rateLimit = withRateLimit(this.#limits, { account, region: endpoint.region }, this.#clock);
    const search = known?.use(call) ?? new CertificateSearch(call, { parentIdentifier, store, rateLimit }, this.#clock);
    keep(this.#searches, key, search, mostSearches);
    return search;
  }
}
