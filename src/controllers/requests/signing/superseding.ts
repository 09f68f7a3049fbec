// Who goes first when tries for one CA wait for a bought instance: the newest, since its client waits for it and has most likely
// given up the others (ADR 9).
import { issuerKey } from '../../../crds/issuer-ref.ts';
import { requestKey } from '../kinds/cached-request.ts';
import type { CachedRequest } from '../kinds/cached-request.ts';
import type { RequestMemories } from '../memory.ts';
import type { SigningTask } from './outcome.ts';

/** Other open tries for the CA of a request, the newest first. Those of the same second are neither newer nor older. */
export interface Tries {
  readonly newer: readonly CachedRequest[];
  readonly older: readonly CachedRequest[];
}

const none: Tries = { newer: [], older: [] };

/** The tries among the open requests of the same issuer. Pure. */
export function triesOf(own: CachedRequest | undefined, open: readonly CachedRequest[]): Tries {
  if (own?.sameCA === undefined) return none;
  const others = open
    .filter(
      ({ approval, issuer, metadata, sameCA }) =>
        approval === 'Approved' &&
        sameCA === own.sameCA &&
        issuer === own.issuer &&
        metadata.namespace === own.metadata.namespace,
    )
    .sort((one, other) => other.createdAt - one.createdAt);
  return {
    newer: others.filter(({ createdAt }) => createdAt > own.createdAt),
    older: others.filter(({ createdAt }) => createdAt < own.createdAt),
  };
}

/** Finds the tries for one CA among the open requests, and tells the older ones that they are superseded. */
export class Superseding {
  readonly #open: (issuer: string) => readonly CachedRequest[];
  readonly #memories: Pick<RequestMemories, 'of'>;
  readonly #wake: (key: string) => void;

  constructor(parts: {
    /** The open requests of an issuer, by its key. */
    readonly open: (issuer: string) => readonly CachedRequest[];
    readonly memories: Pick<RequestMemories, 'of'>;
    /** Has a request reconciled again, at once. */
    readonly wake: (key: string) => void;
  }) {
    this.#open = parts.open;
    this.#memories = parts.memories;
    this.#wake = parts.wake;
  }

  /** The other tries for the CA that this request asks for. */
  triesOf({ request, identity }: SigningTask): Tries {
    const open = this.#open(issuerKey(identity));
    return triesOf(
      open.find(({ metadata }) => metadata.uid === request.object.uid),
      open,
    );
  }

  /** The request goes before these, for which no instance is left. They end as superseded, unless an instance is promised to them. */
  supersede(older: readonly CachedRequest[], { request }: SigningTask): void {
    for (const { metadata } of older) {
      const memory = this.#memories.of(metadata.uid);
      if (memory.supersededBy !== undefined) continue;
      memory.supersededBy = requestKey(request.object);
      this.#wake(requestKey(metadata));
    }
  }
}
