// The generated parts of docs/at-most-once.md.
import { fileURLToPath } from 'node:url';
import { markdownTable, replaceSection } from '../../../scripts/generate/generated-section.ts';
import { wrap } from '../../../scripts/generate/wrapped-text.ts';
import { issuingSteps } from '../../../src/controllers/requests/signing/steps.ts';
import { allCases, disturbances, reaching, unreached } from './cases.ts';
import type { Case } from './cases.ts';

/** The page. */
export const pageFile = fileURLToPath(new URL('../../../docs/at-most-once.md', import.meta.url));

/** The number of certificates that a request of the operation cost in the case; undefined where that is not known. */
export type Results = (each: Case, operation: string) => number | undefined;

/** The page with the results in its table; throws where one is missing. */
export function withTables(page: string, results: Results): string {
  return replaceSection(replaceSection(page, 'matrix', matrix(results)), 'unreached', unreachedSteps());
}

function matrix(results: Results): string {
  const rows = Object.entries(disturbances).map(([disturbance, words]) => [
    words,
    ...issuingSteps.map((step) => {
      const tried = allCases.find((each) => each.disturbance === disturbance && each.step === step);
      return tried === undefined ? '–' : cell(tried, results);
    }),
  ]);
  return markdownTable(['The operator', ...issuingSteps.map(inWords)], rows);
}

// As words, so that a narrow column can break them.
function inWords(step: string): string {
  return step.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

// The number that most operations have comes first, and without their names.
function cell(each: Case, results: Results): string {
  const operations = new Map<number, string[]>();
  for (const operation of reaching(each.step)) {
    const certificates = results(each, operation);
    if (certificates === undefined)
      throw new Error(`${operation} has no result for ${each.disturbance} at ${each.step}`);

    operations.set(certificates, [...(operations.get(certificates) ?? []), `\`${operation}\``]);
  }
  const [most, ...others] = [...operations].toSorted(([, one], [, other]) => other.length - one.length);
  if (most === undefined) throw new Error(`no operation reaches ${each.step}`);
  return [String(most[0]), ...others.map(([certificates, names]) => `${certificates} for ${names.join(', ')}`)].join(
    '; ',
  );
}

function unreachedSteps(): string {
  return Object.entries(unreached)
    .map(([step, { operations, because }]) => {
      const names = operations.map((operation) => `\`${operation}\``).join(', ');
      return `- ${wrap(`${inWords(step)}, by ${names}: ${because}.`, 118).join('\n  ')}`;
    })
    .join('\n');
}
