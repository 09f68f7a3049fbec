// The site is built from the pages as they are. vitepress and the rule of scripts/docs/links.ts fail on links that lead nowhere.
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

import { addressOf, docsFolder } from '../../../scripts/docs/contents.ts';

const script = fileURLToPath(new URL('../../../scripts/docs.ts', import.meta.url));
const site = join(docsFolder, '.vitepress/dist');

/** Where the language switch of a page leads; the menus of wide and of narrow screens agree. */
function switchOf(page: string): string {
  const html = readFileSync(join(site, page), 'utf8');
  const links = html.matchAll(
    /<a class="VPLink link" href="([^"]+)"[^>]*>(?:<!--\[-->)?<span[^>]*>(?:English|简体中文)</g,
  );
  return [...new Set([...links].map(([, href]) => href))].join(' ');
}

it('the site has every page, in its language and with a switch to the other one', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  expect(stdout).toContain('build complete');
  const pages = globSync('**/*.md', { cwd: docsFolder }).map((page) =>
    addressOf(page).replace(/(^|\/)$/, '$1index.html'),
  );
  expect(globSync('**/*.html', { cwd: site }).toSorted()).toEqual([...pages, '404.html'].toSorted());
  const languages = ['quick-start.html', 'zh/quick-start.html'].map(
    (page) => /<html lang="([^"]+)"/.exec(readFileSync(join(site, page), 'utf8'))?.[1],
  );
  expect(languages).toEqual(['en-US', 'zh-CN']);
  // As the tab's picture and beside the title.
  const first = readFileSync(join(site, 'index.html'), 'utf8');
  expect(first).toMatch(/<link rel="icon"[^>]* href="\/icon\.svg"/);
  expect(first).toMatch(/<img class="VPImage logo" src="\/icon\.svg"/);
  expect(readFileSync(join(site, 'icon.svg'), 'utf8')).toContain('<svg');
  const switches = {
    'index.html': '/zh/',
    'quick-start.html': '/zh/quick-start.html',
    'mesh/index.html': '/zh/mesh/',
    // Decisions are not translated.
    'adr/index.html': '/zh/',
    'zh/index.html': '/',
    'zh/quick-start.html': '/quick-start.html',
    'zh/mesh/index.html': '/mesh/',
  };
  expect(Object.fromEntries(Object.keys(switches).map((page) => [page, switchOf(page)]))).toEqual(switches);
});
