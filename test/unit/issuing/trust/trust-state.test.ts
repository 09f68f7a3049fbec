// How long a certificate stays among those that clients must trust.
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { IssuerSpec } from '../../../../src/crds/issuer.ts';
import { nextTrust } from '../../../../src/issuing/trust/trust-state.ts';
import type { TrustInput, TrustState } from '../../../../src/issuing/trust/trust-state.ts';
import { readCertificates } from '../../../../src/issuing/x509/certificate-chain.ts';
import type { ReadCertificate } from '../../../../src/issuing/x509/certificate.ts';
import { makeCA } from '../../../support/certificates.ts';
import { issuerSpec } from '../../../support/issuing.ts';

const from = new Date('2026-01-01T00:00:00Z');
const until = new Date('2046-01-01T00:00:00Z');
const caEnd = new Date('2036-01-01T00:00:00Z');
const now = new Date('2026-11-23T10:00:00Z');
const [first, second, third] = await Promise.all(
  ['First', 'Second', 'Third'].map(async (name) => read(await makeCA('P-256', { name, from, until }))),
);

function read({ pem }: { readonly pem: string }): ReadCertificate {
  const certificates = readCertificates([pem]);
  if (certificates.kind === 'broken' || certificates.certificates[0] === undefined) throw new Error('unreadable');
  return certificates.certificates[0];
}

const only = (certificate: ReadCertificate | undefined) => ({ trusted: [certificate!], verifying: [certificate!] });
const limited = issuerSpec({ validity: { maxDuration: '2160h', backdate: '0s', onExceed: 'Refuse' } });
const fields = { subject: 'CN=Ca', keyAlgorithm: 'ECC', issuerType: 'local', notAfter: '2036-01-01T00:00:00Z' };

function next(trust: TrustState | undefined, changes: Partial<TrustInput> = {}): TrustState {
  const status = trust === undefined ? undefined : { ca: fields, trust };
  const input = { status, anchors: only(first), ca: { notAfter: caEnd }, spec: issuerSpec(), now, ...changes };
  const found = nextTrust(input);
  if (found === undefined) throw new Error('too many');
  return found;
}

/** Names of the certificates with what is known of each. */
function told({ certificates }: TrustState): readonly string[] {
  return certificates.map(({ subject, neededUntil = 'nothing', former }) =>
    [subject, neededUntil, ...(former === true ? ['former'] : [])].join(' '),
  );
}

const afterChange = (before: IssuerSpec, after: Partial<TrustInput> = {}): readonly string[] =>
  told(next(next(undefined, { spec: before }), { anchors: only(second), spec: before, ...after }));

describe('while a CA of the issuer cannot be asked', () => {
  const both = { trusted: [first!, second!], verifying: [first!] };

  it('what stands for it stays as it is, also where nothing was issued below it yet', () => {
    const before = next(undefined, { anchors: both });
    expect([
      told(before),
      told(next(before, { isPartial: true })),
      told(next(before, { anchors: only(second), isPartial: true })),
      told(next(before)),
    ]).toEqual([
      ['CN=First 2036-01-01T00:00:00Z', 'CN=Second nothing'],
      ['CN=First 2036-01-01T00:00:00Z', 'CN=Second nothing'],
      ['CN=Second 2036-01-01T00:00:00Z', 'CN=First 2036-01-01T00:00:00Z'],
      ['CN=First 2036-01-01T00:00:00Z'],
    ]);
  });

  it('what is former already ends as ever', () => {
    const former = next(next(undefined, { spec: limited }), { anchors: only(second), spec: limited });
    const later = new Date('2027-03-01T00:00:00Z');
    expect(told(next(former, { anchors: only(second), spec: limited, now: later, isPartial: true }))).toEqual([
      'CN=Second 2036-01-01T00:00:00Z',
    ]);
  });
});

describe('a certificate below which was issued', () => {
  it('is needed until its CA ends, and never longer than it lives itself', () => {
    expect([
      told(next(undefined)),
      told(next(undefined, { ca: { notAfter: new Date('2050-01-01T00:00:00Z') } })),
      told(next(next(undefined), { ca: { notAfter: new Date('2030-01-01T00:00:00Z') } })),
    ]).toEqual([
      ['CN=First 2036-01-01T00:00:00Z'],
      ['CN=First 2046-01-01T00:00:00Z'],
      ['CN=First 2036-01-01T00:00:00Z'],
    ]);
  });

  it('is needed for the longest lifetime and a day after another one took its place', () => {
    expect([
      afterChange(limited),
      afterChange(issuerSpec()),
      afterChange(issuerSpec({ ...limited, verification: { ...limited.verification, validity: 'Allow' } })),
      afterChange(limited, { spec: issuerSpec() }),
    ]).toEqual([
      ['CN=Second 2036-01-01T00:00:00Z', 'CN=First 2027-02-22T10:00:00Z former'],
      ['CN=Second 2036-01-01T00:00:00Z', 'CN=First 2036-01-01T00:00:00Z former'],
      ['CN=Second 2036-01-01T00:00:00Z', 'CN=First 2036-01-01T00:00:00Z former'],
      // What is allowed from now on is issued below the other one.
      ['CN=Second 2036-01-01T00:00:00Z', 'CN=First 2027-02-22T10:00:00Z former'],
    ]);
  });

  it('keeps its end while others follow, and is gone then', () => {
    const changed = next(next(undefined, { spec: limited }), { anchors: only(second), spec: limited });
    const later = new Date('2027-01-01T00:00:00Z');
    const again = next(changed, { anchors: only(third), spec: limited, now: later });
    expect([
      told(again),
      told(next(again, { anchors: only(third), spec: limited, now: new Date('2027-02-22T10:00:00Z') })),
    ]).toEqual([
      [
        'CN=Third 2036-01-01T00:00:00Z',
        'CN=Second 2027-04-02T00:00:00Z former',
        'CN=First 2027-02-22T10:00:00Z former',
      ],
      ['CN=Third 2036-01-01T00:00:00Z', 'CN=Second 2027-04-02T00:00:00Z former'],
    ]);
  });

  it('counts the longest lifetime that was ever possible, and none where that is not known', () => {
    const short = issuerSpec({ validity: { ...limited.validity, maxDuration: '24h' } });
    const lowered = next(next(undefined, { spec: limited }), { spec: short });
    const older = next(undefined, { status: { ca: fields }, spec: short });
    expect([
      lowered.longestLifetime,
      older.longestLifetime,
      next(next(undefined), { spec: short }).longestLifetime,
    ]).toEqual(['2160h0m0s', undefined, undefined]);
  });

  it('is taken out at once where all certificates are named', () => {
    const spec = issuerSpec({ trust: { source: 'Static', certificates: 'PEM' } });
    expect(told(next(next(undefined), { anchors: only(second), spec }))).toEqual(['CN=Second 2036-01-01T00:00:00Z']);
  });

  it('is needed as long as it lives where bought instances may have issued below it', () => {
    const spec = issuerSpec({ externalCA: { instanceIds: ['i-1'], names: 'Refuse' } });
    expect(told(next(undefined, { spec }))).toEqual(['CN=First 2046-01-01T00:00:00Z']);
  });
});

describe('a certificate below which nothing was issued', () => {
  it('goes with whoever listed it', () => {
    const both = { trusted: [first!, second!], verifying: [first!] };
    const listed = next(undefined, { anchors: both });
    expect([told(listed), told(next(listed))]).toEqual([
      ['CN=First 2036-01-01T00:00:00Z', 'CN=Second nothing'],
      ['CN=First 2036-01-01T00:00:00Z'],
    ]);
  });
});

it('the bundle holds the certificates in the order of their descriptions', () => {
  const state = next(next(undefined), { anchors: only(second) });
  const bundled = readCertificates([state.bundle]);
  expect(
    bundled.kind === 'ok' && bundled.certificates.map(({ der }) => new X509Certificate(der).fingerprint256),
  ).toEqual(state.certificates.map(({ sha256Fingerprint }) => sha256Fingerprint));
});
