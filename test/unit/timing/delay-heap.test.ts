// Keys by the time they are due: earliest first, brought forward but never put off, and no memory for what was removed.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DelayHeap } from '../../../src/timing/delay-heap.ts';

describe('DelayHeap', () => {
  it('gives keys by their earliest time, whatever the order of adding and removing', () => {
    const entry = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      due: fc.integer({ min: 0, max: 20 }),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const heap = new DelayHeap();
        const model = new Map<string, number>();
        for (const { key, due, remove } of entries) {
          if (remove) {
            heap.remove(key);
            model.delete(key);
          } else {
            heap.add(key, due);
            model.set(key, Math.min(due, model.get(key) ?? Number.POSITIVE_INFINITY));
          }
          expect([heap.size, heap.earliest]).toEqual([
            model.size,
            model.size === 0 ? undefined : Math.min(...model.values()),
          ]);
        }
        const early = heap.takeDue(10);
        expect(early.map((key) => model.get(key))).toEqual(
          [...model.values()].filter((due) => due <= 10).sort((a, b) => a - b),
        );
        expect(heap.size).toBe(model.size - early.length);
      }),
    );
  });

  it('brings a key forward, but does not put it off', () => {
    const heap = new DelayHeap();
    heap.add('a', 10);
    heap.add('a', 5);
    heap.add('a', 20);
    expect([heap.earliest, heap.takeDue(4), heap.takeDue(5), heap.takeDue(100), heap.size]).toEqual([
      5,
      [],
      ['a'],
      [],
      0,
    ]);
  });

  it('takes a key that was removed and added again at its new time', () => {
    const heap = new DelayHeap();
    heap.add('a', 5);
    heap.remove('a');
    heap.add('a', 10);
    expect([heap.takeDue(9), heap.takeDue(10)]).toEqual([[], ['a']]);
  });

  // Rebuilding at every tenth of these would not end within the test's deadline, nor would never dropping any.
  it('stays quick when one key is put far off and removed again and again', () => {
    const heap = new DelayHeap();
    for (let round = 0; round < 200_000; round += 1) {
      heap.add('a', 1_000_000 + round);
      heap.remove('a');
    }
    heap.add('b', 1);
    expect([heap.size, heap.takeDue(1)]).toEqual([1, ['b']]);
  });
});
