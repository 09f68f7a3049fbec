// Links of the pages: the same Markdown is read on code hosts and built as a site, where files outside of docs/ are no pages.
import { existsSync, globSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

import { addressOf } from './contents.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where a link of a page leads: to a page of the site, to another file of the repository, elsewhere, or nowhere. */
export type Target =
  | { readonly kind: 'page'; readonly page: string; readonly anchor: string }
  | { readonly kind: 'file'; readonly path: string; readonly anchor: string }
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'nowhere' };

/** Reads a link; `from` is the file that it stands in, relative to the repository. */
export function targetOf(from: string, href: string): Target {
  if (/^[a-z]+:/.test(href)) return { kind: 'elsewhere' };
  const [path = '', anchor = ''] = href.split('#');
  const file = path === '' ? from : posix.join(dirname(from), decodeURI(path)).replace(/\/$/, '');
  if (file.startsWith('..') || !existsSync(join(root, file))) return { kind: 'nowhere' };
  const page = pageAt(file);
  if (page === undefined) return { kind: 'file', path: file, anchor };
  return { kind: 'page', page, anchor };
}

function pageAt(file: string): string | undefined {
  const found = statSync(join(root, file)).isDirectory() ? `${file}/README.md` : file;
  return found.startsWith('docs/') && found.endsWith('.md') && existsSync(join(root, found)) ? found : undefined;
}

/** The anchor of a heading, as code hosts make it: letters, digits and hyphens in lower case. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

/** A token of markdown-it, as far as links matter. */
interface Token {
  readonly type: string;
  readonly children: readonly Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
  tag: string;
  attrs: [string, string][] | null;
}

/** What the rule needs of markdown-it. */
interface Markdown {
  readonly core: {
    readonly ruler: {
      push(
        name: string,
        rule: (state: { readonly tokens: readonly Token[]; readonly env: { path?: string } }) => void,
      ): void;
    };
  };
}

/**
 * Rewrites the links of each page for the site. A file that is no page leads to `sources`, the address of the repository's
 * files with a slash at its end; without one it is shown as its name. Throws on a link that leads nowhere.
 */
export function rewriteLinks(markdown: Markdown, sources: string | undefined): void {
  markdown.core.ruler.push('links-of-the-repository', ({ tokens, env }) => {
    // The site's own name of the first page of a folder.
    const from = posix.relative(root, env.path ?? root).replace(/(^|\/)index\.md$/, '$1README.md');
    for (const { children } of tokens) rewriteInline(children ?? [], from, sources);
  });
}

function rewriteInline(tokens: readonly Token[], from: string, sources: string | undefined): void {
  let isName = false;
  for (const token of tokens) {
    if (token.type === 'link_open') isName = rewrite(token, from, sources) === 'name';
    else if (token.type === 'link_close' && isName) token.tag = 'span';
  }
}

/** What became of a link: a link still, or only a name. */
function rewrite(token: Token, from: string, sources: string | undefined): 'link' | 'name' {
  const href = token.attrGet('href') ?? '';
  if (href.startsWith('#')) return 'link';
  const target = targetOf(from, href);
  if (target.kind === 'nowhere') throw new Error(`${from}: ${href} leads nowhere.`);
  if (target.kind === 'page') {
    const hash = target.anchor === '' ? '' : `#${target.anchor}`;
    token.attrSet('href', `/${addressOf(target.page.slice('docs/'.length))}${hash}`);
  }
  if (target.kind !== 'file') return 'link';
  if (sources !== undefined) {
    token.attrSet('href', sources + target.path);
    return 'link';
  }
  token.tag = 'span';
  token.attrs = [['title', target.path]];
  return 'name';
}

/** All pages of the repository that users read, relative to it. */
export function allPages(): readonly string[] {
  const patterns = ['*.md', 'docs/**/*.md', 'deploy/**/*.md', 'helm/**/*.md', 'simulator/*.md'];
  return globSync(patterns, { cwd: root, exclude: (path) => path === 'node_modules' }).toSorted();
}
