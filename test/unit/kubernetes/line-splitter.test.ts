import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { LineSplitter } from '../../../src/kubernetes/line-splitter.ts';

/** Cuts bytes at the given places. */
function chunksOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((one, other) => one - other);
  return [...places, bytes.length].map((place, index) => bytes.subarray(index === 0 ? 0 : places[index - 1], place));
}

describe('LineSplitter', () => {
  test('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.nat(500)), (texts, cuts) => {
        const bytes = Buffer.from(texts.join('\n'));
        const splitter = new LineSplitter(1_000_000);
        const lines = chunksOf(bytes, cuts).flatMap((chunk) => splitter.push(chunk).lines.map(String));
        const all = bytes.toString().split('\n');
        expect(lines).toEqual(all.slice(0, -1).filter((text) => text !== ''));
        expect(splitter.pendingBytes).toBe(Buffer.byteLength(all.at(-1) ?? ''));
      }),
    );
  });

  test.each([
    { case: 'one chunk without an end', chunks: ['12345678901'], lines: [], tooLong: [] },
    { case: 'many chunks without an end', chunks: ['12345', '67890', '1', '\nok\n'], lines: ['ok'], tooLong: [11] },
    { case: 'a long line with its end', chunks: ['ok\n12345678901\nnext\n'], lines: ['ok', 'next'], tooLong: [11] },
    { case: 'a long line ended by a later chunk', chunks: ['1234567890', '1\n'], lines: [], tooLong: [11] },
    { case: 'a line of exactly the limit', chunks: ['12345', '67890\n'], lines: ['1234567890'], tooLong: [] },
  ])('leaves out a line that is too long, and nothing else: $case', ({ chunks, lines, tooLong }) => {
    const splitter = new LineSplitter(10);
    const results = chunks.map((chunk) => splitter.push(Buffer.from(chunk)));
    expect(results.flatMap((result) => result.lines.map(String))).toEqual(lines);
    expect(results.flatMap((result) => result.tooLong)).toEqual(tooLong);
  });
});
