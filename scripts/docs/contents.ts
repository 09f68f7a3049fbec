// What the site of docs/ shows beside its pages: the groups of the sidebar, by what a reader wants to do, and their pages.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the pages. */
export const docsFolder = fileURLToPath(new URL('../../docs', import.meta.url));

/** A language of the site. */
export interface Language {
  /** Folder below docs/ with a slash at its end; empty for English. */
  readonly folder: string;
  readonly label: string;
  /** Value of the attribute `lang`. */
  readonly lang: string;
  /** The groups of the sidebar with their pages, relative to the folder. */
  readonly groups: readonly { readonly name: string; readonly pages: readonly string[] }[];
}

// The pages that both languages have in their order.
const start = ['quick-start.md', 'choosing-an-operation.md', 'install.md', 'migration.md'];
const identities = ['README', 'access-key', 'rrsa', 'service-account', 'node-role', 'another-account'].map(
  (name) => `identities/${name}.md`,
);

const configure = [
  ...identities,
  'credentials.md',
  'tenancy.md',
  'networks.md',
  'failover.md',
  'ingress-and-gateway.md',
  'gitops.md',
  'mesh/README.md',
  'mesh/istio.md',
  'mesh/spire.md',
  'mesh/signers.md',
  'mesh/approver-policy.md',
  'mesh/trust-manager.md',
  'mesh/sizing.md',
];
const operate = [
  'troubleshooting.md',
  'doctor.md',
  'plan.md',
  'alerts.md',
  'metrics.md',
  'logs.md',
  'traces.md',
  'administration.md',
  'sizing.md',
];

/** English, of which the other languages are translations. */
export const english: Language = {
  folder: '',
  label: 'English',
  lang: 'en-US',
  groups: [
    { name: 'Start', pages: start },
    {
      name: 'Configure',
      pages: [...configure, 'mesh/requests.md'],
    },
    {
      name: 'Operate',
      pages: operate,
    },
    {
      name: 'Understand',
      pages: [
        'security.md',
        'at-most-once.md',
        'limiter.md',
        'known-limits.md',
        'roadmap.md',
        'architecture.md',
        'adr/README.md',
        'benchmarks.md',
        'soak.md',
        'cases.md',
        'conformance.md',
      ],
    },
    {
      name: 'Reference',
      pages: [
        'issuer-reference.md',
        'operations.md',
        'conditions-and-errors.md',
        'configuration.md',
        'command-line.md',
        'compatibility.md',
        'releases.md',
      ],
    },
  ],
};

/** Simplified Chinese. */
export const chinese: Language = {
  folder: 'zh/',
  label: '简体中文',
  lang: 'zh-CN',
  groups: [
    { name: '开始', pages: start },
    {
      name: '配置',
      pages: configure,
    },
    {
      name: '运维',
      pages: operate,
    },
    { name: '了解', pages: ['security.md', 'at-most-once.md', 'known-limits.md', 'roadmap.md'] },
    { name: '参考', pages: ['compatibility.md', 'releases.md'] },
  ],
};

/** A page in the sidebar. */
interface Entry {
  readonly text: string;
  readonly link: string;
}

/** The sidebar of a language; the text of an entry is the title of its page. */
export function sidebarOf({ folder, groups }: Language): readonly { readonly text: string; readonly items: Entry[] }[] {
  return groups.map(({ name, pages }) => ({
    text: name,
    collapsed: false,
    items: pages.map((page) => ({ text: titleOf(folder + page), link: `/${addressOf(folder + page)}` })),
  }));
}

/** The address on the site of a page of docs/, whose README.md are the first pages of their folders. */
export function addressOf(page: string): string {
  return page.replace(/(^|\/)README\.md$/, '$1').replace(/\.md$/, '.html');
}

/**
 * Where the language switch of a page leads, an address on the site: to the same page in the other language, or to the first
 * page of that language where it has none. Every Chinese page has an English one.
 */
export function otherLanguageOf(page: string): string {
  if (page.startsWith(chinese.folder)) return `/${addressOf(page.slice(chinese.folder.length))}`;
  const translation = chinese.folder + page;
  return `/${existsSync(join(docsFolder, translation)) ? addressOf(translation) : chinese.folder}`;
}

function titleOf(page: string): string {
  const found = /^# (.+)$/m.exec(readFileSync(join(docsFolder, page), 'utf8'));
  if (found === null) throw new Error(`docs/${page} has no title.`);
  return (found[1] ?? '').replaceAll('`', '');
}
