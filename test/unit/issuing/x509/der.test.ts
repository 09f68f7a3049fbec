import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  bitStringOf,
  booleanOf,
  childrenOf,
  decodeDer,
  integerOf,
  oidOf,
  sequenceOf,
} from '../../../../src/issuing/x509/der.ts';
import type { DerElement } from '../../../../src/issuing/x509/der.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** Walks every element, as deep as the reader allows. */
function walk(element: DerElement): number {
  if ((element.tag & 0x20) === 0) return 1;
  return childrenOf(element).reduce((sum, child) => sum + walk(child), 1);
}

describe('reading DER', () => {
  test.each([
    ['nothing', '', 'the bytes end too early'],
    ['a tag without a length', '30', 'the bytes end too early'],
    ['an indefinite length', '30 80 00 00', 'an element has an indefinite length'],
    ['a length beyond the end', '30 03 02 01', 'an element is longer than what holds it'],
    ['a child beyond its parent', '30 03 02 05 01 01 01', 'bytes follow after the end'],
    ['a long form for a short length', '30 81 03 02 01 00', 'a length is not written minimally'],
    ['a length with a leading zero', `30 82 00 80 ${'00'.repeat(128)}`, 'a length is not written minimally'],
    ['a length of five octets', '30 85 01 00 00 00 00', 'an element is longer than what holds it'],
    ['a long tag', '3f 81 01 00', 'an element has a long tag'],
    ['bytes after the end', '30 00 00', 'bytes follow after the end'],
    [
      'deep nesting',
      '30 22 30 20 30 1e 30 1c 30 1a 30 18 30 16 30 14 30 12 30 10 30 0e 30 0c 30 0a 30 08 30 06 30 04 30 02 30 00',
      'elements are nested deeper than 16',
    ],
  ])('%s is malformed', (_, hex, message) => {
    expect(decodeDer(bytes(hex), walk)).toEqual({ kind: 'malformed', message });
  });

  test.each<[string, string, (root: DerElement) => unknown, unknown]>([
    ['an object identifier', '06 03 55 1d 11', (root) => oidOf(root, 'it'), '2.5.29.17'],
    ['a long arc', '06 09 2a 86 48 86 f7 0d 01 09 0e', (root) => oidOf(root, 'it'), '1.2.840.113549.1.9.14'],
    ['the largest arc', '06 06 69 87 ff ff ff 7f', (root) => oidOf(root, 'it'), '2.25.2147483647'],
    ['a first arc of 2', '06 02 88 37', (root) => oidOf(root, 'it'), '2.999'],
    ['a boolean', '01 01 ff', (root) => booleanOf(root, 'it'), true],
    ['an integer', '02 02 00 80', (root) => integerOf(root, 'it').toString('hex'), '0080'],
    ['a bit string', '03 02 05 a0', (root) => bitStringOf(root, 'it').unused, 5],
    ['a sequence', '30 06 02 01 00 02 01 01', (root) => sequenceOf(root, 'it').length, 2],
  ])('%s is read', (_, hex, read, value) => {
    expect(decodeDer(bytes(hex), read)).toEqual({ kind: 'ok', value });
  });

  test.each<[string, string, (root: DerElement) => unknown, string]>([
    ['a boolean of BER', '01 01 01', (root) => booleanOf(root, 'it'), 'it is not a boolean'],
    [
      'an integer with a superfluous zero',
      '02 02 00 01',
      (root) => integerOf(root, 'it'),
      'it is not written minimally',
    ],
    ['an empty integer', '02 00', (root) => integerOf(root, 'it'), 'it is not an integer'],
    ['an unfinished identifier', '06 02 55 80', (root) => oidOf(root, 'it'), 'it is not an object identifier'],
    ['an arc with a leading zero', '06 03 55 80 01', (root) => oidOf(root, 'it'), 'it is not an object identifier'],
    ['unused bits that are set', '03 02 05 bf', (root) => bitStringOf(root, 'it'), 'it is not a bit string'],
    ['a bit string without octets', '03 00', (root) => bitStringOf(root, 'it'), 'it is not a bit string'],
    ['another type', '04 00', (root) => sequenceOf(root, 'it'), 'it has the wrong type'],
  ])('%s is malformed', (_, hex, read, message) => {
    expect(decodeDer(bytes(hex), read)).toEqual({ kind: 'malformed', message });
  });

  test('any bytes are either one element that fills them, or malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        const buffer = Buffer.from(octets);
        const result = decodeDer(buffer, (root) => [walk(root), root.raw.length]);
        if (result.kind === 'ok') expect(result.value[1]).toBe(buffer.length);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  test('an error that is not about the bytes is not swallowed', () => {
    expect(() =>
      decodeDer(bytes('30 00'), () => {
        throw new TypeError('a defect');
      }),
    ).toThrow('a defect');
  });
});
