// A small strict reader of DER: definite minimal lengths, low tag numbers, exact bounds, a cap on depth.
// Readers throw DerError inside decodeDer(), which alone catches it: every other caller gets the outcome as a value.

/** Where an element lies in `bytes`: its identifier, its content, and the octet after it. */
interface Place {
  readonly bytes: Buffer;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

/** One element. Views of its octets are made when they are asked for: most elements are only walked over. */
export class DerElement {
  /** The whole identifier octet. */
  readonly tag: number;
  readonly depth: number;
  readonly #place: Place;

  constructor(place: Place, tag: number, depth: number) {
    this.tag = tag;
    this.depth = depth;
    this.#place = place;
  }

  /** Octets of the content. */
  get length(): number {
    return this.#place.end - this.#place.contentStart;
  }

  /** The content, without identifier and length. */
  get content(): Buffer {
    const { bytes, contentStart, end } = this.#place;
    return bytes.subarray(contentStart, end);
  }

  /** All of it, with identifier and length. */
  get raw(): Buffer {
    const { bytes, start, end } = this.#place;
    return bytes.subarray(start, end);
  }

  /** The content as Latin-1. */
  get text(): string {
    const { bytes, contentStart, end } = this.#place;
    return bytes.toString('latin1', contentStart, end);
  }

  /** An octet of the content, the last one for -1; undefined where there is none. */
  octet(index: number): number | undefined {
    const { bytes, contentStart, end } = this.#place;
    const at = index < 0 ? end + index : contentStart + index;
    return at >= contentStart && at < end ? bytes[at] : undefined;
  }

  /** The same with the identifier that an implicit tag stands for. */
  withTag(tag: number): DerElement {
    return new DerElement(this.#place, tag, this.depth);
  }

  /** A SEQUENCE of nothing but this element. */
  inSequence(): DerElement {
    const { bytes, start, end } = this.#place;
    return new DerElement({ bytes, start, contentStart: start, end }, derTags.sequence, this.depth);
  }

  /** The elements inside, whatever the identifier. */
  children(): readonly DerElement[] {
    const { bytes, contentStart, end } = this.#place;
    const children: DerElement[] = [];
    for (let start = contentStart; start < end;) {
      const child = elementAt({ bytes, start, end, depth: this.depth + 1 });
      children.push(child);
      start = child.#place.end;
    }
    return children;
  }

  /** Whether nothing follows after it in what holds it, which is so many octets long. */
  reaches(end: number): boolean {
    return this.#place.end === end;
  }
}

/** The outcome of reading; `message` names the fault of the bytes and never quotes them. */
export type DerResult<T> =
  { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'malformed'; readonly message: string };

/** Thrown by the readers of this file and by the callbacks of decodeDer() for bytes that are not what they should be. */
export class DerError extends Error {}

/** Identifier octets of the universal types that certificates use. */
export const derTags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

const maxDepth = 16;

/** Reads `bytes`, which must be exactly one element, with `read`; malformed bytes become a value. */
export function decodeDer<T>(bytes: Buffer, read: (root: DerElement) => T): DerResult<T> {
  try {
    const root = elementAt({ bytes, start: 0, end: bytes.length, depth: 0 });
    if (!root.reaches(bytes.length)) throw new DerError('bytes follow after the end');
    return { kind: 'ok', value: read(root) };
  } catch (error) {
    if (error instanceof DerError) return { kind: 'malformed', message: error.message };
    throw error;
  }
}

/** The elements inside a constructed element, or inside an OCTET STRING that wraps some. */
export function childrenOf(element: DerElement): readonly DerElement[] {
  if ((element.tag & 0x20) === 0 && element.tag !== derTags.octetString)
    throw new DerError('a constructed element is missing');

  return element.children();
}

/** The elements of a SEQUENCE; `what` names it in the error. */
export function sequenceOf(element: DerElement | undefined, what: string): readonly DerElement[] {
  return childrenOf(expectTag(element, derTags.sequence, what));
}

/** The element itself if it has this tag. */
export function expectTag(element: DerElement | undefined, tag: number, what: string): DerElement {
  if (element === undefined) throw new DerError(`${what} is missing`);
  if (element.tag !== tag) throw new DerError(`${what} has the wrong type`);
  return element;
}

/** The one element that an OCTET STRING wraps. */
export function wrappedIn(element: DerElement, what: string): DerElement {
  const [only, ...rest] = childrenOf(expectTag(element, derTags.octetString, what));
  if (only === undefined || rest.length > 0) throw new DerError(`${what} does not hold exactly one element`);
  return only;
}

// Go's readers take no arc above it, so a type with a larger one has a name here that nobody else gives it.
const largestArc = 2 ** 31 - 1;

/** An OBJECT IDENTIFIER in dotted form. */
export function oidOf(element: DerElement | undefined, what: string): string {
  const id = expectTag(element, derTags.oid, what);
  const { length } = id;
  if ((id.octet(-1) ?? 0x80) >= 0x80 || length > 64) throw new DerError(`${what} is not an object identifier`);
  let dotted = '';
  let arc = 0;
  let started = false;
  for (let index = 0; index < length; index += 1) {
    const octet = id.octet(index) ?? 0;
    if (!started && octet === 0x80) throw new DerError(`${what} is not an object identifier`);
    arc = arc * 128 + (octet & 0x7f);
    if (arc > largestArc) throw new DerError(`${what} is an object identifier with too large a number`);
    started = octet >= 0x80;
    if (started) continue;
    dotted += dotted === '' ? firstArcs(arc) : `.${arc}`;
    arc = 0;
  }
  return dotted;
}

/** The first number of an identifier stands for two arcs. */
function firstArcs(head: number): string {
  const first = head < 80 ? Math.floor(head / 40) : 2;
  return `${first}.${head - first * 40}`;
}

/** A BOOLEAN, which DER writes as 00 or FF only. */
export function booleanOf(element: DerElement, what: string): boolean {
  const flag = expectTag(element, derTags.boolean, what);
  const octet = flag.octet(0);
  if (flag.length !== 1 || (octet !== 0 && octet !== 0xff)) throw new DerError(`${what} is not a boolean`);
  return octet === 0xff;
}

/** The octets of an INTEGER, minimal two's complement. */
export function integerOf(element: DerElement | undefined, what: string): Buffer {
  const { content } = expectTag(element, derTags.integer, what);
  const [first, second] = content;
  if (first === undefined) throw new DerError(`${what} is not an integer`);
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
    throw new DerError(`${what} is not written minimally`);

  return content;
}

/** An INTEGER of at most 64 bits. */
export function smallIntegerOf(element: DerElement | undefined, what: string): bigint {
  const octets = integerOf(element, what);
  if (octets.length > 8) throw new DerError(`${what} is too large`);
  return BigInt.asIntN(octets.length * 8, BigInt(`0x${octets.toString('hex')}`));
}

/** Whether this is the NULL that takes the place of parameters. */
export function isNull(element: DerElement | undefined): boolean {
  return element?.tag === derTags.null && element.length === 0;
}

/** The octets of a BIT STRING and how many bits of the last one are unused. */
export function bitStringOf(
  element: DerElement | undefined,
  what: string,
): { readonly unused: number; readonly octets: Buffer } {
  const { content } = expectTag(element, derTags.bitString, what);
  const unused = content[0] ?? 8;
  const last = content.length > 1 ? (content.at(-1) ?? 0) : 0;
  if (unused > 7 || (content.length === 1 && unused > 0) || (last & ((1 << unused) - 1)) !== 0)
    throw new DerError(`${what} is not a bit string`);

  return { unused, octets: content.subarray(1) };
}

/** The octets of a BIT STRING that has whole ones. */
export function wholeOctetsOf(element: DerElement | undefined, what: string): Buffer {
  const { unused, octets } = bitStringOf(element, what);
  if (unused !== 0) throw new DerError(`${what} is not a whole number of octets`);
  return octets;
}

/** The one element that a BIT STRING wraps. */
export function wrappedInBits(element: DerElement | undefined, what: string): DerElement {
  const octets = wholeOctetsOf(element, what);
  const only = elementAt({ bytes: octets, start: 0, end: octets.length, depth: (element?.depth ?? 0) + 1 });
  if (!only.reaches(octets.length)) throw new DerError(`${what} does not hold exactly one element`);
  return only;
}

/** The element at `start` of `bytes`, which ends at `end` at the latest. */
function elementAt({
  bytes,
  start,
  end: limit,
  depth,
}: Omit<Place, 'contentStart'> & { readonly depth: number }): DerElement {
  if (depth > maxDepth) throw new DerError(`elements are nested deeper than ${maxDepth}`);
  if (start + 2 > limit) throw new DerError('the bytes end too early');
  const tag = bytes[start] ?? 0;
  const first = bytes[start + 1] ?? 0;
  if ((tag & 0x1f) === 0x1f) throw new DerError('an element has a long tag');
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f;
  const contentStart = start + 2 + lengthOctets;
  if (contentStart > limit) throw new DerError('an element is longer than what holds it');
  const end = contentStart + (first < 0x80 ? first : longLength(bytes, start + 2, lengthOctets));
  if (end > limit) throw new DerError('an element is longer than what holds it');
  return new DerElement({ bytes, start, contentStart, end }, tag, depth);
}

function longLength(bytes: Buffer, start: number, octets: number): number {
  if (octets === 0) throw new DerError('an element has an indefinite length');
  if (octets > 4) throw new DerError('an element is longer than what holds it');
  const length = bytes.readUIntBE(start, octets);
  const minimal = length >= 0x80 && length >= 2 ** (8 * (octets - 1));
  if (!minimal) throw new DerError('a length is not written minimally');
  return length;
}
