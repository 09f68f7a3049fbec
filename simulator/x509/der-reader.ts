// A small, strict DER reader. It never reads beyond its input, does not recurse, and fails with DerError only.
/** A fault of the bytes; the offset is from the start of the outermost input. */
export class DerError extends Error {
  constructor(problem: string, offset: number) {
    super(`${problem} at byte ${offset}`);
    this.name = 'DerError';
  }
}

/** One element: its tag, its whole encoding and its contents, all views of the input. */
export interface DerElement {
  readonly tag: number;
  readonly encoding: Buffer;
  readonly contents: Buffer;
  /** Offset of `encoding` in the outermost input, for messages. */
  readonly offset: number;
}

/** Reads the one element that fills `bytes` exactly; anything after it is an error. */
export function readElement(bytes: Buffer, offset = 0): DerElement {
  const found = elementAt(bytes, 0, offset);
  if (found.encoding.length !== bytes.length) throw new DerError('extra bytes', offset + found.encoding.length);
  return found;
}

/** Reads the elements inside a constructed element. */
export function readChildren(parent: DerElement): DerElement[] {
  if ((parent.tag & 0x20) === 0) throw new DerError('a constructed element was expected', parent.offset);
  const children: DerElement[] = [];
  const base = parent.offset + parent.encoding.length - parent.contents.length;
  let position = 0;
  while (position < parent.contents.length) {
    const child = elementAt(parent.contents, position, base);
    children.push(child);
    position += child.encoding.length;
  }
  return children;
}

function elementAt(bytes: Buffer, position: number, base: number): DerElement {
  const tag = bytes[position];
  const first = bytes[position + 1];
  if (tag === undefined || first === undefined) throw new DerError('the data ends too early', base + bytes.length);
  if ((tag & 0x1f) === 0x1f) throw new DerError('multi-byte tags are not used in X.509', base + position);
  const { length, headerLength } =
    first < 0x80 ? { length: first, headerLength: 2 } : longLength(bytes, position, base);
  const start = position + headerLength;
  if (start + length > bytes.length) throw new DerError('the length goes beyond the data', base + position);
  return {
    tag,
    encoding: bytes.subarray(position, start + length),
    contents: bytes.subarray(start, start + length),
    offset: base + position,
  };
}

function longLength(bytes: Buffer, position: number, base: number): { length: number; headerLength: number } {
  const count = (bytes[position + 1] ?? 0) & 0x7f;
  if (count === 0 || count > 4) throw new DerError('indefinite or oversized length', base + position);
  let length = 0;
  for (let index = 0; index < count; index += 1) {
    const digit = bytes[position + 2 + index];
    if (digit === undefined) throw new DerError('the data ends too early', base + bytes.length);
    length = length * 256 + digit;
  }
  if (length < 0x80 || length < 256 ** (count - 1))
    throw new DerError('length not in its shortest form', base + position);
  return { length, headerLength: 2 + count };
}

/** The element when it has that tag, else DerError naming what was expected. */
export function expectTag(found: DerElement | undefined, tag: number, what: string): DerElement {
  if (found === undefined) throw new DerError(`${what} is missing`, 0);
  if (found.tag !== tag)
    throw new DerError(`${what} has tag 0x${found.tag.toString(16)} instead of 0x${tag.toString(16)}`, found.offset);

  return found;
}

/** The dotted form of an OBJECT IDENTIFIER. */
export function readObjectIdentifier(found: DerElement | undefined): string {
  const { contents, offset } = expectTag(found, 0x06, 'object identifier');
  if (contents.length === 0 || contents.length > 128)
    throw new DerError('object identifier of unusable length', offset);
  const arcs: bigint[] = [];
  let arc = 0n;
  let open = false;
  for (const byte of contents) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    open = (byte & 0x80) !== 0;
    if (!open) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  if (open) throw new DerError('object identifier ends in the middle of an arc', offset);
  const [joined = 0n, ...rest] = arcs;
  const first = joined < 40n ? 0n : joined < 80n ? 1n : 2n;
  return [first, joined - first * 40n, ...rest].join('.');
}

/** The bytes of a BIT STRING that has no unused bits. */
export function readBitString(found: DerElement | undefined, what: string): Buffer {
  const { contents, offset } = expectTag(found, 0x03, what);
  if (contents[0] !== 0) throw new DerError(`${what} has unused bits`, offset);
  return contents.subarray(1);
}
