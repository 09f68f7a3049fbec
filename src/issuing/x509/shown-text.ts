// Text from outside as messages show it: one line, nothing invisible, never longer than a reader reads.

const longestText = 256;
const longestList = 5;

/** The text with control characters, and those that change direction or line, written as escapes such as `\u202e`. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

/** The text, visible and cut to `limit` characters. */
export function shownText(text: string, limit = longestText): string {
  const escaped = visible(text.slice(0, limit));
  return text.length <= limit && escaped.length <= limit ? escaped : `${escaped.slice(0, limit - 1).toWellFormed()}…`;
}

/** `a, b, c and 397 more`: the first `limit` items, each visible and cut; `none` where there are none. */
export function shownList(items: readonly string[], limit = longestList): string {
  if (items.length === 0) return 'none';
  const shown = items
    .slice(0, limit)
    .map((item) => shownText(item))
    .join(', ');
  return items.length > limit ? `${shown} and ${items.length - limit} more` : shown;
}
