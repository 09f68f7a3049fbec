// When a trip is over: by an answer and time, not by the number of calls that happen to be made afterwards.
import { beforeEach, expect, test } from 'vitest';
import { CircuitBreaker } from '../../../../src/alibaba/limits/circuit-breaker.ts';
import type { CallEnd } from '../../../../src/alibaba/limits/circuit-breaker.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const mostInFlight = 8;
const weekMs = 7 * 24 * 3_600_000;
let clock: FakeClock;
let breaker: CircuitBreaker;

beforeEach(() => {
  clock = new FakeClock();
  breaker = new CircuitBreaker({ clock, mostInFlight });
});

function call(how: CallEnd, times = 1): void {
  for (let n = 0; n < times; n += 1) {
    breaker.begin();
    breaker.end(how);
  }
}

/** How many calls it would let out at once. */
function width(): number {
  let calls = 0;
  for (; breaker.waitMs === 0 && calls < 100; calls += 1) breaker.begin();
  for (let n = 0; n < calls; n += 1) breaker.end(undefined);
  return calls;
}

test('one answered call and a minute without failure end a trip, and five failures in a row are needed again', () => {
  call('unanswered', 5);
  clock.advance(10_000);
  call('answered');
  const soon = [breaker.isOpen, width()];
  clock.advance(weekMs);
  const later = [breaker.isOpen, width()];
  call('unanswered', 4);
  const four = breaker.isOpen;
  call('unanswered');
  expect({ soon, later, four, five: breaker.isOpen }).toEqual({
    soon: [true, 2],
    later: [false, mostInFlight],
    four: false,
    five: true,
  });
});

test('an answer that something else got there counts as one, such as a check of an issuer', () => {
  call('unanswered', 5);
  clock.advance(30_000);
  breaker.heard();
  const soon = [breaker.isOpen, width()];
  clock.advance(30_000);
  expect([soon, [breaker.isOpen, width()]]).toEqual([
    [true, 1],
    [false, mostInFlight],
  ]);
});

test('time alone ends no trip, nor does an answer from before the last failure', () => {
  breaker.heard();
  call('unanswered', 5);
  clock.advance(weekMs);
  expect([breaker.isOpen, width()]).toEqual([true, 1]);
});

test('failures that an answer and a minute followed are no longer in a row', () => {
  call('unanswered', 4);
  clock.advance(1);
  breaker.heard();
  clock.advance(60_000);
  call('unanswered');
  expect(breaker.isOpen).toBe(false);
});

test('an answer does not end the pause of a trip', () => {
  call('unanswered', 5);
  clock.advance(1);
  breaker.heard();
  expect(width()).toBe(0);
});
