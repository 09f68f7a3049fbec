// Pure: how many certificates of a CA were used in the last week, by samples of what remained. They stand in the issuer's
// status, since only that survives a restart; all that is issued from the CA counts, whoever asked for it.
import type { IssuerStatus } from '../../../crds/issuer.ts';
import { formatMoment } from '../../../timing/moment.ts';

/** How many certificates remained at a time. */
export type Sample = NonNullable<NonNullable<IssuerStatus['quota']>['samples']>[number];

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
// The oldest sample lies a week back or, as they are a day apart, up to a day more.
const oldestMs = weekMs + dayMs;

/** The samples with one of now, where the last is a day old; without those of more than a week ago. */
export function nextSamples(samples: readonly Sample[], remaining: number, now: Date): readonly Sample[] {
  const recent = recentOf(samples, now);
  const last = recent.at(-1);
  if (last !== undefined && now.getTime() - timeOf(last) < dayMs) return recent;
  return [...recent, { time: formatMoment(now), certificatesRemaining: remaining }];
}

/** Certificates used since the oldest sample of the last week; what was bought or assigned meanwhile does not count. */
export function usedLastWeek(samples: readonly Sample[], remaining: number, now: Date): number {
  const counts = [...recentOf(samples, now).map(({ certificatesRemaining }) => certificatesRemaining), remaining];
  return counts.reduce((used, count, index) => used + Math.max(0, (counts[index - 1] ?? count) - count), 0);
}

function recentOf(samples: readonly Sample[], now: Date): readonly Sample[] {
  const age = (sample: Sample): number => now.getTime() - timeOf(sample);
  return samples.filter((sample) => age(sample) >= -dayMs && age(sample) < oldestMs);
}

function timeOf({ time }: Sample): number {
  return Date.parse(time);
}
