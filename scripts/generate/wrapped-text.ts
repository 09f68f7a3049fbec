// Text broken into lines, for comments of YAML and for Markdown.

// In Markdown a line that starts so would be a list item, a heading or a quotation.
const space = / (?![-+*#>=|] |\d+[.)] )/;

/** The lines of a text of words, each at most `width` long where a word is not longer itself. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(space)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
