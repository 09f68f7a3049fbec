// The end of a test run whose parent was killed: nobody would see its result, and a cluster would run on for minutes.
const pollMs = 300;

/** Calls `end` once, soon after the process that started this one is gone. Does not keep this one running. */
export function watchParent(end: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) {
      clearInterval(watch);
      end();
    }
  }, pollMs);
  watch.unref();
}
