// Reads a list page by page to its end, if it has one: anybody's endpoint may answer with pages for ever.
import type { PcaOutcome } from '../alibaba/call.ts';
import type { Clock } from '../timing/clock.ts';
import type { ListPage } from '../issuing/operation.ts';
import { TimeSlice } from '../timing/time-slice.ts';
import type { EndlessList, ScanFailure } from './shared-scan.ts';

/** A list of which one page is read after the other. */
export interface ListedPages<Item> {
  /** Calls for a page, from 1. */
  readonly call: (page: number) => Promise<PcaOutcome>;
  /** Reads the answer. */
  readonly read: (body: unknown) => ListPage<Item>;
  /** Whether an item, and so all that follow, is older than what is looked for; left out where the order is not known. */
  readonly isBefore?: (item: Item) => boolean;
}

/** Why a list says nothing; undefined when it was read to its end. */
export type ListFault = ScanFailure | EndlessList | undefined;

// 50 items a page make half a million certificates, more than can be read in the time that a reading has.
const mostPages = 10_000;

/**
 * Gives the items of all pages to `take`, which may end it with a fault, up to the last page or the first that lies wholly before
 * what is looked for. A list that repeats itself, or is longer than any, says nothing about what it lacks.
 */
export async function readPages<Item extends { readonly identifier: string }>(
  list: ListedPages<Item>,
  take: (item: Item) => ListFault | Promise<ListFault>,
  clock: Pick<Clock, 'monotonic'>,
): Promise<ListFault> {
  const slice = new TimeSlice(clock);
  let seen = 0;
  let previous: ReadonlySet<string> = new Set();
  for (let page = 1; page <= mostPages; page += 1) {
    const read = await readPage(list, page, previous);
    if (read.kind !== 'ok') return read;
    const { items, entries, total } = read;
    previous = new Set(items.map(({ identifier }) => identifier));
    for (const item of items) {
      const fault = await take(item);
      if (fault !== undefined) return fault;
      // Certificates are dear to read, and an endpoint chooses what they are.
      if (slice.isUsedUp()) await slice.pass();
    }
    seen += entries;
    if (isLast(list, items) || (total !== undefined && seen >= total)) return undefined;
  }
  return endless(`has more than ${mostPages} pages`);
}

type Page<Item> = Extract<ReturnType<ListedPages<Item>['read']>, { readonly kind: 'ok' }>;

async function readPage<Item extends { readonly identifier: string }>(
  list: ListedPages<Item>,
  page: number,
  previous: ReadonlySet<string>,
): Promise<Page<Item> | ScanFailure | EndlessList> {
  const outcome = await list.call(page);
  if (outcome.kind === 'failed') return outcome;
  const read = list.read(outcome.body);
  if (read.kind === 'malformed') return { kind: 'unsettled', message: read.message };
  const repeats = read.items.length > 0 && read.items.every(({ identifier }) => previous.has(identifier));
  return repeats ? endless('holds the same certificates on one page after the other') : read;
}

/** Whether a page is empty, or all older than what is looked for. */
function isLast<Item>({ isBefore }: ListedPages<Item>, items: readonly Item[]): boolean {
  return items.length === 0 || (isBefore !== undefined && items.every(isBefore));
}

/** The fault of a list with so many certificates of one key or identifier that it cannot be true. */
export function tooManyOfOne(): EndlessList {
  return endless('holds hundreds of certificates with one key or identifier');
}

function endless(fault: string): EndlessList {
  return { kind: 'endless', message: `The list of the CA's certificates ${fault}, so nobody can tell what it lacks.` };
}
