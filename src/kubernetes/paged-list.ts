// Reads a whole collection page by page, handing each object on at once, so that the whole list is never in memory.
import type { Clock } from '../timing/clock.ts';
import { TimeSlice } from '../timing/time-slice.ts';
import type { KubernetesClient } from './client.ts';
import type { KubernetesFailure, KubernetesResult } from './failure.ts';
import type { KubernetesObject } from './objects.ts';
import { isKubernetesObject } from './watch-event.ts';

/** What is listed, and how. */
export interface PagedListOptions {
  readonly client: Pick<KubernetesClient, 'get'>;
  /** Path of the collection. */
  readonly path: string;
  /** Selectors. */
  readonly query: Readonly<Record<string, string>>;
  readonly pageSize: number;
  /** For each page. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The list starts from its beginning, again when the server no longer knows the first one. */
  readonly onStart: () => void;
  readonly onItem: (object: KubernetesObject) => void;
}

/** The outcome: the resourceVersion from which a watch continues. */
export type PagedListResult =
  | { readonly kind: 'listed'; readonly resourceVersion: string }
  | { readonly kind: 'refused'; readonly failure: KubernetesFailure }
  | { readonly kind: 'garbage'; readonly message: string };

interface Page {
  readonly metadata?: { readonly resourceVersion?: unknown; readonly continue?: unknown };
  readonly items?: unknown;
}

// Each time that the list begins anew its pages are larger, so that it needs less time before its token expires.
const growth = 5;
const restarts = 2;
const tooLarge = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';

/**
 * Lists the collection. A continue token that expired (410) restarts the list, since the token that the server offers
 * instead would mix states of different times; the third time the refusal is the outcome. Pages that are too large to be
 * read are asked for in smaller parts.
 */
export async function listPages(options: PagedListOptions, times = 0): Promise<PagedListResult> {
  options.onStart();
  const result = await listOnce(options, options.pageSize * growth ** times);
  const isExpired = result.kind === 'refused' && result.failure.status === 410;
  return isExpired && times < restarts ? listPages(options, times + 1) : result;
}

async function listOnce(options: PagedListOptions, largest: number): Promise<PagedListResult> {
  let token = '';
  let limit = largest;
  for (;;) {
    const answer = await readPage(options, limit, token);
    if (answer.kind === 'failed') {
      if (answer.failure.reason !== tooLarge || limit === 1) return { kind: 'refused', failure: answer.failure };
      limit = Math.max(1, Math.floor(limit / 4));
      continue;
    }
    limit = Math.min(largest, 2 * limit);
    const { metadata, items } = answer.body;
    const resourceVersion = metadata?.resourceVersion;
    if (!Array.isArray(items) || typeof resourceVersion !== 'string')
      return { kind: 'garbage', message: `the list of ${options.path} has no items or no resourceVersion` };

    if (!(await takeItems(items, options))) {
      return {
        kind: 'garbage',
        message: `the list of ${options.path} has an object without name, uid or resourceVersion`,
      };
    }
    token = typeof metadata?.continue === 'string' ? metadata.continue : '';
    if (token === '') return { kind: 'listed', resourceVersion };
  }
}

async function readPage(options: PagedListOptions, limit: number, token: string): Promise<KubernetesResult<Page>> {
  return options.client.get<Page>(options.path, {
    query: {
      ...options.query,
      limit: String(limit),
      ...(token === '' ? {} : { continue: token }),
    },
    signal: options.signal,
    timeoutMs: options.timeoutMs,
    attempts: 1,
    lane: 'lists',
  });
}

async function takeItems(items: readonly unknown[], options: PagedListOptions): Promise<boolean> {
  const slice = new TimeSlice(options.clock);
  for (const item of items) {
    if (!isKubernetesObject(item)) return false;
    options.onItem(item);
    if (slice.isUsedUp()) await slice.pass();
  }
  return true;
}
