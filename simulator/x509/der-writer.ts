// A small DER writer: just the ASN.1 types that X.509 certificates need. Every function returns one complete element.
/** The tags that certificates and signing requests use. */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nullValue: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element of any tag; `contents` are joined. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const content of contents) length += content.length;
  const header = elementHeader(tag, length);
  return Buffer.concat([header, ...contents], header.length + length);
}

function elementHeader(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.from([tag, length]);
  if (length < 0x100) return Buffer.from([tag, 0x81, length]);
  if (length < 0x10000) return Buffer.from([tag, 0x82, length >> 8, length & 0xff]);
  return Buffer.from([tag, 0x83, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff]);
}

/** SEQUENCE of the given elements. */
export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return element(derTag.sequence, ...contents);
}

/** SET of the given elements (the caller orders them). */
export function set(...contents: readonly Uint8Array[]): Buffer {
  return element(derTag.set, ...contents);
}

/** A non-negative INTEGER from big-endian bytes; superfluous zeros are dropped, a sign byte is added where needed. */
export function unsignedInteger(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const magnitude = bytes.subarray(start);
  const needsSign = ((magnitude[0] ?? 0) & 0x80) !== 0;
  return needsSign
    ? element(derTag.integer, Buffer.of(0), magnitude)
    : element(derTag.integer, magnitude.length === 0 ? Buffer.of(0) : magnitude);
}

/** BOOLEAN TRUE; DER leaves out FALSE wherever it is the default. */
export const booleanTrue: Buffer = element(derTag.boolean, Buffer.of(0xff));

/** OBJECT IDENTIFIER from its dotted form, which must have been checked before (see `isObjectIdentifier`). */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map((arc) => BigInt(arc));
  const bytes: number[] = [];
  for (const arc of [first * 40n + second, ...rest]) bytes.push(...base128(arc));
  return element(derTag.objectIdentifier, Buffer.from(bytes));
}

function base128(value: bigint): number[] {
  const digits = [Number(value & 0x7fn)];
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) digits.unshift(Number(rest & 0x7fn) | 0x80);
  return digits;
}

/** Whether the text is a dotted object identifier that can be encoded. */
export function isObjectIdentifier(text: string): boolean {
  if (text.length > 200 || !/^[0-2](\.(0|[1-9]\d*)){2,}$/.test(text)) return false;
  const [first, second = ''] = text.split('.');
  return first === '2' || (second.length <= 2 && Number(second) < 40);
}

/** A character string of the given tag. */
export function text(tag: number, value: string): Buffer {
  return element(tag, Buffer.from(value, tag === derTag.utf8String ? 'utf8' : 'latin1'));
}

/** OCTET STRING. */
export function octetString(...contents: readonly Uint8Array[]): Buffer {
  return element(derTag.octetString, ...contents);
}

/** BIT STRING of whole bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return element(derTag.bitString, Buffer.of(0), bytes);
}

/** BIT STRING of named bits (bit 0 first), trailing zero bits dropped as DER asks. */
export function namedBits(bits: readonly number[]): Buffer {
  const highest = Math.max(...bits);
  const bytes = Buffer.alloc((highest >> 3) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return element(derTag.bitString, Buffer.of(7 - (highest & 7)), bytes);
}

/** Time as X.509 asks: UTCTime through 2049, GeneralizedTime after; whole seconds. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050
    ? element(derTag.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : element(derTag.generalizedTime, Buffer.from(digits, 'latin1'));
}

/** A context-specific tag around whole elements (constructed) or raw bytes (primitive). */
export function contextual(
  number: number,
  form: 'constructed' | 'primitive',
  ...contents: readonly Uint8Array[]
): Buffer {
  return element((form === 'constructed' ? 0xa0 : 0x80) | number, ...contents);
}
