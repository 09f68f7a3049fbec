// Which requests need no read of their own: those that nobody else can have answered, and about which nothing was done here.
import { describe, expect, it, test } from 'vitest';
import {
  believedMs,
  mostWatchedRequests,
  WatchedRequests,
} from '../../../../../src/controllers/requests/kinds/watched-requests.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { watching } from './watching.ts';

interface Held {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string };
}

function held(resourceVersion: string, uid = 'a'): Held {
  return { metadata: { uid, resourceVersion } };
}

describe('a version', () => {
  test.each<[string, string | undefined, string, boolean]>([
    ['from after the replica began to lead is kept', '99', '100', true],
    ['at which it began to lead may lack what a former leader wrote later', '100', '100', false],
    ['from before may lack it as well', '100', '99', false],
    ['cannot be placed where the replica does not know when it began', undefined, '100', false],
    ['that is no number cannot be placed', '99', 'b-100', false],
    ['cannot be placed in a collection whose versions are no numbers', 'a-99', '100', false],
  ])('%s', (_, ledFrom, seen, isKept) => {
    const watched = new WatchedRequests<Held>(new FakeClock());
    watched.lead(ledFrom);
    watched.hold(held(seen));
    expect([watched.get('a'), watched.size]).toEqual(isKept ? [held(seen), 1] : [undefined, 0]);
  });

  it('is kept by a leader alone', () => {
    const watched = new WatchedRequests<Held>(new FakeClock());
    watched.hold(held('101'));
    watched.lead('100');
    expect(watched.get('a')).toBeUndefined();
  });

  test.each<[string | undefined, string, boolean]>([
    ['100', '99', true],
    ['100', '100', true],
    ['100', '101', false],
    [undefined, '99', false],
    ['100', 'b-99', false],
    ['a-100', '99', false],
  ])('led from %s: whether %s was there before is %s', (ledFrom, seen, wasBefore) => {
    const watched = new WatchedRequests<Held>(new FakeClock());
    watched.lead(ledFrom);
    expect(watched.wasBefore(seen)).toBe(wasBefore);
  });
});

it('gives the version that was watched last, for a minute', () => {
  const clock = new FakeClock();
  const watched = watching<Held>(clock);
  watched.hold(held('101'));
  clock.advance(believedMs - 1);
  watched.hold(held('102'));
  expect(watched.get('a')).toEqual(held('102'));
  clock.advance(believedMs - 1);
  expect(watched.get('a')).toEqual(held('102'));
  clock.advance(1);
  expect([watched.get('a'), watched.size]).toEqual([undefined, 0]);
});

it('is read live once something was done about it, whatever the watch brings, until it is open no longer', () => {
  const watched = watching<Held>();
  watched.hold(held('101'));
  watched.spend('a');
  watched.hold(held('102'));
  expect(watched.get('a')).toBeUndefined();
  watched.forget('a');
  expect(watched.size).toBe(0);
  watched.hold(held('103'));
  expect(watched.get('a')).toEqual(held('103'));
});

it('keeps so many at a time, those that wait longest', () => {
  const watched = watching<Held>();
  for (let index = 0; index <= mostWatchedRequests; index += 1) watched.hold(held('101', String(index)));
  watched.hold(held('102', '0'));
  expect([watched.size, watched.get('0'), watched.get(String(mostWatchedRequests))]).toEqual([
    mostWatchedRequests,
    held('102', '0'),
    undefined,
  ]);
  watched.forget('1');
  watched.hold(held('103', 'next'));
  expect(watched.get('next')).toEqual(held('103', 'next'));
});
