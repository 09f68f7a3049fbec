// Somebody who asks for a certificate and does not wait for ever, as istiod and SPIRE: a request that brought nothing in time is
// deleted, and another one is made, for another key.
import { X509Certificate } from 'node:crypto';
import type { Manifest } from '../../support/cluster.ts';
import { until } from '../../support/wait.ts';
import type { World } from '../../support/world.ts';
import { requestFor } from './operations.ts';
import type { MadeRequest, RequestKindName } from './operations.ts';
import { spkiOf } from './proof.ts';

/** What is asked for, of which issuer, in which kind of request. */
export interface Wish {
  readonly operation: string;
  readonly kind: RequestKindName;
  readonly namespace: string;
  readonly issuer: string;
}

/** When a request is deleted: after so long (ms), or as soon as PCA has made its certificate, which nobody has seen. */
export type GivesUp = { readonly afterMs: number } | 'when it is made';

/** One asker; keeps what it deleted and what it got. */
export class Asker {
  readonly abandoned: (MadeRequest & { readonly uid: string })[] = [];
  readonly #world: World;
  readonly #wish: Wish;
  #asked = 0;

  constructor(world: World, wish: Wish) {
    this.#world = world;
    this.#wish = wish;
  }

  get operation(): string {
    return this.#wish.operation;
  }

  /** How many requests it made. */
  get asked(): number {
    return this.#asked;
  }

  /** Asks once; true when the request has its certificate, false when it was given up. */
  async ask(givesUp: GivesUp): Promise<boolean> {
    const { operation, kind, namespace, issuer } = this.#wish;
    const { cluster } = this.#world;
    this.#asked += 1;
    // It is the common name as well, for which X.520 allows 64 characters.
    const name =
      `${namespace}-${operation}-${kind === 'CertificateRequest' ? 'cr' : 'csr'}-${this.#asked}`.toLowerCase();
    const made = await requestFor(operation, { namespace, name, issuer, kind });
    const [created] = await cluster.apply(made.manifest);
    if (kind === 'CertificateSigningRequest') await cluster.kubectl(['certificate', 'approve', name]);
    if (givesUp === 'when it is made') await until('PCA to make the certificate', () => this.#isMade(made));
    else if (await this.#isServed(made, givesUp.afterMs)) return true;
    if (await this.#isServedAfterAll(made)) return true;
    this.abandoned.push({ ...made, uid: created?.metadata.uid ?? '' });
    return false;
  }

  #isMade({ spki }: MadeRequest): boolean {
    return this.#world.simulator.issued().some(({ pem }) => spkiOf(new X509Certificate(pem)) === spki);
  }

  /** Deletes the request, unless it has its certificate by now: that is written, and nobody else's to report. */
  async #isServedAfterAll({ manifest }: MadeRequest): Promise<boolean> {
    const { cluster } = this.#world;
    const reference = referenceTo(manifest);
    return until('the request to be deleted or served', async () => {
      const found = await cluster.get(reference);
      if (found !== undefined && certificateIn(found) !== undefined) return 'served' as const;
      return (found === undefined || (await cluster.deleteUnchanged(reference, found))) && ('deleted' as const);
    }).then((end) => end === 'served');
  }

  async #isServed({ manifest }: MadeRequest, ms: number): Promise<boolean> {
    const served = until(
      'the certificate',
      async () => {
        const found = await this.#world.cluster.get(referenceTo(manifest));
        return found !== undefined && certificateIn(found) !== undefined;
      },
      { deadlineMs: ms, everyMs: 250 },
    );
    return served.catch(() => false);
  }
}

/** PEM in the status of a request. */
export function certificateIn(request: Manifest): string | undefined {
  const status = request['status'] as { readonly certificate?: string } | undefined;
  return status?.certificate === undefined ? undefined : Buffer.from(status.certificate, 'base64').toString();
}

function referenceTo({ apiVersion, kind, metadata: { namespace, name } }: Manifest) {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
