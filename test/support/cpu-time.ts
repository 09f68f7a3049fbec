// How much work something is: the time of the processor, which a busy machine does not lengthen as it does the clock's.

const tries = 15;
// No disturbance makes work that much slower.
const hopeless = 10;

/** Milliseconds of this thread's processor time that `work` takes: the best of several, or the first that is within `budgetMs`. */
export function cpuMs(work: () => void, budgetMs: number): number {
  let best = Infinity;
  for (let n = 0; n < tries && best > budgetMs && (n === 0 || best < hopeless * budgetMs); n += 1) {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}
