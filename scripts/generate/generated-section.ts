// A part of a hand-written Markdown page that is generated, between two marks.

/** The page with the content between the marks of this name replaced; throws when the page lacks the marks. */
export function replaceSection(page: string, name: string, content: string): string {
  const begin = `<!-- generated: ${name} -->`;
  const end = `<!-- end of generated: ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the page has no section between ${begin} and ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${asItIs(content)}\n\n${page.slice(to)}`;
}

// Prettier would pad tables to the width of their longest cell and rewrap the rest.
function asItIs(content: string): string {
  return `<!-- prettier-ignore-start -->\n\n${content.trim()}\n\n<!-- prettier-ignore-end -->`;
}

/** A Markdown table; bars inside a cell are escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
