// The Chinese pages are made from the English ones as they are now, and have the same blocks.
// UPDATE_TRANSLATIONS=1 writes digests and blocks anew: after the text was translated, since nothing else shows that.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { alerts } from '../../../scripts/alerts/catalogue.ts';
import { docsFolder } from '../../../scripts/docs/contents.ts';
import { codeOf, digestOf, fencesOf, renewed, sourceOf } from '../../../scripts/docs/translations.ts';
import { failoverReasons } from '../../../src/controllers/issuers/failover/failover-reasons.ts';

const read = (page: string): string => readFileSync(join(docsFolder, page), 'utf8');
const translations = globSync('zh/**/*.md', { cwd: docsFolder }).toSorted();

describe.each(translations)('docs/%s', (translation) => {
  const page = translation.slice('zh/'.length);
  const text = read(page);
  if (process.env['UPDATE_TRANSLATIONS'] === '1')
    writeFileSync(join(docsFolder, translation), renewed(read(translation), { page, text }));

  it(`is of docs/${page} as it is now`, () => {
    // Where this fails: git diff shows what became of the English page. Translate that, then run with UPDATE_TRANSLATIONS=1.
    expect(sourceOf(read(translation))).toEqual({ page, digest: digestOf(text) });
  });

  it('has the same blocks, byte for byte', () => {
    expect(fencesOf(read(translation))).toEqual(fencesOf(text));
  });

  // Such as a metric, of which the English page has a generated table, for which the digest does not stand.
  it('names no field, flag or metric that the English page does not', () => {
    const inOneLine = text.replaceAll(/\s+/g, ' ');
    expect(codeOf(read(translation)).filter((code) => !inOneLine.includes(code))).toEqual([]);
  });
});

// In English these are generated from the code, so the digest of the page does not change with them.
it.each([
  ['alerts.md', /^\| \[`(\w+)`/gm, [...alerts.keys()]],
  ['failover.md', /^\| `(\w+)`/gm, Object.keys(failoverReasons)],
])('the table of docs/zh/%s has all rows', (page, row, names) => {
  const rows = [...read(`zh/${page}`).matchAll(row)].map(([, name = '']) => name);
  expect(rows.toSorted()).toEqual(names.toSorted());
});

// The names of the English table, whose order is that of the doctor's output.
it('the table of docs/zh/doctor.md has the checks of the English one, in its order', () => {
  const named = (page: string, from: string): readonly string[] => {
    const section = read(page).split(from)[1]?.split(/^## /m)[0] ?? '';
    return [...section.matchAll(/^\| `([a-z-]+)` /gm)].map(([, name = '']) => name);
  };
  const names = named('doctor.md', '<!-- generated: checks -->');
  expect(names.length).toBeGreaterThan(20);
  expect(named('zh/doctor.md', '\n## 检查项\n')).toEqual(names);
});

describe('a translated page', () => {
  const english = { page: 'a.md', text: '# A\n\n```sh\nnew\n```\n' };

  it('is renewed with the digest and the blocks of the English page', () => {
    const old = '---\nenglish: a.md\nsha256: 0\n---\n\n# 甲\n\n```sh\nold\n```\n';
    expect(renewed(old, english)).toBe(
      `---\nenglish: a.md\nsha256: ${digestOf(english.text)}\n---\n\n# 甲\n\n\`\`\`sh\nnew\n\`\`\`\n`,
    );
  });

  it('keeps its blocks where the English page has another number of them', () => {
    expect(renewed('# 甲\n', english)).toContain('# 甲\n');
    expect(fencesOf(renewed('# 甲\n', english))).toEqual([]);
  });

  it('keeps what is generated in it', () => {
    const section = '<!-- generated: t -->\n\n```sh\nmade\n```\n\n<!-- end of generated: t -->\n';
    expect(renewed(`# 甲\n\n${section}\n\`\`\`sh\nold\n\`\`\`\n`, english)).toBe(
      `---\nenglish: a.md\nsha256: ${digestOf(english.text)}\n---\n# 甲\n\n${section}\n\`\`\`sh\nnew\n\`\`\`\n`,
    );
  });

  it('does not depend on what is generated', () => {
    const table = (row: string): string =>
      `# A\n\n<!-- generated: t -->\n\n${row}\n\n<!-- end of generated: t -->\n\nB\n`;
    expect(digestOf(table('| 1 |'))).toBe(digestOf(table('| 2 |')));
    expect(digestOf(table('| 1 |'))).not.toBe(digestOf(table('| 1 |').replace('B', 'C')));
  });
});
