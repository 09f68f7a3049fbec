// The tables of the page: one row for each headline, one column for each contestant. Pure.
import { figure, ratio } from '../compare.ts';
import { headlines } from '../headlines.ts';
import type { CaseName } from '../case-names.ts';
import type { BenchmarkResult } from '../result.ts';

/** A case as a table of Markdown; with a ratio where there is an earlier commit to compare with. */
export function caseTable(result: BenchmarkResult, name: CaseName): string {
  const names = result[name]?.circumstances.contestants.map((each) => each.name) ?? [];
  const columns = names.map(
    (contestant) => new Map(headlines(result, name, contestant).map((each) => [each.what, each])),
  );
  const rows = [...new Set(columns.flatMap((column) => [...column.keys()]))].map((what) => {
    const cells = columns.map((column) => column.get(what));
    const compared = names.includes('before') ? [ratio(cells[names.indexOf('before')], cells[0])] : [];
    return [what, ...cells.map((cell) => (cell === undefined ? '–' : figure(cell))), ...compared];
  });
  const head = ['', ...names, ...(names.includes('before') ? ['now/before'] : [])];
  return [head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** The same for a terminal. */
export function caseLines(result: BenchmarkResult, name: CaseName): string {
  const rows = caseTable(result, name)
    .split('\n')
    .filter((line) => !line.startsWith('| ---'))
    .map((line) => line.slice(2, -2).split(' | '));
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => (cells[column] ?? '').trim().length)),
  );
  return rows
    .map((cells) => cells.map((cell, column) => pad(cell.trim(), widths[column] ?? 0, column === 0)).join('  '))
    .join('\n');
}

function pad(text: string, width: number, isFirst: boolean): string {
  return isFirst ? text.padEnd(width) : text.padStart(width);
}
