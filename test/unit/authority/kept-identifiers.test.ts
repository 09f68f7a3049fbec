// What is kept of a list: all of a short one, of an endless one what somebody waits for.
import { expect, test } from 'vitest';
import { KeptIdentifiers } from '../../../src/authority/kept-identifiers.ts';

test('all of a short list is kept', () => {
  const kept = new KeptIdentifiers(() => []);
  for (let n = 0; n < 5_000; n += 1) kept.add(`name-${n}`, `id-${n}`);
  expect([kept.size, kept.of('name-4999'), kept.of('other'), kept.isWhole('other')]).toEqual([
    5_000,
    ['id-4999'],
    [],
    true,
  ]);
});

test('of a million certificates no more is kept than the first ones and those that somebody waits for', () => {
  const waited = ['name-4', 'name-900000', 'absent'];
  const kept = new KeptIdentifiers(() => waited);
  for (let n = 0; n < 1_000_000; n += 1) kept.add(`name-${n}`, `id-${n}`);
  expect(kept.size).toBe(5_001);
  expect(
    ['name-4', 'name-900000', 'absent', 'name-5', 'name-5000'].map((name) => [kept.of(name), kept.isWhole(name)]),
  ).toEqual([
    [['id-4'], true],
    [['id-900000'], true],
    [[], true],
    [['id-5'], false],
    [[], false],
  ]);
});

test('who begins to wait when a list was passed in part is not told that it lacks something', () => {
  const waited = new Set<string>();
  const kept = new KeptIdentifiers(() => waited);
  for (let n = 0; n < 5_001; n += 1) kept.add(`name-${n}`, `id-${n}`);
  waited.add('name-5000');
  expect([kept.of('name-5000'), kept.isWhole('name-5000')]).toEqual([[], false]);
});

test('a list with hundreds of certificates for one key is not believed', () => {
  const kept = new KeptIdentifiers(() => ['key']);
  const added = Array.from({ length: 300 }, (_, n) => kept.add('key', `id-${n}`));
  expect([kept.size, added.filter(Boolean).length, kept.of('key').length]).toEqual([256, 256, 256]);
});
