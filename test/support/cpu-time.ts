// How much work something is: the time of the processor, which a busy machine does not lengthen as it does the clock's. It does
// lengthen it somewhat all the same, since others use caches and cores as well, so what takes long is held against a yardstick.

const mostTries = 15;
// No disturbance makes work that much slower.
const hopeless = 10;
const yardstick = JSON.stringify(Array.from({ length: 4_000 }, (_, index) => ({ index, list: [index, `${index}`] })));
const yardsticks = 6;
// Of all of them, on 2 cores of a server of 2024 that nobody else uses.
const yardstickMs = 8;
// Of the yardstick itself, when a collection of garbage or a compilation falls into it, more may be seen, which says nothing of the work.
const mostSlowness = 4;

/**
 * Milliseconds of this thread's processor time that `work` takes on a machine that does nothing else: the best of `tries`, or the
 * first that is within `budgetMs`. The further the budget is from what the work should take, the fewer tries tell.
 */
export function cpuMs(work: () => void, budgetMs: number, tries = mostTries): number {
  let best = Infinity;
  for (let n = 0; n < tries && best > budgetMs && (n === 0 || best < hopeless * budgetMs); n += 1) {
    const took = spentMs(work);
    best = Math.min(best, took > budgetMs ? took / slowness() : took);
  }
  return best;
}

/** How many times as long as on a quiet machine something takes now; 1 to 4. */
function slowness(): number {
  const took = spentMs(() => {
    for (let n = 0; n < yardsticks; n += 1) JSON.parse(yardstick);
  });
  return Math.min(mostSlowness, Math.max(1, took / yardstickMs));
}

function spentMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
