// Who gets a place, in which order, and that none is lost.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestSlots } from '../../../src/kubernetes/request-slots.ts';

const never = new AbortController().signal;

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('one flow gets half of the places, and a newcomer finds one', async () => {
  const slots = new RequestSlots(8);
  const given: string[] = [];
  const ask = (flow: string, times: number): void => {
    for (let n = 0; n < times; n += 1) void slots.take(flow, never).then(() => given.push(flow));
  };
  ask('a', 20);
  ask('b', 20);
  ask('c', 20);
  await turn();
  expect(given.join('')).toBe('aaaabbc');
});

test('who leaves the line before its turn gets no place, and rejects with the reason', async () => {
  const slots = new RequestSlots(1);
  const first = await slots.take('a', never);
  const leaving = new AbortController();
  const left = slots.take('a', leaving.signal);
  const next = slots.take('a', never);
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  await expect(slots.take('a', leaving.signal)).rejects.toThrow('gone');
  first[Symbol.dispose]();
  expect(Symbol.dispose in (await next)).toBe(true);
});

test('whatever is asked for, left and given back: there are never too many, and at the end all are free again', async () => {
  const step = fc.record({
    flow: fc.constantFrom('a', 'b', 'c'),
    abort: fc.boolean(),
    back: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), async (steps, places) => {
      const slots = new RequestSlots(places);
      const held: Disposable[] = [];
      let most = 0;
      let open = 0;
      for (const { flow, abort, back } of steps) {
        const signal = new AbortController();
        open += 1;
        void slots.take(flow, signal.signal).then(
          (slot) => {
            held.push(slot);
            most = Math.max(most, held.length);
            return slot;
          },
          () => {
            open -= 1;
            return undefined;
          },
        );
        if (abort) signal.abort();
        await Promise.resolve();
        if (back) {
          for (const slot of held.splice(0, 1)) {
            slot[Symbol.dispose]();
            open -= 1;
          }
        }
      }
      while (open > 0) {
        await turn();
        for (const slot of held.splice(0)) {
          slot[Symbol.dispose]();
          open -= 1;
        }
      }
      expect(most).toBeLessThanOrEqual(places);
      await Promise.all(Array.from({ length: places }, async (_, n) => slots.take(`new ${n}`, never)));
    }),
  );
});
