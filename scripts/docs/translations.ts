// Translated pages: each names in its front matter the English page that it was made from, with a digest of its text, and has
// the same blocks, byte for byte. Generated sections are not translated, so they count on neither side.
import { createHash } from 'node:crypto';

/** What a translated page was made from. */
export interface Source {
  /** The English page, relative to docs/. */
  readonly page: string;
  /** Digest of {@link digestOf}. */
  readonly digest: string;
}

const frontMatter = /^---\nenglish: (.+)\nsha256: (.+)\n---\n/;
const generated = /<!-- generated: [^>]+ -->[\s\S]*?<!-- end of generated: [^>]+ -->\n*/g;
const fence = /^ *```\w*\n[\s\S]*?^ *```$/gm;

/** What the front matter of a translated page says; undefined without one. */
export function sourceOf(translation: string): Source | undefined {
  const found = frontMatter.exec(translation);
  return found === null ? undefined : { page: found[1] ?? '', digest: found[2] ?? '' };
}

/** SHA-256 of the text of an English page without what is generated. */
export function digestOf(page: string): string {
  return createHash('sha256').update(page.replaceAll(generated, '')).digest('hex');
}

/** The fenced blocks of a page with their fences, without what is generated. */
export function fencesOf(page: string): readonly string[] {
  return page.replaceAll(generated, '').match(fence) ?? [];
}

/** What a page shows as code within its text, such as fields, flags and metrics. */
export function codeOf(page: string): readonly string[] {
  return [...page.replaceAll(fence, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** A translated page with the digest of the English page; with its blocks too, where both have as many. */
export function renewed(translation: string, { page, text }: { readonly page: string; readonly text: string }): string {
  const blocks = fencesOf(text);
  const body = translation.replace(frontMatter, '');
  let next = 0;
  const fenceOrGenerated = new RegExp(`${generated.source}|${fence.source}`, 'gm');
  const renewedBody =
    fencesOf(body).length === blocks.length
      ? body.replaceAll(fenceOrGenerated, (old) => (old.startsWith('<!--') ? old : (blocks[next++] ?? old)))
      : body;
  return `---\nenglish: ${page}\nsha256: ${digestOf(text)}\n---\n${renewedBody}`;
}
