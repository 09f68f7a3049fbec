// The generated parts of docs/at-most-once.md.
import { fileURLToPath } from 'node:url';
import { markdownTable, replaceSection } from '../../../scripts/generate/generated-section.ts';
import { wrap } from '../../../scripts/generate/wrapped-text.ts';
import { issuingSteps } from '../../../src/controllers/requests/signing/steps.ts';
import { allCases, disturbances, reaching, unreached } from './cases.ts';
import type { Case } from './cases.ts';
import { allMeanwhile, circumstances, moments, operationsIn } from './circumstances.ts';
import type { CircumstanceName, End, Meanwhile, Moment } from './circumstances.ts';

/** The page. */
export const pageFile = fileURLToPath(new URL('../../../docs/at-most-once.md', import.meta.url));

/** The number of certificates that a request of the operation cost in the case; undefined where that is not known. */
export type Results = (each: Case, operation: string) => number | undefined;

/** How a request of the operation ended when the circumstance came about; undefined where that is not known. */
export type Endings = (each: Meanwhile, operation: string) => End | undefined;

/** The page with these numbers in the table of disturbances; throws where one is missing. */
export function withMatrix(page: string, results: Results): string {
  return replaceSection(replaceSection(page, 'matrix', matrix(results)), 'unreached', unreachedSteps());
}

/** The page with these ends in the table of circumstances; throws where one is missing. */
export function withEnds(page: string, endings: Endings): string {
  return replaceSection(page, 'circumstances', circumstanceTable(endings));
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

function circumstanceTable(endings: Endings): string {
  const rows = (Object.keys(circumstances) as CircumstanceName[]).map((circumstance) => [
    circumstances[circumstance].words,
    ...(Object.keys(moments) as Moment[]).map((moment) => {
      const tried = allMeanwhile.find((each) => each.circumstance === circumstance && each.moment === moment);
      if (tried === undefined) return '–';
      return grouped(`${circumstance}, ${moment}`, operationsIn(tried), (operation) => {
        const ending = endings(tried, operation);
        return ending === undefined ? undefined : inCell(ending);
      });
    }),
  ]);
  return markdownTable(['Meanwhile', ...Object.values(moments).map(({ words }) => words)], rows);
}

function inCell({ end, certificates }: End): string {
  const isReason = /^[A-Z]/.test(end) && end !== 'Ready';
  return end === 'Ready' ? String(certificates) : `${isReason ? `\`${end}\`` : end}, ${certificates}`;
}

function cell(each: Case, results: Results): string {
  const name = `${each.disturbance} at ${each.step}`;
  return grouped(name, reaching(each.step), (operation) => results(each, operation)?.toString());
}

// What most operations have comes first, and without their names.
function grouped(
  name: string,
  operations: readonly string[],
  textOf: (operation: string) => string | undefined,
): string {
  const groups = new Map<string, string[]>();
  for (const operation of operations) {
    const text = textOf(operation);
    if (text === undefined) throw new Error(`${operation} has no result for ${name}`);
    groups.set(text, [...(groups.get(text) ?? []), `\`${operation}\``]);
  }
  const [most, ...others] = [...groups].toSorted(([, one], [, other]) => other.length - one.length);
  if (most === undefined) throw new Error(`no operation is tried for ${name}`);
  return [most[0], ...others.map(([text, names]) => `${text} for ${names.join(', ')}`)].join('; ');
}

function unreachedSteps(): string {
  return Object.entries(unreached)
    .map(([step, { operations, because }]) => {
      const names = operations.map((operation) => `\`${operation}\``).join(', ');
      return `- ${wrap(`${inWords(step)}, by ${names}: ${because}.`, 118).join('\n  ')}`;
    })
    .join('\n');
}
