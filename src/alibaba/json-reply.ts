// The JSON of a reply, which anybody's endpoint may have written: what it costs to parse is bounded before it is parsed.

/** The object in a body, or what is wrong with the body: the rest of a sentence, which does not quote it. */
export type JsonReply =
  | { readonly kind: 'ok'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'malformed'; readonly detail: string };

// A page of 50 certificates has two thousand. Parsing 4 MiB of texts takes some milliseconds, but of values and names a third of
// a second, in which nobody else is served.
const mostValues = 10_000;
// Octets of brackets, numbers, and the blanks between them.
const mostBesideTexts = 512 * 1024;

/** Reads the body of a reply, in UTF-8. Of 4 MiB that takes some 25 ms at most. */
export function readJsonReply(bytes: Buffer): JsonReply {
  const excess = excessOf(bytes);
  if (excess !== undefined) return malformed(`the body holds more ${excess} than any that it sends`);
  const text = bytes.toString('utf8');
  if (text.trim() === '') return malformed('the body is empty');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { kind: 'ok', body: value as Readonly<Record<string, unknown>> };
  } catch {
    // The parser's own message quotes the body.
  }
  return malformed('the body is not a JSON object');
}

/**
 * What a body holds too much of. Each value but the first comes after a comma or an opening bracket; all of these are single
 * octets in UTF-8, and octets are looked through several times as fast as the characters of a text.
 */
function excessOf(bytes: Buffer): string | undefined {
  const { length } = bytes;
  let values = 0;
  let besideTexts = 0;
  for (let index = 0; index < length; index += 1) {
    const octet = bytes[index];
    besideTexts += 1;
    if (octet === 0x22) index = endOfText(bytes, index + 1);
    else if (octet === 0x2c || octet === 0x5b || octet === 0x7b) values += 1;
    if (values > mostValues) return 'values';
    if (besideTexts > mostBesideTexts) return 'beside its texts';
  }
  return undefined;
}

/** Where the text ends that begins at `start`: at its closing quotation mark. */
function endOfText(bytes: Buffer, start: number): number {
  const { length } = bytes;
  let index = start;
  for (let octet = bytes[index]; index < length && octet !== 0x22; octet = bytes[index])
    index += octet === 0x5c ? 2 : 1;
  return index;
}

function malformed(detail: string): JsonReply {
  return { kind: 'malformed', detail };
}
