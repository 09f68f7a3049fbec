// When garbage is collected: after so much work, and once the work is done.
import { beforeEach, expect, it } from 'vitest';
import { Collector, leastWork, mostWork, restMs } from '../../../src/runtime/collector.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let collections: number[];
let collector: Collector;

beforeEach(() => {
  clock = new FakeClock();
  const startedAt = clock.monotonic();
  collections = [];
  collector = new Collector({ collect: () => collections.push(clock.monotonic() - startedAt), clock });
});

function work(times: number, everyMs = 0): void {
  for (let n = 0; n < times; n += 1) {
    collector.worked();
    clock.advance(everyMs);
  }
}

it('collects after so much work, while there is more', () => {
  work(2 * mostWork + 1);
  expect(collections).toEqual([0, 0]);
});

it('collects once when the work is done', () => {
  work(leastWork, 10);
  clock.advance(10 * restMs);
  expect(collections).toEqual([10 * (leastWork - 1) + restMs]);
});

it('does not collect between two pieces of work that come soon after each other', () => {
  work(leastWork + 5, restMs - 1);
  expect(collections).toEqual([]);
  clock.advance(1);
  expect(collections).toEqual([(leastWork + 4) * (restMs - 1) + restMs]);
});

it('does not collect for a little work, and remembers it', () => {
  work(leastWork - 1);
  clock.advance(10 * restMs);
  expect([collections, clock.timers]).toEqual([[], 0]);
  work(1);
  clock.advance(restMs);
  expect(collections).toEqual([11 * restMs]);
});

it('has no timer where it cannot collect', () => {
  collector = new Collector({ collect: undefined, clock });
  work(mostWork);
  expect([collections, clock.timers]).toEqual([[], 0]);
});
