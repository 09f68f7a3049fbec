// When a certificate begins and ends: `Days`, `Months`, `Years`, or `BeforeTime` and `AfterTime` in Unix seconds.
import type { ParameterRule, Parameters } from '../protocol/parameters.ts';
import { problem } from '../protocol/problem.ts';
import type { Problem } from '../protocol/problem.ts';
import type { Authority } from './authority.ts';
import { later, ordered, validityObjection } from './validity.ts';

const lastSecond = 253_402_300_799;

/** Begin and end in seconds; a time in milliseconds is beyond the year 9999 and refused. */
export const instantParameters: readonly ParameterRule[] = [
  { name: 'BeforeTime', type: 'integer', minimum: 0, maximum: lastSecond },
  { name: 'AfterTime', type: 'integer', minimum: 0, maximum: lastSecond },
];

/** The parameters of the operations that have all forms. */
export const periodParameters: readonly ParameterRule[] = [
  { name: 'Days', type: 'integer', minimum: 1, maximum: 36_500 },
  { name: 'Months', type: 'integer', minimum: 1, maximum: 1_200 },
  { name: 'Years', type: 'integer', minimum: 1, maximum: 100 },
  ...instantParameters,
];

/** Begin and end of a certificate. */
export interface Period {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const units = { Days: 'd', Months: 'm', Years: 'y' } as const;

/** Reads the period: a length wins over the pair, half a pair is refused, and so are two lengths or nothing at all. */
export function readPeriod(given: Parameters, authority: Authority, now: Date): Period | Problem {
  const [begin, end] = [given.get('BeforeTime'), given.get('AfterTime')];
  if ((begin === undefined) !== (end === undefined))
    return missing(begin === undefined ? 'BeforeTime' : 'AfterTime', 'BeforeTime and AfterTime belong together.');

  const [length, second] = Object.entries(units).filter(([name]) => given.has(name));
  if (second !== undefined) return problem(`InvalidParameter.${second[0]}`, 'Give one of Days, Months and Years.');
  if (length === undefined && begin === undefined)
    return missing('Days', 'Days or BeforeTime and AfterTime are needed.');
  const start = new Date(Math.floor(now.getTime() / 1_000) * 1_000);
  const period =
    length === undefined
      ? ordered(new Date(Number(begin) * 1_000), new Date(Number(end) * 1_000))
      : ordered(start, later(start, Number(given.get(length[0])), length[1]));
  const name = length?.[0] ?? 'AfterTime';
  if (period.kind === 'refused') return problem(`InvalidParameter.${name}`, period.message);
  const objection = validityObjection(authority, period.notBefore, period.notAfter);
  return objection === undefined ? period : problem(`InvalidParameter.${name}`, objection);
}

function missing(name: string, message: string): Problem {
  return problem(`MissingParameter.${name}`, message);
}
