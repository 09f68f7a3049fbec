// Which entry of an issuer issues. Pure.

/** What is known of an entry now. */
export interface EntrySeen {
  readonly isUsable: boolean;
  /** Where it is not: it fails for something that another entry stands in for. */
  readonly isFailedOver: boolean;
  /** It has been as it is for long enough to be left, or to be gone back to. */
  readonly isSteady: boolean;
}

/** The index of the entry that issues from now on; undefined where none may, and then the one in use says why. */
export function chosenEntry(seen: readonly EntrySeen[], inUse: number): number | undefined {
  const present = seen[inUse];
  if (present?.isUsable === true) {
    const better = seen.findIndex(({ isUsable, isSteady }, index) => index < inUse && isUsable && isSteady);
    return better === -1 ? inUse : better;
  }
  if (present?.isFailedOver !== true || !present.isSteady) return undefined;
  // What another entry does not stand in for ends the search: somebody has to look at it.
  const next = seen.findIndex(({ isUsable, isFailedOver }) => isUsable || !isFailedOver);
  return seen[next]?.isUsable === true ? next : undefined;
}
