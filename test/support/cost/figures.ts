// What the product cost when that was last looked at, so that a change of it is noticed whatever machine runs the tests.
import { readFileSync } from 'node:fs';

/** Figures by what they are about. */
export interface CostFigures {
  readonly bundle: { readonly startBytes: number; readonly startModules: number };
  /** One certificate, planned and verified. */
  readonly issuing: { readonly bytes: number };
  /** One certificate in the whole operator. */
  readonly operator: { readonly bytes: number };
}

const file = new URL('figures.json', import.meta.url);
const tolerance = 0.1;

/**
 * What of these figures is more than a tenth away from the stored ones, in either direction: what was gained can be lost again
 * only where it is stored.
 */
export function costComplaints(
  about: keyof CostFigures,
  measured: Readonly<Record<string, number>>,
  stored = JSON.parse(readFileSync(file, 'utf8')) as CostFigures,
): readonly string[] {
  return Object.entries(stored[about]).flatMap(([name, before]: readonly [string, number]) => {
    const now = measured[name] ?? Number.NaN;
    const isNear = Math.abs(now - before) <= tolerance * before;
    const advice = 'If that is as it should be, write it to test/support/cost/figures.json.';
    return isNear ? [] : [`${about}.${name} is ${now} and was ${before}. ${advice}`];
  });
}
