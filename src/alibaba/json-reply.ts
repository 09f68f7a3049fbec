// The JSON of a reply, which anybody's endpoint may have written: what it costs to parse is bounded before it is parsed.

/** The object in a body, or what is wrong with the body: the rest of a sentence, which does not quote it. */
export type JsonReply =
  | { readonly kind: 'ok'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'malformed'; readonly detail: string };

// A page of 50 certificates has two thousand. Parsing 4 MiB of texts takes some milliseconds, but of values and names a third of
// a second, in which nobody else is served.
const mostValues = 20_000;

/** Reads the body of a reply. */
export function readJsonReply(text: string): JsonReply {
  if (text.trim() === '') return malformed('the body is empty');
  if (hasManyValues(text)) return malformed('the body holds more values than any that it sends');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { kind: 'ok', body: value as Readonly<Record<string, unknown>> };
  } catch {
    // The parser's own message quotes the body.
  }
  return malformed('the body is not a JSON object');
}

/** Whether a text holds more values than a reply does; each but the first comes after a comma or an opening bracket. */
function hasManyValues(text: string): boolean {
  let values = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (isQuoted && character === 0x5c) index += 1;
    else if (character === 0x22) isQuoted = !isQuoted;
    else if (!isQuoted && (character === 0x2c || character === 0x5b || character === 0x7b)) values += 1;
    if (values > mostValues) return true;
  }
  return false;
}

function malformed(detail: string): JsonReply {
  return { kind: 'malformed', detail };
}
