// Each form of Validity and what it comes to.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readValidity } from '../../../simulator/issuing/validity.ts';

const now = new Date('2027-01-31T10:20:30.400Z');

describe('Validity', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['1d', '2027-01-31T10:20:30.000Z', '2027-02-01T10:20:30.000Z'],
    ['90d', '2027-01-31T10:20:30.000Z', '2027-05-01T10:20:30.000Z'],
    ['1m', '2027-01-31T10:20:30.000Z', '2027-02-28T10:20:30.000Z'],
    ['12m', '2027-01-31T10:20:30.000Z', '2028-01-31T10:20:30.000Z'],
    ['13m', '2027-01-31T10:20:30.000Z', '2028-02-29T10:20:30.000Z'],
    ['1y', '2027-01-31T10:20:30.000Z', '2028-01-31T10:20:30.000Z'],
    ['10y', '2027-01-31T10:20:30.000Z', '2037-01-31T10:20:30.000Z'],
    ['2027-02-01T00:00:00Z', '2027-01-31T10:20:30.000Z', '2027-02-01T00:00:00.000Z'],
    ['2026-12-31T23:59:59Z/2027-01-31T10:20:31Z', '2026-12-31T23:59:59.000Z', '2027-01-31T10:20:31.000Z'],
  ];
  it.each(rows)('%s is from %s to %s', (text, notBefore, notAfter) => {
    expect(readValidity(text, now)).toEqual({
      kind: 'valid',
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
    });
  });

  const refused = [
    '',
    '0d',
    '-1d',
    '1h',
    '1 d',
    '1D',
    '1d/1d',
    '1.5y',
    '999999d',
    '/',
    'a/b/c',
    '1y/2030-01-01T00:00:00Z',
    '2027-02-30T00:00:00Z',
    '2027-02-01',
    '2027-02-01T00:00:00+08:00',
    '2027-02-01T00:00:00.000Z',
    '2026-01-01T00:00:00Z',
    '2028-01-01T00:00:00Z/2027-06-01T00:00:00Z',
    '2027-02-01T00:00:00Z/2027-02-02T00:00:00Z/2027-02-03T00:00:00Z',
  ];
  it.each(refused)('%j is refused', (text) => {
    expect(readValidity(text, now)).toEqual({ kind: 'refused', message: expect.any(String) });
  });

  it('never throws, and what it accepts ends after it begins', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,6}[ymd]$/)), (text) => {
        const read = readValidity(text, now);
        expect(read.kind === 'refused' || read.notAfter > read.notBefore).toBe(true);
      }),
    );
  });
});
