// The pages about meshes show parts of the files that the tests apply, word for word.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { blocksOf } from '../../support/pages.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const applied = [
  ...globSync('docs/mesh/manifests/*.yaml', { cwd: root }),
  'helm/alibaba-pca-issuer/values-approver-policy.yaml',
];
// A block may stand deeper in its file than on the page.
const flat = (text: string): string => text.replaceAll(/^ +/gm, '').trim();
const files = applied.map((path) => flat(read(path)));

describe.each(['spire', 'approver-policy', 'trust-manager'])('docs/mesh/%s.md', (name) => {
  const page = read(`docs/mesh/${name}.md`);
  const parts = blocksOf(page).filter(({ language }) => language === 'yaml' || language === 'hcl');

  it('shows files of its own', () => {
    expect(parts.length).toBeGreaterThan(1);
  });

  it.each(parts.map(({ text }) => [text.split('\n')[0] ?? '', text] as const))('%s … is in a file', (_, text) => {
    expect(files.filter((file) => file.includes(flat(text)))).toHaveLength(1);
  });

  it('links to files that are there', () => {
    const links = [...page.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
    const local = links.filter((target) => !target.startsWith('https://'));
    expect(local.filter((target) => globSync(join('docs/mesh', target), { cwd: root }).length === 0)).toEqual([]);
  });
});
