// DER that is put together by chance, and changes to DER that keep its lengths right or make them odd.
import { generator } from '../../support/sample.ts';
import { tlv } from '../../support/der.ts';

/** Chance that depends on a seed alone. */
export class Chance {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = generator(seed);
  }

  /** An integer from 0 to `below` - 1. */
  below(below: number): number {
    return Math.floor(this.#next() * below);
  }

  /** True so often, from 0 to 1. */
  is(share: number): boolean {
    return this.#next() < share;
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0];
  }

  /** Some of the items, in any order. */
  some<Item>(items: readonly Item[], share: number): readonly Item[] {
    return items
      .filter(() => this.is(share))
      .map((item) => ({ item, order: this.#next() }))
      .toSorted((a, b) => a.order - b.order)
      .map(({ item }) => item);
  }

  octets(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)));
  }
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  const octets = [first * 40n + second, ...rest].flatMap((arc) => {
    const digits = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) digits.unshift(Number(left & 0x7fn) | 0x80);
    return digits;
  });
  return tlv(0x06, Buffer.from(octets));
}

interface Node {
  readonly tag: number;
  readonly content: Buffer;
  readonly children: Node[] | undefined;
  /** Octets before the first child: those of a BIT STRING that wraps one. */
  readonly prefix: Buffer;
  /** The length is written in more octets than needed. */
  readonly padded?: boolean;
}

/** Changes one or a few elements of a DER value, wherever they are nested. */
export function changedTree(der: Buffer, chance: Chance): Buffer {
  const root = nodesOf(der)?.[0];
  if (root === undefined) return der;
  for (let count = chance.pick([1, 1, 1, 2, 3]); count > 0; count -= 1) changeOne(root, chance);
  return encode(root);
}

/** Changes one or a few octets. */
export function changedOctets(der: Buffer, chance: Chance): Buffer {
  const changed = Buffer.from(der);
  for (let count = chance.pick([1, 1, 2, 4]); count > 0; count -= 1) {
    const at = chance.below(changed.length);
    changed[at] = chance.is(0.5) ? (changed[at] ?? 0) ^ (1 << chance.below(8)) : chance.below(256);
  }
  return changed;
}

function nodesOf(bytes: Buffer): Node[] | undefined {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1];
    if (first === undefined || (tag & 0x1f) === 0x1f) return undefined;
    const more = first < 0x80 ? 0 : first & 0x7f;
    if (more > 3 || first === 0x80 || at + 2 + more > bytes.length) return undefined;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    const start = at + 2 + more;
    if (start + length > bytes.length) return undefined;
    nodes.push(nodeOf(tag, bytes.subarray(start, start + length)));
    at = start + length;
  }
  return nodes;
}

function nodeOf(tag: number, content: Buffer): Node {
  const wraps = tag === 0x04 || tag === 0x03;
  const prefix = tag === 0x03 ? content.subarray(0, 1) : Buffer.alloc(0);
  const inner = content.subarray(prefix.length);
  const children = (tag & 0x20) !== 0 || (wraps && inner.length > 1) ? nodesOf(inner) : undefined;
  return { tag, content, children, prefix };
}

function encode(node: Node): Buffer {
  const content =
    node.children === undefined ? node.content : Buffer.concat([node.prefix, ...node.children.map(encode)]);
  if (node.padded !== true) return tlv(node.tag, content);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(content.length);
  return Buffer.concat([Buffer.of(node.tag, 0x84), size, content]);
}

const strayTags = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1b, 0x1c, 0x1e,
] as const;
const strayConstructed = [0x30, 0x31, 0xa0, 0xa1, 0xa2, 0xa3, 0x80, 0x81, 0x82, 0x86, 0x87, 0x88] as const;
const strays = [
  '0500',
  '020100',
  '0101ff',
  '010100',
  '3000',
  '3100',
  '0400',
  '0c0161',
  '8100',
  'a000',
  '3003020100',
  '1c0400000061',
].map((hex) => Buffer.from(hex, 'hex'));

function changeOne(root: Node, chance: Chance): void {
  const parents: Node[] = [];
  const collect = (node: Node): void => {
    if (node.children === undefined) return;
    if (node.children.length > 0) parents.push(node);
    node.children.forEach(collect);
  };
  collect(root);
  const siblings = parents[chance.below(parents.length)]?.children;
  if (siblings === undefined) return;
  const at = chance.below(siblings.length);
  const node = siblings[at];
  if (node === undefined) return;
  const other = chance.below(siblings.length);
  const change = chance.pick<() => void>([
    () => siblings.splice(at, 1),
    () => siblings.splice(other, 0, node),
    () => siblings.splice(at, 1, siblings[other] ?? node),
    () => siblings.splice(0, siblings.length, ...siblings.toReversed()),
    () =>
      siblings.splice(at + chance.below(2), 0, ...(nodesOf(strays[chance.below(strays.length)] ?? node.content) ?? [])),
    () => (siblings[at] = { ...node, tag: chance.pick(chance.is(0.5) ? strayTags : strayConstructed) }),
    () => (siblings[at] = { ...node, tag: node.tag ^ 0x20 }),
    () => (siblings[at] = { ...node, padded: true }),
    () => (siblings[at] = leaf(node, changedContent(node, chance))),
    () => (siblings[at] = leaf(node, changedContent(node, chance))),
    () => (siblings[at] = leaf(node, Buffer.alloc(0))),
    () => (siblings[at] = leaf(node, Buffer.concat([encodedContent(node), chance.octets(1)]))),
    () => (siblings[at] = leaf(node, encodedContent(node).subarray(0, -1))),
    () => (siblings[at] = leaf(node, Buffer.concat([Buffer.of(chance.pick([0, 0xff, 0x80])), encodedContent(node)]))),
  ]);
  change();
}

function leaf(node: Node, content: Buffer): Node {
  return { tag: node.tag, content, children: undefined, prefix: Buffer.alloc(0) };
}

function encodedContent(node: Node): Buffer {
  return node.children === undefined ? node.content : Buffer.concat([node.prefix, ...node.children.map(encode)]);
}

function changedContent(node: Node, chance: Chance): Buffer {
  const content = encodedContent(node);
  return content.length === 0 ? chance.octets(1) : changedOctets(content, chance);
}
