// Every link of every page leads to a file of the repository, and to a heading that is there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { chinese, english } from '../../../scripts/docs/contents.ts';
import { allPages, anchorOf, targetOf } from '../../../scripts/docs/links.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const pages = new Map(allPages().map((page) => [page, readFileSync(join(root, page), 'utf8')]));

/** A page without what is shown as it is. */
function prose(page: string): string {
  return page.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
}

function hrefsOf(page: string): readonly string[] {
  const text = prose(page).replaceAll(/`[^`\n]*`/g, 'code');
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, href = '']) => href);
}

const anchors = new Map<string, ReadonlySet<string>>();

/** The anchors of the headings of a page; one that stands there again has a number. */
function anchorsOf(page: string): ReadonlySet<string> {
  const known = anchors.get(page);
  if (known !== undefined) return known;
  const found = new Set<string>();
  for (const [, heading = ''] of prose(pages.get(page) ?? '').matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = anchorOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
    const taken = [anchor, ...Array.from({ length: 50 }, (_, index) => `${anchor}-${index + 1}`)];
    found.add(taken.find((candidate) => !found.has(candidate)) ?? anchor);
  }
  anchors.set(page, found);
  return found;
}

function faultOf(page: string, href: string): string | undefined {
  const target = targetOf(page, href);
  switch (target.kind) {
    case 'elsewhere':
      return href.startsWith('https://') || href.startsWith('http://') ? undefined : `${href}: no page of the web`;
    case 'nowhere':
      return `${href}: no such file`;
    case 'page':
      return target.anchor === '' || anchorsOf(target.page).has(decodeURI(target.anchor))
        ? undefined
        : `${href}: no such heading`;
    case 'file': {
      const isPage = pages.has(target.path);
      return target.anchor === '' || (isPage && anchorsOf(target.path).has(target.anchor))
        ? undefined
        : `${href}: no such heading`;
    }
  }
}

describe('the pages', () => {
  it.each([...pages.keys()])('%s has links to what is there', (page) => {
    const faults = hrefsOf(pages.get(page) ?? '').flatMap((href) => faultOf(page, href) ?? []);
    expect(faults).toEqual([]);
  });

  it('lead from Chinese to Chinese pages where there are some, and else only to the page that they translate', () => {
    const faults = [...pages].flatMap(([page, text]) =>
      hrefsOf(text).flatMap((href) => {
        const target = targetOf(page, href);
        if (!page.startsWith('docs/zh/') || target.kind !== 'page') return [];
        const translation = target.page.replace('docs/', 'docs/zh/');
        return pages.has(translation) && translation !== page ? [`${page}: ${href}`] : [];
      }),
    );
    expect(faults).toEqual([]);
  });

  it('are all in the sidebar of their language, once', () => {
    const listed = [english, chinese].flatMap(({ folder, groups }) =>
      groups.flatMap(({ pages: names }) => names.map((name) => `docs/${folder}${name}`)),
    );
    const firstPages = ['docs/README.md', 'docs/zh/README.md'];
    const decisions = (page: string): boolean => /^docs\/adr\/\d/.test(page);
    const shown = [...pages.keys()].filter((page) => page.startsWith('docs/') && !decisions(page));
    expect(listed.toSorted()).toEqual(shown.filter((page) => !firstPages.includes(page)).toSorted());
  });

  it('list every decision', () => {
    const index = pages.get('docs/adr/README.md') ?? '';
    const decisions = [...pages.keys()].filter((page) => /^docs\/adr\/\d/.test(page));
    const titles = decisions.map((page) => {
      const [, number = '', title = ''] = /^# (\d+)\. (.+)$/m.exec(pages.get(page) ?? '') ?? [];
      return `${number}. [${title}](${page.slice('docs/adr/'.length)})`;
    });
    expect(index.split('\n').filter((line) => /^\d/.test(line))).toEqual(titles);
  });

  it('use no Vue, since code hosts show them too', () => {
    const withVue = [...pages].filter(
      ([page, text]) =>
        page.startsWith('docs/') && /\{\{|^<script|^<template|^<[A-Z]/m.test(prose(text).replaceAll(/`[^`\n]*`/g, '')),
    );
    expect(withVue.map(([page]) => page)).toEqual([]);
  });
});
