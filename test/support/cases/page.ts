// The generated part of docs/cases.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { markdownTable, replaceSection } from '../../../scripts/generate/generated-section.ts';
import { wrap } from '../../../scripts/generate/wrapped-text.ts';
import { agrees } from './plan.ts';
import { cases } from './read.ts';
import type { Case, Results, Seen } from './read.ts';

/** The page. */
export const pageFile = fileURLToPath(new URL('../../../docs/cases.md', import.meta.url));

/** Writes the results of a run into the page. */
export function writePage(results: Results): void {
  writeFileSync(pageFile, withCases(readFileSync(pageFile, 'utf8'), results));
}

/** The page with every case and what a run showed; throws where an expected outcome was not tried. */
export function withCases(page: string, results: Results): string {
  return replaceSection(page, 'cases', cases.map((each) => section(each, results[each.name] ?? {})).join('\n\n'));
}

function section(each: Case, results: Readonly<Record<string, Seen>>): string {
  const rows = Object.entries(each.expected).map(([key, expected]) => {
    const result = results[key];
    if (result === undefined) throw new Error(`${each.name} has no result for ${key}`);
    return [
      code(key),
      text(expected),
      result.seen === expected ? 'as expected' : text(result.seen),
      plan(each, key, result),
    ];
  });
  const tests = each.tests?.map(({ file, test }) => `- \`${file}\`: ${test}`) ?? [];
  return [
    `### ${each.title}`,
    wrap(
      `${each.suffered} Inputs: [\`${each.name}\`](../test/cases/${each.name}). Reported as ${each.sources.join(', ')}.`,
      120,
    ).join('\n'),
    ...(rows.length === 0 ? [] : [markdownTable(['Input', 'Expected', 'Seen', '`plan`'], rows)]),
    ...(tests.length === 0 ? [] : [['Shown by further tests:', '', ...tests].join('\n')]),
  ].join('\n\n');
}

function plan(each: Case, key: string, { seen, plan: planned }: Seen): string {
  const deviation = each.plan?.[key];
  if (planned === undefined) return '–';
  if (agrees(seen, planned)) return planned === 'planned' || planned.startsWith('refused') ? 'the same' : text(planned);
  return `${text(planned)} (${deviation?.because ?? 'which is wrong'})`;
}

const code = (words: string): string => `\`${words}\``;

// What Markdown or a browser would take for its own.
function text(words: string): string {
  return words.replaceAll(/[\\*_<>[\]`]/g, '\\$&');
}
