// How long trouble that often passes is not told of a ready issuer.
import { beforeEach, describe, expect, it } from 'vitest';
import { GracePeriod } from '../../../../src/controllers/issuers/grace-period.ts';
import type { CheckResult } from '../../../../src/controllers/issuers/check.ts';
import { issuerReasons } from '../../../../src/controllers/issuers/reasons.ts';
import type { IssuerReason } from '../../../../src/controllers/issuers/reasons.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { readyIssuer } from './objects.ts';

const ready: CheckResult = { kind: 'ready', issuer: readyIssuer() };
const away = notReady('PCAUnavailable');
let clock: FakeClock;
let grace: GracePeriod;

beforeEach(() => {
  clock = new FakeClock();
  grace = new GracePeriod(clock);
});

function notReady(reason: Exclude<IssuerReason, 'Checked'>): CheckResult & { readonly kind: 'notReady' } {
  return { kind: 'notReady', problem: { reason, message: 'Trouble.' }, ca: undefined };
}

/** Whether the trouble of a ready issuer is passed over after so many milliseconds. */
function passes(ms: number, result = away, key = 'a'): boolean {
  clock.advance(ms);
  return grace.of(key, result, true) !== undefined;
}

it('gives the trouble that is passed over, for 30 seconds', () => {
  expect(grace.of('a', away, true)).toEqual(away.problem);
  expect([passes(29_999), passes(1), passes(60_000)]).toEqual([true, false, false]);
});

it('is not longer or shorter because the wall clock was set', () => {
  passes(0);
  clock.jump(-3_600_000);
  const before = [passes(29_999), passes(1)];
  grace.of('a', ready, true);
  passes(0);
  clock.jump(3_600_000);
  expect([before, passes(29_999), passes(1)]).toEqual([[true, false], true, false]);
});

const oftenPassing = [
  'SecretForbidden',
  'SecretUnreadable',
  'ServiceAccountForbidden',
  'ServiceAccountUnreadable',
  'PCAUnavailable',
  'STSUnavailable',
  'MetadataUnavailable',
  'TrustUnavailable',
  'ConfigMapForbidden',
  'ConfigMapNotWritten',
  'CheckFailed',
];

it.each(Object.keys(issuerReasons).filter((reason) => reason !== 'Checked'))(
  'passes over %s only where that often passes',
  (reason) => {
    const result = notReady(reason as Exclude<IssuerReason, 'Checked'>);
    expect(passes(0, result)).toBe(oftenPassing.includes(reason));
  },
);

it('counts from the first of several different troubles', () => {
  expect([passes(0), passes(20_000, notReady('SecretUnreadable')), passes(10_000)]).toEqual([true, true, false]);
});

it('never passes over trouble of an issuer that is not ready', () => {
  expect(grace.of('a', away, false)).toBeUndefined();
});

it('is not changed by a jump of the wall clock', () => {
  expect(passes(0)).toBe(true);
  clock.jump(3_600_000);
  expect(passes(29_999)).toBe(true);
  clock.jump(-7_200_000);
  expect(passes(1)).toBe(false);
});

describe('the time begins anew', () => {
  it.each<[string, () => void]>([
    ['after a check that succeeds', () => void grace.of('a', ready, true)],
    ['after trouble that does not pass', () => void grace.of('a', notReady('SecretNotFound'), true)],
    ['after the issuer was not ready', () => void grace.of('a', away, false)],
    ['when the issuer was gone', () => grace.forget('a')],
  ])('%s', (_, between) => {
    expect(passes(0)).toBe(true);
    clock.advance(29_999);
    between();
    expect([passes(1), passes(29_999), passes(1)]).toEqual([true, true, false]);
  });

  it('for each issuer apart', () => {
    expect([passes(0), passes(30_000, away, 'b'), passes(0)]).toEqual([true, true, false]);
  });
});
