// What a program or shared library for Linux says of itself: where it runs, who loads it, and what it needs. Pure.
// Layout: System V ABI, chapters 4 and 5 (ELF-64, little-endian).
import type { Architecture } from '../../control-plane/driver/oci/archive.ts';

/** The header and the dynamic section of an ELF file. */
export interface Elf {
  readonly architecture: Architecture;
  /** Absolute path of the dynamic loader; undefined for a library. */
  readonly interpreter: string | undefined;
  /** File names of the libraries that it is linked with. */
  readonly needed: readonly string[];
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

const magic = 0x7f_45_4c_46;
const class64LittleEndian = 0x02_01;
const machines = new Map<number, Architecture>([
  [62, 'amd64'],
  [183, 'arm64'],
]);
const segmentTypes = { load: 1, dynamic: 2, interpreter: 3 };
const segmentBytes = 56;
const dynamicTags = { end: 0, needed: 1, strings: 5 };
const dynamicBytes = 16;

/** Reads an ELF file; throws where it is none, is cut off, or is for another kind of processor. */
export function readElf(content: Uint8Array): Elf {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  try {
    return read(view);
  } catch (error) {
    if (error instanceof RangeError) throw new Error('It is no whole ELF file.', { cause: error });
    throw error;
  }
}

function read(view: DataView): Elf {
  if (view.getUint32(0) !== magic || view.getUint16(4) !== class64LittleEndian)
    throw new Error('It is no ELF file for 64 bits.');
  const machine = view.getUint16(18, true);
  const architecture = machines.get(machine);
  if (architecture === undefined) throw new Error(`It is for another kind of processor (ELF machine ${machine}).`);
  const segments = segmentsOf(view);
  const interpreter = segments.find(({ type }) => type === segmentTypes.interpreter);
  const dynamic = segments.find(({ type }) => type === segmentTypes.dynamic);
  return {
    architecture,
    interpreter: interpreter === undefined ? undefined : stringAt(view, interpreter.offset),
    needed: dynamic === undefined ? [] : neededOf(view, dynamic, segments),
  };
}

function segmentsOf(view: DataView): readonly Segment[] {
  const start = offsetAt(view, 32);
  return Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const at = start + index * segmentBytes;
    return {
      type: view.getUint32(at, true),
      offset: offsetAt(view, at + 8),
      address: offsetAt(view, at + 16),
      size: offsetAt(view, at + 32),
    };
  });
}

function neededOf(view: DataView, dynamic: Segment, segments: readonly Segment[]): readonly string[] {
  const names: number[] = [];
  let strings: number | undefined;
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += dynamicBytes) {
    const tag = offsetAt(view, at);
    if (tag === dynamicTags.end) break;
    if (tag === dynamicTags.needed) names.push(offsetAt(view, at + 8));
    if (tag === dynamicTags.strings) strings = fileOffset(offsetAt(view, at + 8), segments);
  }
  if (names.length === 0) return [];
  if (strings === undefined) throw new Error('It has a dynamic section without a table of strings.');
  const table = strings;
  return names.map((name) => stringAt(view, table + name));
}

/** Where in the file an address of the loaded program lies. */
function fileOffset(address: number, segments: readonly Segment[]): number | undefined {
  const holder = segments.find(
    (each) => each.type === segmentTypes.load && address >= each.address && address < each.address + each.size,
  );
  return holder === undefined ? undefined : holder.offset + (address - holder.address);
}

function offsetAt(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function stringAt(view: DataView, start: number): string {
  let end = start;
  while (view.getUint8(end) !== 0) end += 1;
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + start, end - start));
}
