// Headers of programs and libraries, as the running Node has them and as nobody would write them.
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readElf } from '../../../scripts/image/elf.ts';

interface Parts {
  readonly machine?: number;
  readonly needed?: readonly string[];
  readonly strings?: boolean;
}

/** A program with a loader and libraries: headers, then the loader's name, the names, and the dynamic section. */
function elf({ machine = 62, needed = [], strings = true }: Parts = {}): Uint8Array {
  const loader = '/lib/loader.so\0';
  const table = `\0${needed.map((name) => `${name}\0`).join('')}`;
  const at = { loader: 64 + 3 * 56, table: 64 + 3 * 56 + loader.length, dynamic: 512 };
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x7f_45_4c_46);
  view.setUint16(4, 0x02_01);
  view.setUint16(18, machine, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(56, 3, true);
  const segment = (index: number, type: number, offset: number, address: number, size: number): void => {
    view.setUint32(64 + index * 56, type, true);
    view.setBigUint64(64 + index * 56 + 8, BigInt(offset), true);
    view.setBigUint64(64 + index * 56 + 16, BigInt(address), true);
    view.setBigUint64(64 + index * 56 + 32, BigInt(size), true);
  };
  // Loaded elsewhere than it lies in the file.
  segment(0, 1, 0, 0x40_00_00, 1024);
  segment(1, 3, at.loader, 0, loader.length);
  const entries: [number, number][] = needed.map((_, index) => [
    1,
    1 + needed.slice(0, index).reduce((sum, name) => sum + name.length + 1, 0),
  ]);
  if (strings) entries.push([5, 0x40_00_00 + at.table]);
  segment(2, 2, at.dynamic, 0, entries.length * 16);
  for (const [index, [tag, value]] of entries.entries()) {
    view.setBigUint64(at.dynamic + index * 16, BigInt(tag), true);
    view.setBigUint64(at.dynamic + index * 16 + 8, BigInt(value), true);
  }
  bytes.set(new TextEncoder().encode(loader), at.loader);
  bytes.set(new TextEncoder().encode(table), at.table);
  return bytes;
}

describe('an ELF file', () => {
  it('says where it runs, who loads it and what it needs', () => {
    const needed = ['libc.so.6', 'libm.so.6'];
    expect(readElf(elf({ machine: 183, needed }))).toEqual({
      architecture: 'arm64',
      interpreter: '/lib/loader.so',
      needed,
    });
  });

  it('is read as the Node that runs this is, on Linux', () => {
    const { platform, arch, execPath } = process;
    if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) return;
    const read = readElf(readFileSync(execPath));
    expect(read).toEqual({
      architecture: arch === 'x64' ? 'amd64' : 'arm64',
      interpreter: arch === 'x64' ? '/lib64/ld-linux-x86-64.so.2' : '/lib/ld-linux-aarch64.so.1',
      needed: expect.arrayContaining(['libc.so.6', 'libstdc++.so.6']) as readonly string[],
    });
  });

  it.each([
    ['nothing', new Uint8Array(), 'It is no whole ELF file.'],
    ['a text', new TextEncoder().encode('#!/bin/sh'), 'It is no ELF file for 64 bits.'],
    ['one for other processors', elf({ machine: 40 }), 'It is for another kind of processor (ELF machine 40).'],
    [
      'one without names',
      elf({ needed: ['libc.so.6'], strings: false }),
      'It has a dynamic section without a table of strings.',
    ],
    ['one that is cut off', elf({ needed: ['libc.so.6'] }).subarray(0, 400), 'It is no whole ELF file.'],
  ])('is refused as %s', (_, content, message) => {
    expect(() => readElf(content)).toThrow(message);
  });

  it('is read or refused in a sentence, whatever is damaged', () => {
    const whole = elf({ needed: ['libc.so.6', 'libm.so.6'] });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(whole.length),
        (damage, length) => {
          const content = whole.slice(0, length);
          for (const [at, value] of damage) content[at] = value;
          try {
            readElf(content);
          } catch (error) {
            expect(String(error)).toMatch(/^Error: It (?:is|has) .*\.$/);
          }
        },
      ),
    );
  });
});
