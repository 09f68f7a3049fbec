import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Store } from '../../../src/kubernetes/store.ts';
import type { StoreChange, StoreEntry } from '../../../src/kubernetes/store.ts';
import { systemClock } from '../../../src/timing/clock.ts';
import { TimeSlice } from '../../../src/timing/time-slice.ts';
import { replaceAll } from '../../support/store-contents.ts';

interface Item {
  readonly issuer: string;
  readonly tags: readonly string[];
}

function entry(resourceVersion: string, issuer: string, uid = 'u'): StoreEntry<Item> {
  return { uid, resourceVersion, object: { issuer, tags: ['t'] } };
}

function storeWithChanges(): { store: Store<Item>; changes: StoreChange<Item>[] } {
  const store = new Store<Item>({ issuer: ({ issuer }) => [issuer], tag: ({ tags }) => tags });
  const changes: StoreChange<Item>[] = [];
  store.onChange((change) => changes.push(change));
  return { store, changes };
}

describe('Store', () => {
  test('tells what changed, one change for each, and nothing for a version it has', () => {
    const { store, changes } = storeWithChanges();
    store.set('a', entry('1', 'x'));
    store.set('a', entry('1', 'x'));
    store.set('a', entry('2', 'y'));
    store.delete('a');
    store.delete('a');
    const [x, y] = [entry('1', 'x').object, entry('2', 'y').object];
    expect(changes).toEqual([
      { type: 'added', key: 'a', object: x, previous: undefined },
      { type: 'updated', key: 'a', object: y, previous: x },
      { type: 'deleted', key: 'a', object: y, previous: y },
    ]);
  });

  test.each(['set', 'replace'])('treats the same name with another uid as deleted and added (%s)', (way) => {
    const { store, changes } = storeWithChanges();
    store.set('a', entry('1', 'x', 'old'));
    const next = entry('2', 'y', 'new');
    if (way === 'set') store.set('a', next);
    else replaceAll(store, new Map([['a', next]]));
    expect(changes.slice(1)).toEqual([
      { type: 'deleted', key: 'a', object: entry('1', 'x').object, previous: entry('1', 'x').object },
      { type: 'added', key: 'a', object: next.object, previous: undefined },
    ]);
    expect(store.entry('a')).toEqual(next);
  });

  test('takes over a whole state at once: listeners see all of it and hear only of differences', () => {
    const { store, changes } = storeWithChanges();
    store.set('gone', entry('1', 'x'));
    store.set('same', entry('1', 'x'));
    store.set('newer', entry('1', 'x'));
    const sizes: number[] = [];
    store.onChange(() => sizes.push(store.byIndex('issuer', 'y').length));
    changes.length = 0;
    replaceAll(
      store,
      new Map([
        ['same', entry('1', 'x')],
        ['newer', entry('2', 'y')],
        ['fresh', entry('3', 'y')],
      ]),
    );
    expect(changes.map(({ type, key }) => `${type} ${key}`)).toEqual(['deleted gone', 'updated newer', 'added fresh']);
    expect(sizes).toEqual([2, 2, 2]);
  });

  test('tells of everything in a history that went back, since a version that is known may be another one', () => {
    const { store, changes } = storeWithChanges();
    store.set('same', entry('5', 'x'));
    store.set('gone', entry('6', 'x'));
    changes.length = 0;
    replaceAll(store, new Map([['same', entry('5', 'y')]]), true);
    const [x, y] = [entry('5', 'x').object, entry('5', 'y').object];
    expect(changes).toEqual([
      { type: 'deleted', key: 'gone', object: x, previous: x, rewound: true },
      { type: 'updated', key: 'same', object: y, previous: x, rewound: true },
    ]);
    expect(store.keysByIndex('issuer', 'y')).toEqual(['same']);
  });

  test('takes over tens of thousands of objects without holding the event loop, each told once', async () => {
    const { store, changes } = storeWithChanges();
    const next = store.emptyContents();
    const count = 30_000;
    for (let n = 0; n < count; n += 1) next.set(`k${n}`, entry('1', 'x', `u${n}`));
    let turns = 0;
    const taken = store.replace(next, { rewound: false, slice: new TimeSlice(systemClock) });
    const before = store.size;
    while (changes.length < count) {
      turns += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await taken;
    expect([before, changes.length, new Set(changes.map(({ key }) => key)).size]).toEqual([count, count, count]);
    expect(turns).toBeGreaterThan(3);
  });

  test('keeps what listeners and index functions throw away from the state', () => {
    const store = new Store<Item>({
      issuer: ({ issuer }) => {
        if (issuer === 'bad') throw new Error('index');
        return [issuer];
      },
    });
    const errors: unknown[] = [];
    const heard: string[] = [];
    store.onListenerError((error) => errors.push(error));
    store.onChange(() => {
      throw new Error('listener');
    });
    store.onChange(({ key }) => heard.push(key));
    store.set('a', entry('1', 'bad'));
    store.set('b', entry('1', 'good'));
    expect(errors).toEqual([new Error('index'), new Error('listener'), new Error('listener')]);
    expect(heard).toEqual(['a', 'b']);
    expect([store.size, store.byIndex('issuer', 'good').length]).toEqual([2, 1]);
  });

  test('freezes objects deeply', () => {
    const { store } = storeWithChanges();
    store.set('a', entry('1', 'x'));
    expect([Object.isFrozen(store.get('a')), Object.isFrozen(store.get('a')?.tags)]).toEqual([true, true]);
  });

  test('refuses an index it does not have', () => {
    expect(() => new Store<Item>({}).byIndex('none', 'x')).toThrow('The store has no index none.');
  });

  test('finds the same by index as by looking at every object, whatever happened before', () => {
    const step = fc.record({
      action: fc.constantFrom('set', 'delete', 'replace'),
      key: fc.constantFrom('a', 'b', 'c'),
      uid: fc.constantFrom('1', '2'),
      version: fc.nat(3).map(String),
    });
    // One version is one content.
    const entryOf = (version: string, uid: string): StoreEntry<Item> =>
      entry(version, Number(version) % 2 === 0 ? 'x' : 'y', uid);
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { store } = storeWithChanges();
        const mirror = new Map<string, Item>();
        store.onChange(({ type, key, object }) => (type === 'deleted' ? mirror.delete(key) : mirror.set(key, object)));
        for (const { action, key, uid, version } of steps) {
          if (action === 'set') store.set(key, entryOf(version, uid));
          else if (action === 'delete') store.delete(key);
          else replaceAll(store, new Map([[key, entryOf(version, uid)]]));
        }
        expect(new Map(store.keys().map((key) => [key, store.get(key)]))).toEqual(mirror);
        for (const issuer of ['x', 'y']) {
          expect(new Set(store.byIndex('issuer', issuer))).toEqual(
            new Set(store.list().filter((item) => item.issuer === issuer)),
          );
        }
      }),
    );
  });
});
