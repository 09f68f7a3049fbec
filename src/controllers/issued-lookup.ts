// Finds a certificate that PCA issued although nobody here saw the answer: a scan of the CA's list by our identifier.
// One scan serves all requests of an issuer that ask at the same time; its result is kept for those that ask later.
import { listIssuedCall, readIssuedList } from '../issuing/lookup.ts';
import type { CertificateStore, IssueReply } from '../issuing/operation.ts';
import type { PcaFailure } from '../alibaba/errors.ts';
import type { PcaCaller } from './pca-caller.ts';

/** `absent` is only said of a list that was read after `since`; `failed` carries what the cloud answered. */
export type LookupOutcome =
  | { readonly kind: 'found'; readonly reply: IssueReply & { readonly kind: 'issued' } }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unsettled'; readonly message: string }
  | { readonly kind: 'failed'; readonly failure: PcaFailure };

type ScanOutcome = { readonly kind: 'ok' } | Extract<LookupOutcome, { readonly kind: 'unsettled' | 'failed' }>;

// A list that never ends must not hold a worker for ever; 50 items a page make 5 million certificates.
const maxPages = 100_000;

/** The certificates of one CA by our identifier; `now` is a wall clock in milliseconds. */
export class IssuedLookup {
  readonly #client: PcaCaller;
  readonly #parentIdentifier: string;
  readonly #store: CertificateStore;
  readonly #now: () => number;
  #found: ReadonlyMap<string, string> = new Map();
  #scannedAt = Number.NEGATIVE_INFINITY;
  #scan: { readonly startedAt: number; readonly outcome: Promise<ScanOutcome> } | undefined;

  constructor(
    client: PcaCaller,
    issued: { readonly parentIdentifier: string; readonly store: CertificateStore },
    now: () => number,
  ) {
    this.#client = client;
    this.#parentIdentifier = issued.parentIdentifier;
    this.#store = issued.store;
    this.#now = now;
  }

  /** Looks for `customIdentifier` in a list read after `since` (wall clock, ms), and reads the certificate itself. */
  async find(customIdentifier: string, since: number, signal: AbortSignal): Promise<LookupOutcome> {
    if (!this.#found.has(customIdentifier) && this.#scannedAt < since) {
      const scanned = await this.#scanSince(since, signal);
      if (scanned.kind !== 'ok') return scanned;
    }
    const identifier = this.#found.get(customIdentifier);
    if (identifier === undefined) return { kind: 'absent' };
    return this.read(identifier, signal);
  }

  /** Reads one certificate by PCA's own identifier. */
  async read(identifier: string, signal: AbortSignal): Promise<LookupOutcome> {
    const outcome = await this.#client.call(this.#store.describe(identifier), { signal });
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

  async #scanSince(since: number, signal: AbortSignal): Promise<ScanOutcome> {
    // A scan that began before `since` may have passed the page on which the certificate appeared later.
    if (this.#scan === undefined || this.#scan.startedAt < since) {
      const startedAt = this.#now();
      const outcome = this.#readPages(startedAt, signal).finally(() => {
        this.#scan = undefined;
      });
      this.#scan = { startedAt, outcome };
    }
    return this.#scan.outcome;
  }

  async #readPages(startedAt: number, signal: AbortSignal): Promise<ScanOutcome> {
    const found = new Map<string, string>();
    let seen = 0;
    for (let page = 1; page <= maxPages; page += 1) {
      const call = listIssuedCall({ parentIdentifier: this.#parentIdentifier, page });
      const outcome = await this.#client.call(call, { signal });
      if (outcome.kind === 'failed') return outcome;
      const list = readIssuedList(outcome.body);
      if (list.kind === 'malformed') return { kind: 'unsettled', message: list.message };
      for (const item of list.items) {
        if (item.customIdentifier !== undefined) found.set(item.customIdentifier, item.identifier);
      }
      seen += list.items.length;
      if (list.items.length === 0 || (list.total !== undefined && seen >= list.total)) break;
    }
    this.#found = found;
    this.#scannedAt = startedAt;
    return { kind: 'ok' };
  }
}
