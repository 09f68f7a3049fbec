// Two results side by side. Pure.
import { headlines } from './headlines.ts';
import type { Headline } from './headlines.ts';
import { casesOf } from './result.ts';
import type { BenchmarkResult } from './result.ts';

/** A table of what an earlier and a later result tell of this tree, with ratios; for a terminal. */
export function comparison(earlier: BenchmarkResult, later: BenchmarkResult): string {
  const lines: string[] = [];
  for (const name of casesOf(later)) {
    const before = new Map(headlines(earlier, name, 'now').map((each) => [each.what, each]));
    const dates = [earlier, later].map((result) => result[name]?.circumstances.date ?? 'not run');
    lines.push('', row([name, ...dates, 'later/earlier']));
    for (const now of headlines(later, name, 'now')) {
      const then = before.get(now.what);
      lines.push(row([`  ${now.what}`, then === undefined ? '–' : figure(then), figure(now), ratio(then, now)]));
    }
  }
  return `${lines.join('\n').trimStart()}\n\nRuns of different hours differ by what else the machines did: only shares and ratios within a run can be trusted.\n`;
}

/** A number with its unit, and as many digits as mean something. */
export function figure({ value, unit }: Headline): string {
  return `${value.toFixed(digitsOf(value, unit))}${unit === '/s' ? '' : ' '}${unit}`;
}

function digitsOf(value: number, unit: Headline['unit']): number {
  if (unit === 'requests' || unit === 'calls') return 2;
  if (unit === 'MiB') return 1;
  if (unit !== 'ms' || value >= 100) return 0;
  return value < 10 ? 2 : 1;
}

/** How many times as much the second is. */
export function ratio(one: Headline | undefined, other: Headline | undefined): string {
  if (one === undefined || other === undefined || one.value === 0) return '–';
  return (other.value / one.value).toFixed(2);
}

const widths = [58, 16, 16, 14];

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
    .join('');
}
