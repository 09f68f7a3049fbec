// Text from outside in messages: always one line, never longer than it may be.
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { shownList, shownText, visible } from '../../../../src/issuing/x509/shown-text.ts';

const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('text that is shown', () => {
  it.each([
    ['plain', 'plain'],
    ['Zoë 漢字 😀', 'Zoë 漢字 😀'],
    ['a\u0000b\u001b[0m', 'a\\u0000b\\u001b[0m'],
    ['\u202egnp', '\\u202egnp'],
    ['a\nb\u2028c\u0085d', 'a\\u000ab\\u2028c\\u0085d'],
    ['x'.repeat(257), `${'x'.repeat(255)}…`],
    ['x'.repeat(256), 'x'.repeat(256)],
  ])('%j', (text, expected) => {
    expect(shownText(text)).toBe(expected);
  });

  test('whatever it is, it has nothing hidden and is not longer than it may be', () => {
    const text = fc.string({ unit: 'binary', maxLength: 400 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 300 }), (value, limit) => {
        const shown = shownText(value, limit);
        expect([hidden.test(shown), hidden.test(visible(value)), shown.length <= limit]).toEqual([false, false, true]);
      }),
    );
  });
});

describe('a list that is shown', () => {
  it.each<[readonly string[], string]>([
    [[], 'none'],
    [['a'], 'a'],
    [['a', 'b', 'c', 'd', 'e'], 'a, b, c, d, e'],
    [['a', 'b', 'c', 'd', 'e', 'f'], 'a, b, c, d, e and 1 more'],
    [
      Array.from({ length: 400 }, () => '\u202e'),
      `${Array.from({ length: 5 }, () => '\\u202e').join(', ')} and 395 more`,
    ],
  ])('%j', (items, expected) => {
    expect(shownList(items)).toBe(expected);
  });
});
