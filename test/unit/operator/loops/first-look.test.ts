// Requests wait for the first look at their issuers, and for no issuer for long.
import { expect, it } from 'vitest';
import { FirstLook, longestFirstLookMs } from '../../../../src/operator/loops/first-look.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

/** Whether the wait is over, told once all that was to be done has been done. */
async function isOver(wait: Promise<void>): Promise<boolean> {
  return Promise.race([wait.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

const { signal } = new AbortController();

it('lasts until the last of the issuers was looked at', async () => {
  const clock = new FakeClock();
  const look = new FirstLook(clock);
  const wait = look.of(['one', 'other'], signal);
  look.done('other');
  look.done('a stranger');
  expect(await isOver(wait)).toBe(false);
  look.done('one');
  expect(await isOver(wait)).toBe(true);
  expect(clock.timers).toBe(0);
});

it('is over after some seconds', async () => {
  const clock = new FakeClock();
  const wait = new FirstLook(clock).of(['one'], signal);
  clock.advance(longestFirstLookMs - 1);
  expect(await isOver(wait)).toBe(false);
  clock.advance(1);
  expect(await isOver(wait)).toBe(true);
});

it('is over where there is no issuer, and at the end of leadership', async () => {
  const controller = new AbortController();
  const wait = new FirstLook(new FakeClock()).of(['one'], controller.signal);
  controller.abort();
  expect([await isOver(new FirstLook(new FakeClock()).of([], signal)), await isOver(wait)]).toEqual([true, true]);
});
