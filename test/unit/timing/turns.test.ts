// Dear work that arrives together, and what else wants to run.
import { expect, it } from 'vitest';
import { ownTurn, TurnShare } from '../../../src/timing/turns.ts';
import { FakeClock } from '../../support/fake-clock.ts';

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

it('gives many pieces of work a share of each turn, in order, and whatever else is due runs between the shares', async () => {
  const clock = new FakeClock();
  const share = new TurnShare(5, clock);
  const order: string[] = [];
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const work = (name: string): void => {
    if (share.isUsedUp()) return share.later(() => work(name));
    clock.advance(3);
    order.push(name);
    if (name === 'e') end();
  };
  const other = (): void => {
    order.push('other');
    if (!order.includes('e')) setImmediate(other);
  };
  for (const name of ['a', 'b', 'c', 'd', 'e']) work(name);
  setImmediate(other);
  await over;
  expect(order).toEqual(['a', 'b', 'c', 'd', 'other', 'e']);
});

it('lets in together as many of those who wait as the share of a turn lasts for', async () => {
  const clock = new FakeClock();
  const share = new TurnShare(5, clock);
  const order: string[] = [];
  const work = async (name: string): Promise<void> => {
    while (share.isUsedUp()) await share.laterTurn();
    clock.advance(3);
    order.push(name);
  };
  let isOver = false;
  const other = (): void => {
    order.push('other');
    if (!isOver) setImmediate(other);
  };
  setImmediate(other);
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map(work));
  isOver = true;
  expect(order).toEqual(['a', 'b', 'other', 'c', 'd', 'other', 'e']);
});

it('gives a share of the turn again after nobody asked for a while', async () => {
  const clock = new FakeClock();
  const share = new TurnShare(5, clock);
  const used = [share.isUsedUp()];
  clock.advance(5);
  used.push(share.isUsedUp());
  await new Promise((resolve) => setImmediate(resolve));
  used.push(share.isUsedUp());
  expect(used).toEqual([false, true, false]);
});
