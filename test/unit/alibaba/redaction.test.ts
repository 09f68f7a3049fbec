// What text from the service looks like before it may be shown.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactorOf } from '../../../src/alibaba/redaction.ts';
import { cpuMs } from '../../support/cpu-time.ts';

const redact = redactorOf(['top/secret+value', undefined]);

test.each([
  ['plain text', 'Request was denied due to user flow control.', 'Request was denied due to user flow control.'],
  ['a secret', 'key top/secret+value is wrong', 'key <omitted> is wrong'],
  ['a secret in URL form', 'key top%2Fsecret%2Bvalue', 'key <omitted>'],
  ['a PEM block', 'csr -----BEGIN X-----\nAAA\n-----END X----- bad', 'csr <omitted> bad'],
  ['a PEM block cut short', 'csr -----BEGIN X-----\nAAA', 'csr <omitted>'],
  ['a URL', 'POST https://cas.aliyuncs.com/?Csr=MII failed', 'POST <omitted> failed'],
  ['a URL behind other characters', 'at 9+https://cas.aliyuncs.com/?Csr=MII failed', 'at <omitted> failed'],
  ['a long run behind a mark', `token:${'aB3+'.repeat(10)} end`, 'token:<omitted> end'],
  ['an echoed request', 'no match, server string to sign is:POST\nx', 'no match, <omitted>'],
  ['a long opaque run', `token ${'aB3+'.repeat(12)} end`, 'token <omitted> end'],
  [
    'a UUID and a DNS name',
    '1ed4c2a0-3f5b-4c8e-9d7a-0123456789ab a.example.com',
    '1ed4c2a0-3f5b-4c8e-9d7a-0123456789ab a.example.com',
  ],
  ['control characters and lines', 'a\u0000\r\n\tb\u202ec', 'a b c'],
])('%s', (_name, text, expected) => {
  expect(redact(text, 200)).toBe(expected);
});

test('is bounded', () => {
  expect(redact('word '.repeat(100), 20)).toBe('word word word word…');
});

test('no planted value survives, wherever it stands', () => {
  const secret = fc.string({ minLength: 10, maxLength: 40 }).filter((value) => !'<omitted>'.includes(value.trim()));
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      const clean = redactorOf([value])(before + value + after + encodeURIComponent(value), 500);
      expect(clean.includes(value)).toBe(false);
      expect(clean.length).toBeLessThanOrEqual(500);
    }),
  );
});

test.each([
  ['letters and dots', 'a.'],
  ['dashes', '-----BEGIN '],
  ['all but long runs', `${'a'.repeat(39)} `],
  ['a secret', 'top/secret+value '],
  ['half an echo', 'server canonical '],
  ['control characters', '\u202e'],
])('a megabyte of %s is no work', (_name, unit) => {
  const text = unit.repeat(1_048_576 / unit.length);
  expect(cpuMs(() => redact(text, 240), 20)).toBeLessThan(20);
});
