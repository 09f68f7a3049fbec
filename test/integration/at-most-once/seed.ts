// Random choices that can be made again: AT_MOST_ONCE_SEED sets the seed.
/** The seed of this run. */
export const seed = Number(process.env['AT_MOST_ONCE_SEED'] ?? Date.now() % 1_000_000);

/** A generator of numbers in [0, 1) (mulberry32). */
export function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many of the list, in its order. */
export function chosen<Item>(list: readonly Item[], count: number): readonly Item[] {
  const random = randomFrom(seed);
  const drawn = list.map((item, index) => ({ item, index, order: random() })).toSorted((a, b) => a.order - b.order);
  return drawn
    .slice(0, count)
    .toSorted((a, b) => a.index - b.index)
    .map(({ item }) => item);
}
