// How a user writes the rate limits (--call-limits): action=start/floor/ceiling in calls per second, separated by commas.
import { cautiousLimits, publishedLimits } from './rate-limit.ts';
import type { RateRange } from './rate-limit.ts';

/** Rates by action, and the one of all other actions. */
export interface RateLimitTable {
  readonly limits: Readonly<Record<string, RateRange>>;
  readonly otherActions: RateRange;
}

/** A table, or what is wrong with the text. */
export type ParsedCallLimits =
  { readonly kind: 'ok'; readonly table: RateLimitTable } | { readonly kind: 'invalid'; readonly message: string };

const entryPattern = /^(\*|[A-Za-z][A-Za-z0-9]{0,63})=([0-9.]{1,8})\/([0-9.]{1,8})\/([0-9.]{1,8})$/;

/** Reads `CreateCustomCertificate=100/1/1000,*=10/1/1000`; what is not named keeps the published limits. */
export function parseCallLimits(text: string): ParsedCallLimits {
  const limits: Record<string, RateRange> = { ...publishedLimits };
  let otherActions = cautiousLimits;
  for (const entry of text.split(',').filter((part) => part.trim() !== '')) {
    const [, action = '', ...numbers] = entryPattern.exec(entry.trim()) ?? [];
    const [start = Number.NaN, floor = Number.NaN, ceiling = Number.NaN] = numbers.map(Number);
    if (!(floor > 0 && floor <= start && start <= ceiling && ceiling <= 100_000)) {
      const message = `"${entry.trim()}" is not a limit: write action=start/floor/ceiling in calls per second, such as CreateCustomCertificate=100/1/1000, with 0 < floor <= start <= ceiling; * means all other actions.`;
      return { kind: 'invalid', message };
    }
    const own = { startPerSecond: start, floorPerSecond: floor, ceilingPerSecond: ceiling };
    if (action === '*') otherActions = own;
    else limits[action] = own;
  }
  return { kind: 'ok', table: { limits, otherActions } };
}
