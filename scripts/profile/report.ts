// The tables of a profile, for a terminal. Pure.
import type { ProfileNode, Share } from './attribution.ts';
import { functionsOf, sharesOf } from './attribution.ts';
import type { FindSource } from './attribution.ts';

/** What a profile counts. */
export interface Measure {
  readonly title: string;
  /** How a weight for each certificate is written. */
  readonly perCertificate: (weight: number) => string;
}

/** Processor time; weights are microseconds. */
export const processorTime: Measure = {
  title: 'Processor time of the main thread',
  perCertificate: (weight) => `${(weight / 1_000).toFixed(3)} ms`,
};

/** Allocations; weights are bytes. */
export const allocations: Measure = {
  title: 'Memory that was allocated, whatever became of it',
  perCertificate: (weight) => `${(weight / 1_024).toFixed(1)} KiB`,
};

const worthTelling = 0.001;
const mostFunctions = 25;

/** Shares of all owners and the dearest functions. */
export function profileReport(
  root: ProfileNode,
  findSource: FindSource,
  { title, perCertificate }: Measure,
  certificates: number,
): string {
  const shares = sharesOf(root, findSource);
  const total = shares.reduce((sum, { self }) => sum + self, 0);
  const percent = (weight: number): string => `${((100 * weight) / total).toFixed(1)} %`;
  const each = (weight: number): string => perCertificate(weight / certificates);
  const rows = shares
    .filter(({ self, caused }) => Math.max(self, caused) >= worthTelling * total)
    .map(({ owner, self, caused }: Share) => [owner, percent(self), each(self), percent(caused), each(caused)]);
  const functions = functionsOf(root, findSource)
    .slice(0, mostFunctions)
    .map(({ name, self }) => [name, percent(self), each(self)]);
  return [
    `${title}: ${each(total)} per certificate`,
    '',
    table(['owner', 'itself', '', 'and what it called', ''], rows),
    '',
    table(['function', 'itself', ''], functions),
    '',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((cells) => (cells[column] ?? '').length)));
  return all
    .map((cells) =>
      cells
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
