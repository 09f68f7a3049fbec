// A store brought to a whole state in one go, as a list does it in time slices.
import type { Store, StoreEntry } from '../../src/kubernetes/store.ts';
import { TimeSlice } from '../../src/timing/time-slice.ts';

/** Replaces everything in the store; listeners have been told when it returns. */
export function replaceAll<T>(store: Store<T>, entries: ReadonlyMap<string, StoreEntry<T>>, rewound = false): void {
  const next = store.emptyContents();
  for (const [key, entry] of entries) next.set(key, entry);
  void store.replace(next, { rewound, slice: new TimeSlice({ monotonic: () => 0 }) });
}
