// Stands in for the theme's composable of languages, which either leads every page to its namesake in the other language, there
// or not, or always to that language's first page. Here the page knows: `otherLanguage`, which config.ts puts into its data.
import { useData } from 'vitepress';
import { computed } from 'vue';
import type { ComputedRef } from 'vue';

/** A language with the address that it leads to. */
interface Link {
  readonly text: string;
  readonly link: string;
}

/** The language of the page with its first page, and where the switch of the page leads. */
export function useLangs(): {
  readonly localeLinks: ComputedRef<readonly Link[]>;
  readonly currentLang: ComputedRef<{ readonly label: string | undefined; readonly link: string }>;
} {
  const { site, localeIndex, page } = useData();
  const home = (language: string): string => (language === 'root' ? '/' : `/${language}/`);
  const currentLang = computed(() => ({
    label: site.value.locales[localeIndex.value]?.label,
    link: home(localeIndex.value),
  }));
  const localeLinks = computed(() => {
    // The page of a wrong address has none.
    const { otherLanguage } = page.value as { readonly otherLanguage?: string };
    return Object.entries(site.value.locales)
      .filter(([language]) => language !== localeIndex.value)
      .map(([language, { label }]) => ({ text: label, link: otherLanguage ?? home(language) }));
  });
  return { localeLinks, currentLang };
}
