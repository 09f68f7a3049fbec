// Whether what shortens a lifetime leads to renewal without end, by the rules of cert-manager (pkg/util/pki/renewaltime.go).
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration } from '../../../src/issuing/duration.ts';
import { readRenewal, refuseForRenewal, renewedAfter } from '../../../src/issuing/validity.ts';
import type { PlannedLifetime, RenewalSpec } from '../../../src/issuing/validity.ts';

const minute = 60;
const hour = 60 * minute;
const limit = 'CertMaxTime 24h0m0s of CA "ca"';

/** A lifetime that was asked for, what is given of it, and how much of that is past. */
function lifetime(asked: number, backdated: number, given = asked): PlannedLifetime {
  const because = given < asked ? limit : undefined;
  return { askedSeconds: asked, givenSeconds: given, backdatedSeconds: backdated, because };
}

const again = 'cert-manager would renew it again and again';
const adviceFor = (later: string): string =>
  `Ask for a longer duration or a ${later}, or lower spec.validity.backdate of the issuer.`;
const backdateAdvice = adviceFor('shorter renewBefore');

test.each<[string, RenewalSpec, PlannedLifetime, string | undefined]>([
  ['whole, whatever the Certificate asks', { renewBefore: '59m' }, lifetime(hour, 0), undefined],
  [
    'begun before, as the renewal is near the duration',
    { renewBefore: '31m' },
    lifetime(hour, 30 * minute),
    `the backdating by 30m0s leaves 30m0s, too little for the Certificate's spec.renewBefore 31m0s: ${again}. ${backdateAdvice}`,
  ],
  ['begun before, and renewed late enough', { renewBefore: '20m' }, lifetime(hour, 30 * minute), undefined],
  [
    'begun so long before that two thirds are nearly over',
    {},
    lifetime(hour, 38 * minute),
    `the backdating by 38m0s leaves 22m0s, too little for the renewal after two thirds of the lifetime, cert-manager's default: ${again}. ${backdateAdvice}`,
  ],
  ['begun before by less than two thirds', {}, lifetime(hour, 30 * minute), undefined],
  [
    'begun before, as the renewal is at a part',
    { renewBeforePercentage: 60 },
    lifetime(hour, 30 * minute),
    `the backdating by 30m0s leaves 30m0s, too little for the Certificate's spec.renewBeforePercentage 60: ${again}. ${adviceFor('smaller renewBeforePercentage')}`,
  ],
  ['cut, and renewed at a part', { renewBeforePercentage: 50 }, lifetime(48 * hour, 0, 24 * hour), undefined],
  [
    'cut and begun before, and renewed at nearly all of it',
    { renewBeforePercentage: 95 },
    lifetime(48 * hour, hour, 24 * hour),
    `${limit} and the backdating by 1h0m0s leave 23h0m0s, too little for the Certificate's spec.renewBeforePercentage 95: ${again}. Ask for a smaller renewBeforePercentage, or raise the limit, or lower spec.validity.backdate of the issuer.`,
  ],
  [
    'cut to hardly more than the renewal',
    { renewBefore: '23h' },
    lifetime(48 * hour, 0, 24 * hour),
    `${limit} leaves 24h0m0s, too little for the Certificate's spec.renewBefore 23h0m0s: ${again}. Ask for a shorter renewBefore, or raise the limit.`,
  ],
  [
    'cut to as much as the renewal, which cert-manager would ignore',
    { renewBefore: '24h' },
    lifetime(48 * hour, 0, 24 * hour),
    `${limit} leaves 24h0m0s, too little for the Certificate's spec.renewBefore 24h0m0s: cert-manager would ignore it. Ask for a shorter renewBefore, or raise the limit.`,
  ],
  [
    'cut and begun before',
    { renewBefore: '21h' },
    lifetime(48 * hour, hour, 24 * hour),
    `${limit} and the backdating by 1h0m0s leave 23h0m0s, too little for the Certificate's spec.renewBefore 21h0m0s: ${again}. Ask for a shorter renewBefore, or raise the limit, or lower spec.validity.backdate of the issuer.`,
  ],
  ['cut and never renewed', { renewal: { policy: 'Disabled' } }, lifetime(48 * hour, 20 * hour, 24 * hour), undefined],
  [
    'cut by little, where the Certificate leaves little',
    { renewBefore: '700h' },
    lifetime(720 * hour, 0, 719 * hour),
    undefined,
  ],
  [
    'begun before by little, where the Certificate leaves little',
    { renewBefore: '2000h' },
    lifetime(2160 * hour, 300),
    undefined,
  ],
])('a lifetime that is %s', (_, spec, given, fault) => {
  expect(refuseForRenewal(given, readRenewal(spec))?.refusal.message).toEqual(
    fault === undefined ? undefined : `spec.duration: ${fault}`,
  );
});

test('what is not refused is never renewed at once', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: hour, max: 9_000 * hour }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.oneof(
        fc.double({ min: 0, max: 0.999, noNaN: true }).map((part) => ({ part })),
        fc.integer({ min: 1, max: 99 }).map((renewBeforePercentage) => ({ renewBeforePercentage })),
        fc.constant({}),
      ),
      (asked, cut, past, renews) => {
        const given = Math.max(1, Math.floor(asked * cut));
        const planned = lifetime(asked, Math.floor(given * past), given);
        const renewal = readRenewal(
          'part' in renews ? { renewBefore: formatDuration(Math.floor(asked * renews.part)) } : renews,
        );
        if (refuseForRenewal(planned, renewal) === undefined && (planned.because !== undefined || past > 0))
          expect(renewedAfter(planned, renewal)).toBeGreaterThanOrEqual(0);
      },
    ),
  ));
