import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formatDuration, parseDuration } from '../../../src/issuing/duration.ts';

describe('durations', () => {
  test.each([
    ['2160h0m0s', 7_776_000],
    ['1h30m', 5400],
    ['896h', 3_225_600],
    ['0', 0],
    ['0s', 0],
    ['1.5h', 5400],
    ['.5m', 30],
    ['1.s', 1],
    ['1500ms', 1],
    ['1s999999999ns', 1],
    ['1000000µs', 1],
    ['1000000μs', 1],
    ['1000000us', 1],
    ['+1m', 60],
    ['-1m', -60],
    ['-0.5s', 0],
    ['2562047h47m16s', 9_223_372_036],
  ])('%s is %d whole seconds', (text, seconds) => {
    expect(parseDuration(text)).toEqual({ kind: 'ok', seconds });
  });

  test.each(['', ' ', '90', '1d', 'h', '.h', '1h ', '1 h', '1h-1m', '--1h', '1H', '1e3s', '٣h', 'NaN'])(
    '"%s" is not a duration',
    (text) => {
      const message = `${JSON.stringify(text)} is not a duration; write hours, minutes and seconds, such as 2160h or 1h30m`;
      expect(parseDuration(text)).toEqual({ kind: 'malformed', message });
    },
  );

  test.each([
    ['2562047h47m17s', 'it is longer than 292 years, the longest duration in Go'],
    [`${'9'.repeat(60)}h`, 'it is longer than 292 years, the longest duration in Go'],
    ['1'.repeat(65), 'it is longer than 64 characters'],
  ])('%s is too long', (text, message) => {
    expect(parseDuration(text)).toEqual({ kind: 'malformed', message });
  });

  test.each([
    [0, '0s'],
    [59, '59s'],
    [60, '1m0s'],
    [3600, '1h0m0s'],
    [7_776_001, '2160h0m1s'],
    [-90, '-1m30s'],
  ])('%d seconds are written as Go does: %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  test('what is written is read back as the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9_223_372_036, max: 9_223_372_036 }), (seconds) => {
        expect(parseDuration(formatDuration(seconds))).toEqual({ kind: 'ok', seconds });
      }),
      { seed: 2 },
    );
  });
});
