/** The tables of docs/at-most-once.md. */
import { fileURLToPath } from 'node:url';
import { markdownTable, replaceSection } from '../../../scripts/generate/generated-section.ts';
import { allCases, type Case, disturbances, reaching, unreached } from './cases.ts';
import { issuerOperations } from './operations.ts';

/** The page. */
export const pageFile = fileURLToPath(new URL('../../../docs/at-most-once.md', import.meta.url));

/** The page with `certificates`, the number that a request of the operation cost in the case, in its tables. */
export function withTables(page: string, certificates: (each: Case, operation: string) => number | undefined): string {
  const rows = allCases.map((each) => [
    disturbances[each.disturbance],
    `\`${each.step}\``,
    ...issuerOperations.map((operation) =>
      reaching(each.step).includes(operation) ? String(certificates(each, operation) ?? '?') : '–',
    ),
  ]);
  const names = issuerOperations.map((operation) => `\`${operation}\``);
  const reasons = Object.entries(unreached).map(([step, { operations, because }]) => [
    `\`${step}\``,
    operations.map((operation) => `\`${operation}\``).join(', '),
    because,
  ]);
  return replaceSection(
    replaceSection(page, 'matrix', markdownTable(['The operator', 'at', ...names], rows)),
    'unreached',
    markdownTable(['Step', 'Never reached by', 'Because'], reasons),
  );
}
