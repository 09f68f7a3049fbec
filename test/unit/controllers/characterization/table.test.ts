// The reconcile of a request as it can be seen from outside: each row is a situation with all that comes of it.
import { expect, test } from 'vitest';
import { play } from './plumbing.ts';
import { rows } from './scenes.ts';

test.each(rows.map((row) => [row.name, row] as const))('%s', async (_, { scene, expected }) => {
  expect(await play(scene)).toEqual(expected);
});
