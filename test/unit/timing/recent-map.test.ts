// What is kept of keys from outside: the recent ones, and so many.
import { expect, it } from 'vitest';
import { RecentMap } from '../../../src/timing/recent-map.ts';
import { FakeClock } from '../../support/fake-clock.ts';

it('keeps what is used, and drops what was not for as long as it says', () => {
  const clock = new FakeClock();
  const map = new RecentMap<string>({ clock, unusedMs: 1_000 });
  const use = (key: string): string => map.use(key, () => `${key} made at ${clock.monotonic()}`);
  const began = clock.monotonic();
  expect([use('a'), use('b')]).toEqual([`a made at ${began}`, `b made at ${began}`]);
  clock.advance(999);
  expect([use('a'), map.peek('b'), map.size]).toEqual([`a made at ${began}`, `b made at ${began}`, 2]);
  clock.advance(1);
  expect([map.size, use('b'), use('a')]).toEqual([1, `b made at ${began + 1_000}`, `a made at ${began}`]);
});

it('drops what was used longest ago where there is too much', () => {
  const map = new RecentMap<string>({ clock: new FakeClock(), most: 2 });
  for (const key of ['a', 'b', 'a', 'c']) map.use(key, () => key);
  expect(['a', 'b', 'c'].map((key) => map.peek(key))).toEqual(['a', undefined, 'c']);
});

it('is not kept busy by being looked at', () => {
  const clock = new FakeClock();
  const map = new RecentMap<string>({ clock });
  map.use('a', () => 'a');
  for (let hours = 0; hours < 24; hours += 1) {
    expect([map.peek('a'), map.has('a')]).toEqual(['a', true]);
    clock.advance(3_600_000);
  }
  expect([map.has('a'), map.size]).toEqual([false, 0]);
});
