// A part of a large matrix for everyday runs: chosen by a seed, so that a failure can be seen again.
/**
 * `count` of the items in their order, all of them with `npm run test:full`; SEED in the environment chooses others where the
 * caller has no seed.
 */
export function sampleOf<Item>(
  items: readonly Item[],
  count: number,
  seed = Number(process.env['SEED'] ?? 1),
): readonly Item[] {
  if (process.env['TEST_FULL'] === '1') return items;
  const random = generator(seed);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, items.length)) chosen.add(Math.floor(random() * items.length));
  return items.filter((_, index) => chosen.has(index));
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
