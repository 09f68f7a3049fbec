// Which request has which certificate.
import { expect, test } from 'vitest';
import { CertificateClaims } from '../../../../../src/controllers/requests/signing/claims.ts';

const pem = (leaf: string): string => `-----BEGIN CERTIFICATE-----\n${leaf}\n-----END CERTIFICATE-----\n`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('a certificate is given to one request, and to that one again', () => {
  const claims = new CertificateClaims();
  expect([
    claims.take('one', pem('a')),
    claims.take('one', pem('a')),
    claims.take('two', pem('a')),
    claims.take('two', pem('b')),
  ]).toEqual([true, true, false, true]);
});

test('a certificate in a status is its own, whatever is written below it', () => {
  const claims = new CertificateClaims();
  claims.written('one', base64(pem('a') + pem('ca')));
  expect([claims.take('two', pem('a') + pem('other')), claims.take('one', `${pem('a')}\n`)]).toEqual([false, true]);
});

test('a status without certificate says nothing', () => {
  const claims = new CertificateClaims();
  claims.written('one', undefined);
  claims.written('one', '');
  expect([claims.has('one'), claims.take('two', '')]).toEqual([false, true]);
});

test('of a request it is known that it had a certificate', () => {
  const claims = new CertificateClaims();
  claims.written('one', base64(pem('a')));
  claims.take('two', pem('a'));
  expect(['one', 'two'].map((uid) => claims.has(uid))).toEqual([true, false]);
});

test('the oldest are forgotten first, so that the memory is bounded', () => {
  const claims = new CertificateClaims();
  for (let each = 0; each <= 50_000; each += 1) claims.take(`uid-${each}`, pem(String(each)));
  expect([
    claims.has('uid-0'),
    claims.has('uid-1'),
    claims.take('other', pem('0')),
    claims.take('other', pem('50000')),
  ]).toEqual([false, true, true, false]);
});
