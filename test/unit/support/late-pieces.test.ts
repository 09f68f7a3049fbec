import { expect, it } from 'vitest';
import { LatePieces } from '../../integration/faults/late-pieces.ts';
import { randomFrom } from '../../integration/at-most-once/seed.ts';

it('late pieces keep their order, also on a busy event loop', async () => {
  const random = randomFrom(1);
  const pieces = new LatePieces(() => ({ lowMs: 1, highMs: 10, random }));
  const sent: number[] = [];
  const all = Array.from({ length: 300 }, (_, index) => index);
  await new Promise<void>((resolve) => {
    for (const index of all) {
      pieces.pass(() => {
        sent.push(index);
        if (sent.length === all.length) resolve();
      });
      const busyUntil = performance.now() + random() * 0.2;
      while (performance.now() < busyUntil);
    }
  });
  expect(sent).toEqual(all);
});
