// Writes the few DER types of a request that must equal cert-manager's to the octet.

/** One element: tag, length, contents. */
export function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

/** SEQUENCE. */
export function derSequence(...elements: readonly Buffer[]): Buffer {
  return der(0x30, ...elements);
}

/** SET OF: the elements in the order of their octets. */
export function derSet(...elements: readonly Buffer[]): Buffer {
  return der(0x31, ...elements.toSorted((a, b) => Buffer.compare(a, b)));
}

/** PrintableString where the text allows it, else UTF8String, as Go chooses (encoding/asn1). */
export function derText(text: string): Buffer {
  return der(/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text) ? 0x13 : 0x0c, Buffer.from(text));
}

/** OBJECT IDENTIFIER; undefined when the text is none. */
export function derOid(text: string): Buffer | undefined {
  if (text.length > 128 || !/^[0-2](\.(0|[1-9]\d*))+$/.test(text)) return undefined;
  const [first = 0n, second = 0n, ...rest] = text.split('.').map(BigInt);
  if (first < 2n && second > 39n) return undefined;
  return der(0x06, Buffer.from([first * 40n + second, ...rest].flatMap(base128)));
}

function base128(value: bigint): number[] {
  const digits = [Number(value & 0x7fn)];
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) digits.unshift(Number(rest & 0x7fn) | 0x80);
  return digits;
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const octets = Buffer.from(length.toString(16).padStart(length > 0xffff ? 6 : length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.of(0x80 | octets.length), octets]);
}
