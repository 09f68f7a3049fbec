// The site of docs/: the same Markdown that code hosts show. `npm run docs:build` builds it, `npm run docs:dev` shows it.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

import { chinese, english, otherLanguageOf, sidebarOf } from '../../scripts/docs/contents.ts';
import type { Language } from '../../scripts/docs/contents.ts';
import { anchorOf, rewriteLinks } from '../../scripts/docs/links.ts';

// Address of the repository's files, such as https://HOST/OWNER/NAME/blob/main/, for what is no page.
const sources = process.env['DOCS_SOURCES'];

// Chinese has no blanks between words, so each character counts as one. Handed to the browser as text, so it stands alone.
const tokenize = (text: string): string[] => text.toLowerCase().match(/[\u3400-\u9fff]|[a-z0-9_]+/g) ?? [];

const sidebar = ({ folder, ...rest }: Language): object => ({ [`/${folder}`]: sidebarOf({ folder, ...rest }) });

const chineseWords = {
  nav: [
    { text: '快速开始', link: '/zh/quick-start.html' },
    { text: '故障排查', link: '/zh/troubleshooting.html' },
  ],
  outline: { label: '本页目录', level: [2, 3] as [number, number] },
  docFooter: { prev: '上一页', next: '下一页' },
  darkModeSwitchLabel: '外观',
  lightModeSwitchTitle: '切换到浅色模式',
  darkModeSwitchTitle: '切换到深色模式',
  sidebarMenuLabel: '菜单',
  returnToTopLabel: '返回顶部',
  langMenuLabel: '切换语言',
  skipToContentLabel: '跳转到内容',
};

const searchWords = {
  button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
  modal: {
    displayDetails: '显示详细列表',
    resetButtonTitle: '清除查询',
    backButtonTitle: '关闭搜索',
    noResultsText: '没有结果',
    footer: { selectText: '选择', navigateText: '切换', closeText: '关闭' },
  },
};

export default defineConfig({
  title: 'alibaba-pca-issuer',
  description: 'Certificates from Alibaba Cloud Private CA for Kubernetes, through cert-manager',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/icon.svg' }]],
  cacheDir: '../.cache/vitepress',
  transformPageData: ({ filePath }) => ({ otherLanguage: otherLanguageOf(filePath) }),
  vite: {
    resolve: {
      alias: [
        { find: /^.*\/composables\/langs$/, replacement: fileURLToPath(new URL('languages.ts', import.meta.url)) },
      ],
    },
  },
  rewrites: (page) => page.replace(/(^|\/)README\.md$/, '$1index.md'),
  markdown: {
    anchor: { slugify: anchorOf },
    // Shown as it is: the highlighter has no grammar of it.
    languages: [{ name: 'promql', scopeName: 'source.promql', patterns: [], repository: {} }],
    config: (markdown) => rewriteLinks(markdown, sources),
  },
  locales: {
    root: { label: english.label, lang: english.lang },
    zh: {
      label: chinese.label,
      lang: chinese.lang,
      description: '通过 cert-manager 为 Kubernetes 颁发阿里云私有 CA 证书',
      themeConfig: chineseWords,
    },
  },
  themeConfig: {
    logo: '/icon.svg',
    nav: [
      { text: 'Quick start', link: '/quick-start.html' },
      { text: 'Troubleshooting', link: '/troubleshooting.html' },
      { text: 'Issuer reference', link: '/issuer-reference.html' },
    ],
    outline: { level: [2, 3] },
    sidebar: { ...sidebar(english), ...sidebar(chinese) },
    search: {
      provider: 'local',
      options: { miniSearch: { options: { tokenize } }, locales: { zh: { translations: searchWords } } },
    },
  },
});
