// Where the API server stands now: a server whose etcd was restored says nothing to a watch from what is its future, so it is asked.
import type { KubernetesClient } from './client.ts';

/** Which collection is asked for, and how long the answer may take. */
export interface PresentVersionOptions {
  readonly client: Pick<KubernetesClient, 'get'>;
  /** Path of the collection. */
  readonly path: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * The resourceVersion of the store behind the API server, which is never older than one that it gave before, unless its
 * history went back; undefined where it does not say. Costs one object: a list without a resourceVersion is read from etcd.
 */
export async function presentVersion({ client, path, ...rest }: PresentVersionOptions): Promise<string | undefined> {
  const answer = await client.get<{ readonly metadata?: { readonly resourceVersion?: unknown } }>(path, {
    ...rest,
    query: { limit: '1' },
    attempts: 1,
    lane: 'lists',
  });
  const version = answer.kind === 'ok' ? answer.body.metadata?.resourceVersion : undefined;
  return typeof version === 'string' ? version : undefined;
}
