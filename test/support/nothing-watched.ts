// A kind of request whose objects are all read live.

/** What the watch has brought: nothing. */
export const nothingWatched = {
  get: (): undefined => undefined,
  spend: (): void => {},
  wasBefore: (): boolean => false,
};
