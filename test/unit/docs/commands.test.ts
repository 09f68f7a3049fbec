// Every command of every page is run by a test, or it is known why not.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { allPages } from '../../../scripts/docs/links.ts';
import { blocksOf, commandsOf, judge, notRun, pagesWithTest, ranHere } from '../../support/pages.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
// Those of Chinese pages are the English ones, which translations.test.ts sees to.
const pages = allPages().filter((page) => !page.startsWith('docs/zh/'));
const tested = new Set(Object.keys(pagesWithTest));

/** The commands of a page; what a block without a language holds is a command only behind a prompt. */
function commandsOfPage(page: string): readonly string[] {
  return blocksOf(read(page))
    .filter(({ language, text }) => ['sh', 'console'].includes(language) || (language === '' && text.startsWith('$ ')))
    .flatMap(commandsOf)
    .filter((command) => !command.startsWith('#'));
}

const isKnown = (page: string, command: string): boolean =>
  judge(command) === 'elsewhere' ||
  ranHere.some(([where, begin]) => where === page && command.startsWith(begin)) ||
  notRun.some(([begin]) => command.startsWith(begin));

describe('the commands of the pages', () => {
  it.each(pages.filter((page) => !tested.has(page)))('of %s are run, or it is known why not', (page) => {
    expect(commandsOfPage(page).filter((command) => !isKnown(page, command))).toEqual([]);
  });

  it('are run by tests that are there, and that name the page', () => {
    const faults = Object.entries(pagesWithTest).filter(
      ([page, test]) => !existsSync(join(root, test)) || !read(test).includes(page.replace('docs/mesh/', '')),
    );
    expect(faults).toEqual([]);
  });

  it('are all needed in the lists', () => {
    const all = pages.map((page) => ({ page, commands: commandsOfPage(page) }));
    const isUsed = (begin: string, where?: string): boolean =>
      all.some(
        ({ page, commands }) =>
          (where === undefined || where === page) && commands.some((command) => command.startsWith(begin)),
      );
    expect([
      ...ranHere.filter(([page, begin]) => !isUsed(begin, page)),
      ...notRun.filter(([begin]) => !isUsed(begin)),
    ]).toEqual([]);
  });
});

describe('the RAM policies of the pages', () => {
  const policies = pages.flatMap((page) =>
    blocksOf(read(page))
      .filter(({ language, text }) => language === 'json' && text.includes('"Statement"'))
      .map(({ text }) => [page, JSON.parse(text) as { readonly Statement: readonly Statement[] }] as const),
  );
  interface Statement {
    readonly Effect: string;
    readonly Action: string | readonly string[];
    readonly Principal?: object;
  }
  const documented = new Set(read('docs/operations.md').match(/yundun-cert:\w+/g));

  it.each(policies)('%s: it allows what docs/operations.md names, or a role to be taken', (_, { Statement }) => {
    const actions = Statement.flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action !== 'sts:AssumeRole' && !documented.has(action))).toEqual([]);
    expect(Statement.map(({ Effect }) => Effect)).toEqual(['Allow']);
  });

  it('are there for each identity', () => {
    const count = (page: string): number => policies.filter(([name]) => name === `docs/identities/${page}.md`).length;
    expect(
      Object.fromEntries(
        ['access-key', 'rrsa', 'service-account', 'node-role', 'another-account'].map((page) => [page, count(page)]),
      ),
    ).toEqual({ 'access-key': 1, rrsa: 2, 'service-account': 2, 'node-role': 3, 'another-account': 3 });
  });
});
