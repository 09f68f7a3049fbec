// Dear work that arrives together, and what else wants to run.
import { expect, it } from 'vitest';
import { ownTurn } from '../../../src/timing/turns.ts';

it('gives one turn of the event loop to each who asks, in order, and whatever else is due runs between them', async () => {
  const order: string[] = [];
  const work = async (name: string): Promise<void> => {
    await ownTurn();
    order.push(name);
    // What a promise leads to belongs to the same turn.
    await Promise.resolve();
    order.push(`${name} goes on`);
  };
  const others = new Promise<void>((resolve) => {
    let left = 4;
    const other = (): void => {
      order.push('other');
      left -= 1;
      if (left === 0) resolve();
      else setImmediate(other);
    };
    setImmediate(other);
  });
  await Promise.all([work('a'), work('b'), work('c'), others]);
  expect(order).toEqual(['other', 'a', 'a goes on', 'other', 'b', 'b goes on', 'other', 'c', 'c goes on', 'other']);
});

it('gives the next who asks a turn again after nobody did', async () => {
  await ownTurn();
  let isLater = false;
  setImmediate(() => (isLater = true));
  await ownTurn();
  expect(isLater).toBe(true);
});
