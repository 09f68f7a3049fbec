// Which request has which certificate. Where the operation takes no identifier a certificate is found by its key, and a key may
// serve several requests: what one of them has must not be handed to another.
import { createHash } from 'node:crypto';

// Certificates that matter begin a day at most before the request that looks for its own.
const mostClaims = 50_000;
const endOfLeaf = '-----END CERTIFICATE-----';

/** The certificates that requests are known to have, in a status or from this process; the oldest are forgotten first. */
export class CertificateClaims {
  readonly #uids = new Map<string, string>();
  readonly #claimants = new Map<string, string>();

  /** A request has this certificate in its status: base64 of PEM, leaf first. Told of the same one more than once. */
  written(uid: string, certificate: string | undefined): void {
    if (certificate === undefined || certificate === '') return;
    this.take(uid, Buffer.from(certificate, 'base64').toString('utf8'));
  }

  /** Gives a certificate (PEM, leaf first) to a request; false where another request has it. */
  take(uid: string, chain: string): boolean {
    const leaf = leafKey(chain);
    const known = this.#uids.get(leaf);
    if (known !== undefined) return known === uid;
    this.#uids.set(leaf, uid);
    this.#claimants.set(uid, leaf);
    const [oldest] = this.#uids;
    if (this.#uids.size > mostClaims && oldest !== undefined) this.#forget(...oldest);
    return true;
  }

  /** Whether the request has, or had, a certificate. */
  has(uid: string): boolean {
    return this.#claimants.has(uid);
  }

  #forget(leaf: string, uid: string): void {
    this.#uids.delete(leaf);
    if (this.#claimants.get(uid) === leaf) this.#claimants.delete(uid);
  }
}

// Statuses are written by this operator in one form, so that the text of the leaf tells it from others.
function leafKey(chain: string): string {
  const end = chain.indexOf(endOfLeaf);
  const leaf = end < 0 ? chain : chain.slice(0, end);
  return createHash('sha256').update(leaf.trim()).digest('base64').slice(0, 22);
}
