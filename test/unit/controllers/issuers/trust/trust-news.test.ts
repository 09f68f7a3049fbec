// What is told of a change of what clients must trust.
import { expect, it } from 'vitest';
import type { TrustStatus } from '../../../../../src/controllers/issuers/trust/issuer-trust.ts';
import { trustNews } from '../../../../../src/controllers/issuers/trust/trust-news.ts';

const notAfter = '2046-01-01T00:00:00Z';
const entry = (name: string, more: object = {}): TrustStatus['certificates'][number] => ({
  sha256Fingerprint: `AB:${name}`,
  subject: `CN=${name}`,
  notAfter,
  ...more,
});
const former = { former: true, neededUntil: '2027-01-01T00:00:00Z' };
const trust = (...certificates: TrustStatus['certificates']): TrustStatus => ({ bundle: '', certificates });
const configMap = { namespace: 'mesh', name: 'roots', key: 'ca.crt' };

it('is nothing for a first bundle, and for one with the same certificates', () => {
  const one = trust(entry('A'));
  expect([
    trustNews(undefined, one),
    trustNews(one, undefined),
    trustNews(one, { ...one, configMap }),
    trustNews(trust(entry('A', former)), trust(entry('A'))),
  ]).toEqual([undefined, undefined, undefined, undefined]);
});

it('names what is new, what is former and until when, and what is taken out', () => {
  expect([
    trustNews(trust(entry('A'), entry('B', former)), { ...trust(entry('C'), entry('A', former)), configMap }),
    trustNews(trust(entry('C'), entry('A', former)), trust(entry('C'))),
  ]).toEqual([
    {
      isToBeTrusted: true,
      text: 'What clients must trust has changed in status.trust of the issuer and ConfigMap "mesh/roots" (key "ca.crt"). New: "CN=C" (SHA-256 AB:C). Former: "CN=A" (SHA-256 AB:A) until 2027-01-01T00:00:00Z. Taken out: "CN=B" (SHA-256 AB:B). Give what is new to clients that do not read it there.',
    },
    {
      isToBeTrusted: false,
      text: 'What clients must trust has changed in status.trust of the issuer. Taken out: "CN=A" (SHA-256 AB:A).',
    },
  ]);
});

it('keeps whole fingerprints and the advice within the bytes of an event', () => {
  const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');
  const many = Array.from({ length: 64 }, (_, index) =>
    entry('x'.repeat(1024), { sha256Fingerprint: `${index}:${fingerprint}` }),
  );
  const news = trustNews(trust(entry('A')), trust(entry('A'), ...many));
  expect({
    bytes: Buffer.byteLength(news?.text ?? '') <= 1024,
    fingerprints: news?.text.match(/SHA-256 \d:(?:AB:?){32}\)/g)?.length,
    end: news?.text.slice(-68),
  }).toEqual({
    bytes: true,
    fingerprints: 3,
    end: ' and 61 more. Give what is new to clients that do not read it there.',
  });
});
