// Rates found by trying: bounds that always hold, and how the search behaves against a service with a limit.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateLimits } from '../../../../src/alibaba/limits/rate-limit.ts';
import type { RateRange, Reservation } from '../../../../src/alibaba/limits/rate-limit.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const key = { account: 'a', region: 'cn-hangzhou', action: 'CreateCustomCertificate' };

function limitsWith(range: RateRange): { limits: RateLimits; clock: FakeClock } {
  const clock = new FakeClock();
  return { limits: new RateLimits({ clock, limits: {}, otherActions: range }), clock };
}

function drain(limits: RateLimits): { granted: number; wait: Reservation } {
  for (let granted = 0; ; granted += 1) {
    const reservation = limits.reserve(key);
    if (reservation.kind === 'wait') return { granted, wait: reservation };
  }
}

describe('rates', () => {
  test.each([
    ['CreateCustomCertificate', 200],
    ['CreateServerCertificateWithCsr', 10],
    ['DescribeCACertificate', 10],
    ['constructor', 10],
  ])('%s starts at %d calls a second', (action, rate) => {
    expect(new RateLimits({ clock: new FakeClock() }).ratePerSecond({ ...key, action })).toBe(rate);
  });

  test('doubles each second while it is used, up to the ceiling', () => {
    const { limits, clock } = limitsWith({ startPerSecond: 10, floorPerSecond: 1, ceilingPerSecond: 60 });
    const rates = [1, 2, 3, 4].map(() => {
      drain(limits);
      clock.skip(1000);
      drain(limits);
      return limits.ratePerSecond(key);
    });
    expect(rates).toEqual([20, 40, 60, 60]);
  });

  test('stays where it is while hardly used', () => {
    const { limits, clock } = limitsWith({ startPerSecond: 10, floorPerSecond: 1, ceilingPerSecond: 60 });
    for (let second = 0; second < 5; second += 1) {
      limits.reserve(key);
      clock.skip(1000);
    }
    expect(limits.ratePerSecond(key)).toBe(10);
  });

  test('a burst of throttled answers halves once, and grants nothing for a moment', () => {
    const { limits, clock } = limitsWith({ startPerSecond: 100, floorPerSecond: 1, ceilingPerSecond: 1000 });
    for (let answer = 0; answer < 50; answer += 1) {
      limits.throttled(key);
      clock.skip(10);
    }
    expect({ rate: limits.ratePerSecond(key), next: limits.reserve(key).kind }).toEqual({ rate: 50, next: 'wait' });
    clock.skip(600);
    limits.throttled(key);
    expect(limits.ratePerSecond(key)).toBe(25);
  });

  test('never falls below the floor', () => {
    const { limits, clock } = limitsWith({ startPerSecond: 4, floorPerSecond: 2, ceilingPerSecond: 10 });
    for (let halving = 0; halving < 5; halving += 1) {
      limits.throttled(key);
      clock.skip(2000);
    }
    expect(limits.ratePerSecond(key)).toBe(2);
  });

  test.each([{ account: 'b' }, { region: 'cn-shanghai' }, { action: 'DescribeCACertificate' }])(
    'a throttled account costs others nothing: %o',
    (other) => {
      const { limits } = limitsWith({ startPerSecond: 10, floorPerSecond: 1, ceilingPerSecond: 10 });
      limits.throttled(key);
      expect(limits.reserve({ ...key, ...other })).toEqual({ kind: 'granted' });
    },
  );
});

test('says when the next call is there', () => {
  const { limits, clock } = limitsWith({ startPerSecond: 10, floorPerSecond: 1, ceilingPerSecond: 10 });
  drain(limits);
  const wait = limits.reserve(key);
  clock.skip(50);
  expect([wait, limits.reserve(key)]).toEqual([{ kind: 'wait', ms: 50 }, { kind: 'granted' }]);
});

test('a call that was not made is there for the next', () => {
  const { limits } = limitsWith({ startPerSecond: 10, floorPerSecond: 1, ceilingPerSecond: 10 });
  drain(limits);
  limits.refund(key);
  expect(limits.reserve(key)).toEqual({ kind: 'granted' });
});

test('in any window it never grants more than the ceiling allows and one burst', () => {
  const range = fc.record({ start: fc.integer({ min: 1, max: 500 }), ceiling: fc.integer({ min: 1, max: 500 }) });
  const step = fc.tuple(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 0, max: 80 }), fc.boolean());
  fc.assert(
    fc.property(range, fc.array(step, { maxLength: 60 }), ({ start, ceiling }, steps) => {
      const { limits, clock } = limitsWith({ startPerSecond: start, floorPerSecond: 1, ceilingPerSecond: ceiling });
      const grants: number[] = [];
      for (const [pass, attempts, throttle] of steps) {
        clock.skip(pass);
        for (let n = 0; n < attempts; n += 1)
          if (limits.reserve(key).kind === 'granted') grants.push(clock.monotonic());
        if (throttle) limits.throttled(key);
      }
      const burst = Math.max(1.5, ceiling * 0.1);
      for (const [from, at] of grants.entries()) {
        const until = grants.at(-1) ?? at;
        expect(grants.length - from).toBeLessThanOrEqual((ceiling * (until - at)) / 1000 + burst + 1e-6);
      }
    }),
  );
});

test('after any past it grants again within two seconds of quiet', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.boolean())), (past) => {
      const { limits, clock } = limitsWith({ startPerSecond: 10, floorPerSecond: 1, ceilingPerSecond: 1000 });
      for (const [pass, throttle] of past) {
        clock.skip(pass);
        if (throttle) limits.throttled(key);
        else limits.reserve(key);
      }
      clock.skip(2000);
      expect(limits.reserve(key)).toEqual({ kind: 'granted' });
    }),
  );
});

// 400 callers that always want to call, against a service that counts per second and answers after 100 ms.
function run(limitAt: (second: number) => number, seconds: number): { share: number; throttledShare: number }[] {
  const clock = { now: 0 };
  const limits = new RateLimits({ clock: { monotonic: () => clock.now } });
  const idleAt = Array.from({ length: 400 }, () => 0);
  let askAt = 0;
  const answers: { at: number; throttled: boolean }[] = [];
  const perSecond = Array.from({ length: seconds }, () => ({ accepted: 0, throttled: 0 }));
  for (; clock.now < seconds * 1000; clock.now += 1) {
    while (answers[0] !== undefined && answers[0].at <= clock.now)
      if (answers.shift()?.throttled) limits.throttled(key);
    const tally = perSecond[Math.floor(clock.now / 1000)]!;
    for (const [caller, idle] of idleAt.entries()) {
      if (askAt > clock.now) break;
      if (idle > clock.now) continue;
      const reservation = limits.reserve(key);
      if (reservation.kind === 'wait') {
        askAt = clock.now + reservation.ms;
        break;
      }
      const throttled = tally.accepted >= limitAt(Math.floor(clock.now / 1000));
      tally[throttled ? 'throttled' : 'accepted'] += 1;
      answers.push({ at: clock.now + 100, throttled });
      idleAt[caller] = clock.now + 100;
    }
  }
  return perSecond.map(({ accepted, throttled }, second) => ({
    share: accepted / limitAt(second),
    throttledShare: throttled / Math.max(1, accepted + throttled),
  }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test.each([
  ['10', () => 10],
  ['100', () => 100],
  ['1,000', () => 1000],
  ['1,000, then 100', (second: number) => (second < 40 ? 1000 : 100)],
  ['10, then 300', (second: number) => (second < 40 ? 10 : 300)],
  ['10, then 1,000', (second: number) => (second < 40 ? 10 : 1000)],
])('finds a limit of %s calls a second within 30 seconds and is seldom throttled there', (_name, limitAt) => {
  const settled = run(limitAt, 130).slice(70);
  const figures = { share: mean(settled.map((s) => s.share)), throttled: mean(settled.map((s) => s.throttledShare)) };
  expect(figures.share).toBeGreaterThanOrEqual(0.9);
  expect(figures.throttled).toBeLessThan(0.02);
});
