// Turns between flows: order within a flow, one key per flow and round, nothing lost.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FairQueue } from '../../../src/timing/fair-queue.ts';

const flowOf = (key: string): string => key.split('/')[0] ?? '';

function drain(queue: FairQueue): string[] {
  const keys: string[] = [];
  for (let place = queue.take(); place !== undefined; place = queue.take()) keys.push(place.key);
  return keys;
}

test('the only key of a flow waits for one key of the other, not for ten thousand', () => {
  const queue = new FairQueue(flowOf);
  for (let n = 0; n < 10_000; n += 1) queue.push(`many/${n}`, n);
  queue.push('one/0', 10_000);
  expect([queue.take()?.key, queue.take()?.key, queue.take()?.key]).toEqual(['many/0', 'one/0', 'many/1']);
});

test('without flows it is first in, first out', () => {
  const queue = new FairQueue();
  for (const key of ['b/1', 'a/1', 'b/2']) queue.push(key, 0);
  expect(drain(queue)).toEqual(['b/1', 'a/1', 'b/2']);
});

test('a flow that is refused loses its turn and keeps its keys in order', () => {
  const queue = new FairQueue(flowOf);
  for (const key of ['a/1', 'a/2', 'b/1', 'c/1']) queue.push(key, 0);
  const notA = (flow: string): boolean => flow !== 'a';
  expect([queue.take(notA)?.key, queue.take(notA)?.key, queue.take(notA), drain(queue)]).toEqual([
    'b/1',
    'c/1',
    undefined,
    ['a/1', 'a/2'],
  ]);
});

test('tells since when the oldest waits', () => {
  const queue = new FairQueue(flowOf);
  queue.push('a/1', 5);
  queue.push('b/1', 3);
  queue.push('b/2', 9);
  const before = queue.oldest;
  queue.remove('b/1');
  expect([before, queue.oldest, new FairQueue().oldest]).toEqual([3, 5, undefined]);
});

test('whatever is pushed, removed and taken: nothing is lost or given twice, flows keep their order and take turns', () => {
  const key = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(20)).map(([flow, n]) => `${flow}/${n}`);
  const step = fc.oneof(
    fc.record({ do: fc.constant('push' as const), key }),
    fc.record({ do: fc.constant('remove' as const), key }),
    fc.record({ do: fc.constant('take' as const), key }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new FairQueue(flowOf);
      let model: string[] = [];
      for (const { do: what, key: name } of steps) {
        if (what === 'push' && !queue.has(name)) {
          queue.push(name, 0);
          model.push(name);
        } else if (what === 'remove') {
          expect(queue.remove(name)).toBe(model.includes(name));
          model = model.filter((other) => other !== name);
        } else if (what === 'take') {
          const taken = queue.take()?.key;
          const firsts = ['a', 'b', 'c'].flatMap((flow) => model.find((other) => flowOf(other) === flow) ?? []);
          if (taken === undefined) expect(model).toEqual([]);
          else expect(firsts).toContain(taken);
          model = model.filter((other) => other !== taken);
        }
        expect(queue.size).toBe(model.length);
      }
      const left = [...model];
      const flows = new Set(left.map(flowOf)).size;
      const rest = drain(queue);
      expect([...rest].toSorted()).toEqual(left.toSorted());
      // The first round serves every flow once.
      expect(new Set(rest.slice(0, flows).map(flowOf)).size).toBe(flows);
    }),
  );
});
