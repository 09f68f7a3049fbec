// Whose turn it is: limits hold, lines are fair, nobody waits for ever, a silent endpoint is probed by one call.
import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { CallBudget } from '../../../src/alibaba/limits/rate-limit.ts';
import { type CallRank, type CallTarget, CallTurns } from '../../../src/controllers/call-turns.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const target: CallTarget = {
  limit: { account: 'a', region: 'cn-hangzhou', action: 'CreateCustomCertificate' },
  endpoint: 'HTTPS cas.aliyuncs.com',
};
let clock: FakeClock;
let woken: string[];

beforeEach(() => {
  clock = new FakeClock();
  woken = [];
});

function turnsWith(ratePerSecond: number, mostInFlight = 1_000): CallTurns {
  const limits = { startPerSecond: ratePerSecond, floorPerSecond: ratePerSecond, ceilingPerSecond: ratePerSecond };
  return new CallTurns({
    budget: new CallBudget({ now: clock.now, limits: {}, otherActions: limits }),
    endpoint: { now: clock.now, random: () => 1, mostInFlight },
    setTimer: clock.setTimer,
  });
}

function ask(
  turns: CallTurns,
  uid: string,
  { flow = 'f', rank = 'Urgent', to = target }: { flow?: string; rank?: CallRank; to?: CallTarget } = {},
): boolean {
  return turns.ask(to, { uid, flow, rank, wake: () => woken.push(uid) });
}

/** Asks for as many as go out at once. */
function exhaust(turns: CallTurns): void {
  let n = 0;
  for (; ask(turns, `first-${n}`); n += 1) turns.ended(`first-${n}`, 'answered');
  turns.leave(`first-${n}`);
}

describe('a limit', () => {
  test('lets those wait whose turn has not come, wakes them in order, and sets their calls aside', () => {
    const turns = turnsWith(10);
    exhaust(turns);
    const waits = ['a', 'b'].map((uid) => ask(turns, uid));
    clock.advance(1_000);
    expect({ waits, woken: woken.slice(-2), later: ['a', 'b'].map((uid) => ask(turns, uid)) }).toEqual({
      waits: [false, false],
      woken: ['a', 'b'],
      later: [true, true],
    });
  });

  test('does not let somebody new pass those who wait', () => {
    const turns = turnsWith(10);
    exhaust(turns);
    ask(turns, 'a');
    clock.skip(10_000);
    expect(ask(turns, 'b')).toBe(false);
  });

  test('keeps the place of who asks again while it waits', () => {
    const turns = turnsWith(10);
    exhaust(turns);
    for (const uid of ['a', 'b', 'a']) ask(turns, uid);
    clock.advance(300);
    expect(woken.filter((uid) => 'ab'.includes(uid))).toEqual(['a', 'b']);
  });

  test('gives the call of who leaves to the next', () => {
    const turns = turnsWith(10);
    exhaust(turns);
    ask(turns, 'a');
    clock.advance(60);
    ask(turns, 'b');
    woken = [];
    turns.leave('a');
    expect(woken).toEqual(['b']);
  });

  test('of one account costs another nothing', () => {
    const turns = turnsWith(10);
    exhaust(turns);
    turns.throttled(target);
    expect(ask(turns, 'x', { to: { ...target, limit: { ...target.limit, account: 'b' } } })).toBe(true);
  });
});

describe('fairness', () => {
  test('a single request is delayed by one call, whoever else has ten thousand', () => {
    const turns = turnsWith(10);
    exhaust(turns);
    woken = [];
    for (let n = 0; n < 10_000; n += 1) ask(turns, `many-${n}`, { flow: 'many' });
    ask(turns, 'single', { flow: 'single' });
    clock.advance(600);
    expect(woken.indexOf('single')).toBeLessThanOrEqual(2);
  });

  test('urgent ones go first and retries last, but a tenth of the turns goes the other way round', () => {
    const turns = turnsWith(10);
    exhaust(turns);
    woken = [];
    for (let n = 0; n < 15; n += 1) ask(turns, `retry-${n}`, { rank: 'Retry', flow: `r${n}` });
    for (let n = 0; n < 15; n += 1) ask(turns, `renewal-${n}`, { rank: 'Renewal', flow: `n${n}` });
    for (let n = 0; n < 15; n += 1) ask(turns, `urgent-${n}`, { rank: 'Urgent', flow: `u${n}` });
    clock.advance(6_000);
    const order = woken.map((uid) => uid.split('-')[0]);
    const firstUrgents = order.filter((rank) => rank !== 'retry').slice(0, 14);
    expect({
      all: woken.length,
      firstUrgents: new Set(firstUrgents).size,
      retriesInTheFirstTwenty: order.slice(0, 20).filter((rank) => rank === 'retry').length,
    }).toEqual({ all: 45, firstUrgents: 1, retriesInTheFirstTwenty: 2 });
  });
});

describe('a silent endpoint', () => {
  function silence(turns: CallTurns): void {
    for (let n = 0; n < 5; n += 1) {
      ask(turns, `silent-${n}`);
      turns.ended(`silent-${n}`, 'unanswered');
    }
  }

  test('is left alone, then probed by one call, then used more with each answer', () => {
    const turns = turnsWith(1_000, 8);
    silence(turns);
    for (let n = 0; n < 20; n += 1) ask(turns, `w${n}`);
    const held = { isHeld: turns.isHeld(target), woken: woken.length };
    clock.advance(2_100);
    const probed = woken.length;
    const sizes: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const now = woken.splice(0);
      for (const uid of now) expect(ask(turns, uid)).toBe(true);
      for (const uid of now) turns.ended(uid, 'answered');
      clock.advance(100);
      sizes.push(woken.length);
    }
    expect({ held, probed, sizes, isHeld: turns.isHeld(target) }).toEqual({
      held: { isHeld: true, woken: 0 },
      probed: 1,
      sizes: [2, 8, 8, 1],
      isHeld: false,
    });
  });

  test('is left alone longer after a probe without answer', () => {
    const turns = turnsWith(1_000, 8);
    silence(turns);
    for (let n = 0; n < 3; n += 1) ask(turns, `w${n}`);
    clock.advance(2_100);
    expect(ask(turns, 'w0')).toBe(true);
    turns.ended('w0', 'unanswered');
    clock.advance(3_500);
    const early = woken.length;
    clock.advance(1_000);
    expect([early, woken.length]).toEqual([1, 2]);
  });

  test('does not hold another endpoint', () => {
    const turns = turnsWith(1_000, 8);
    silence(turns);
    expect(ask(turns, 'x', { to: { ...target, endpoint: 'HTTPS other' } })).toBe(true);
  });

  test('four failures, or five with an answer between, hold nothing', () => {
    const turns = turnsWith(1_000, 8);
    for (const how of ['unanswered', 'unanswered', 'unanswered', 'unanswered', 'answered', 'unanswered'] as const) {
      ask(turns, 'x');
      turns.ended('x', how);
    }
    expect(turns.isHeld(target)).toBe(false);
  });
});

test('an endpoint never has more calls in flight than it may', () => {
  const turns = turnsWith(1_000, 3);
  const granted = Array.from({ length: 10 }, (_, n) => ask(turns, `u${n}`)).filter(Boolean).length;
  turns.ended('u0', 'answered');
  expect([granted, woken]).toEqual([3, ['u3']]);
});

test('whatever happens, everybody who stays is served once', () => {
  const step = fc.record({
    uid: fc.nat(30).map(String),
    flow: fc.constantFrom('a', 'b', 'c'),
    rank: fc.constantFrom<CallRank>('Urgent', 'Renewal', 'Retry'),
    leaves: fc.boolean(),
    throttled: fc.boolean(),
    answered: fc.boolean(),
    pass: fc.integer({ min: 0, max: 400 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      clock = new FakeClock();
      woken = [];
      const turns = turnsWith(20, 4);
      const open = new Set<string>();
      const settle = (uid: string, answered: boolean): void => {
        if (!open.has(uid) || !ask(turns, uid)) return;
        turns.ended(uid, answered ? 'answered' : 'unanswered');
        open.delete(uid);
      };
      for (const { uid, flow, rank, leaves, throttled, answered, pass } of steps) {
        if (leaves) {
          turns.leave(uid);
          open.delete(uid);
        } else {
          open.add(uid);
          if (ask(turns, uid, { flow, rank })) {
            turns.ended(uid, answered ? 'answered' : 'unanswered');
            open.delete(uid);
          }
        }
        if (throttled) turns.throttled(target);
        clock.advance(pass);
        for (const name of woken.splice(0)) settle(name, answered);
      }
      for (let n = 0; n < 400 && open.size > 0; n += 1) {
        clock.advance(1_000);
        for (const name of woken.splice(0)) settle(name, true);
      }
      expect([...open]).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
