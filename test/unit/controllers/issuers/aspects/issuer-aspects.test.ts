// What is remembered of issuers between checks, and what of it only the status remembers.
import { beforeEach, describe, expect, it } from 'vitest';
import { IssuerAspects } from '../../../../../src/controllers/issuers/aspects/issuer-aspects.ts';
import type { IssuerFacts } from '../../../../../src/controllers/issuers/aspects/facts.ts';
import type { Issuer, IssuerStatus } from '../../../../../src/crds/issuer.ts';
import { formatMoment } from '../../../../../src/timing/moment.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { issuingCA } from '../../../../support/issuing.ts';
import { hierarchy, issuerObject } from '../objects.ts';

const key = 'AlibabaPCAIssuer/shop/pca';
const dayMs = 86_400_000;
const ca = { ...issuingCA(hierarchy), remainingCertificates: 100, totalCertificates: 1_000 };
const facts: IssuerFacts = {
  ca,
  identity: { accountId: '42', arn: 'acs:ram::42:user/a', type: undefined },
  credentialsEnd: undefined,
  renewalFailure: undefined,
  clockOffsetSeconds: undefined,
  subscriptionEnd: new Date('2027-01-31T00:00:00Z'),
};
const fine = { problem: undefined, ca };

let clock: FakeClock;
let aspects: IssuerAspects;
beforeEach(() => {
  clock = new FakeClock();
  aspects = new IssuerAspects(clock, 300_000);
});

const momentIn = (ms: number): string => formatMoment(new Date(clock.now().getTime() + ms));
const withStatus = (status: Partial<IssuerStatus>, issuer = issuerObject()): Issuer => ({
  ...issuer,
  status: { conditions: [], ...status },
});

describe('the fields of the status', () => {
  it('are those of the last check', () => {
    aspects.checked(key, issuerObject(), facts);
    const { fields, chainFingerprints } = aspects.observe(key, issuerObject(), fine);
    expect([fields, chainFingerprints.length]).toEqual([
      {
        lastCheckTime: momentIn(0),
        nextCheckTime: momentIn(330_000),
        identity: { accountId: '42', arn: 'acs:ram::42:user/a' },
        quota: {
          certificatesTotal: 1_000,
          subscriptionEndTime: '2027-01-31T00:00:00Z',
          samples: [{ time: momentIn(0), certificatesRemaining: 100 }],
        },
      },
      2,
    ]);
  });

  it('stay as they were where a check saw no CA', () => {
    const before = { identity: { accountId: '7' }, quota: { certificatesTotal: 9 } };
    aspects.checked(key, issuerObject(), undefined);
    const problem = { reason: 'PCAUnavailable', message: 'No.' } as const;
    const { fields } = aspects.observe(key, withStatus(before), { problem, ca: undefined });
    expect(fields).toEqual({ ...before, lastCheckTime: momentIn(0), nextCheckTime: momentIn(330_000) });
  });

  it('promise no check while a fault holds the issuer', () => {
    aspects.checked(key, issuerObject(), facts);
    const problem = { reason: 'CapacityExhausted', message: 'No.' } as const;
    const { fields } = aspects.observe(key, issuerObject(), { problem, ca: undefined }, 600_000);
    expect([fields.lastCheckTime, fields.nextCheckTime]).toEqual([momentIn(0), momentIn(600_000)]);
  });
});

describe('a check of another spec, or of another issuer of the name,', () => {
  it.each([{ generation: 2 }, { uid: 'u2' }])('says nothing: %j', (changes) => {
    aspects.checked(key, issuerObject(), facts);
    const other = issuerObject(undefined, { namespace: 'shop', ...changes });
    const { aspects: told } = aspects.observe(key, other, { problem: undefined, ca: undefined });
    expect(told.map(({ status }) => status)).toEqual(['Unknown', 'Unknown', 'Unknown']);
  });
});

describe('the longest lifetime that was asked for', () => {
  const askedIn = (status: Partial<IssuerStatus> = {}): string | undefined =>
    aspects.observe(key, withStatus(status), fine).fields.longestAskedLifetime?.duration;
  const told = (duration: string, ms: number) => ({ longestAskedLifetime: { duration, time: momentIn(ms) } });

  it('is the longest of all, of this process and of those before', () => {
    expect(askedIn()).toBeUndefined();
    aspects.asked(key, 7_200);
    aspects.asked(key, 3_600);
    expect([askedIn(), askedIn(told('1h0m0s', 0)), askedIn(told('3h0m0s', 0))]).toEqual(['2h0m0s', '2h0m0s', '3h0m0s']);
  });

  it('is forgotten when nobody asked for it for as long as it lasts, a week at least', () => {
    const days = (count: number): string => `${count * 24}h0m0s`;
    expect([askedIn(told(days(30), -30 * dayMs)), askedIn(told(days(30), -31 * dayMs))]).toEqual([days(30), undefined]);
    expect([askedIn(told('1h0m0s', -7 * dayMs)), askedIn(told('1h0m0s', -8 * dayMs))]).toEqual(['1h0m0s', undefined]);
    aspects.asked(key, 7_200);
    clock.skip(8 * dayMs);
    aspects.asked(key, 3_600);
    expect(askedIn()).toBe('1h0m0s');
  });

  it.each(['soon', '-1h', ''])('is none where the status says %j', (duration) => {
    expect(askedIn(told(duration, 0))).toBeUndefined();
  });

  it('is told by whoever signs with the issuer', () => {
    const issuer = { ca } as Parameters<IssuerAspects['listening']>[1];
    aspects.listening(key, issuer).onAsked?.(60);
    expect(askedIn()).toBe('1m0s');
  });

  it('goes with the issuer', () => {
    aspects.asked(key, 60);
    aspects.forget(key);
    expect(askedIn()).toBeUndefined();
  });
});

describe('the samples of the quota', () => {
  const samples = [{ time: '2026-11-20T10:00:00Z', certificatesRemaining: 150 }];
  const status = (chainFingerprints: readonly string[]): Partial<IssuerStatus> => ({
    ca: { subject: '', keyAlgorithm: 'ECC', issuerType: 'local', notAfter: '2035-12-30T00:00:00Z', chainFingerprints },
    quota: { samples },
  });

  it('outlive the process', () => {
    aspects.checked(key, issuerObject(), facts);
    const own = aspects.observe(key, issuerObject(), fine).chainFingerprints;
    const observed = aspects.observe(key, withStatus(status(own)), fine);
    expect([observed.usedLastWeek, observed.fields.quota?.samples?.length]).toEqual([50, 2]);
  });

  it('of another CA say nothing about this one', () => {
    aspects.checked(key, issuerObject(), facts);
    const observed = aspects.observe(key, withStatus(status(['AA:BB'])), fine);
    expect([observed.usedLastWeek, observed.fields.quota?.samples?.length]).toEqual([0, 1]);
  });
});

describe('the times of the checks', () => {
  it.each([
    [undefined, true],
    [330_000 - 209_000, false],
    [330_000 - 210_000, true],
    [330_000 + 600_000, false],
  ])('where the status promises the next one in %j ms are to be written: %s', (ms, isDue) => {
    aspects.checked(key, issuerObject(), facts);
    const status = ms === undefined ? {} : { nextCheckTime: momentIn(ms) };
    expect(aspects.observe(key, withStatus(status), fine).isPulseDue).toBe(isDue);
  });

  it.each([1, 20, 40, 55, 60, 61, 300, 3_600])(
    'with checks every %i seconds are kept as promised, and written once in half a minute at most',
    (seconds) => {
      for (const variation of [0.9, 1, 1.1]) {
        aspects = new IssuerAspects(clock, seconds * 1_000);
        let status: Partial<IssuerStatus> = {};
        let writtenAt = Number.NEGATIVE_INFINITY;
        for (let checks = 0; checks < 300; checks += 1) {
          const now = clock.now().getTime();
          aspects.checked(key, issuerObject(), facts);
          expect(now).toBeLessThan(Date.parse(status.nextCheckTime ?? '9999-01-01T00:00:00Z') + 1_000);
          const { fields, isPulseDue } = aspects.observe(key, withStatus(status), fine);
          if (isPulseDue) {
            expect(now - writtenAt).toBeGreaterThan(30_000);
            [status, writtenAt] = [fields, now];
          }
          clock.skip(seconds * 1_000 * variation);
        }
      }
    },
  );
});
