// From the start of a process until it is ready, and until the first certificate where many requests wait.
import { forEach, withFresh } from './case.ts';
import type { ByContestant, CaseSettings } from './case.ts';
import { withinReason, wanted } from './runs.ts';

/** Times of one contestant in milliseconds from the start of the process. */
export interface StartFigures {
  /** Several starts in a cluster without requests; empty where a contestant cannot say that it is ready. */
  readonly readyMs: readonly number[];
  readonly withWaiting: {
    readonly waiting: number;
    readonly readyMs: number | undefined;
    readonly firstCertificateMs: number;
  };
}

/** Measures each contestant alone. */
export async function starts({ stage, contestants, sizes, say }: CaseSettings): Promise<ByContestant<StartFigures>> {
  return forEach(contestants, async (contestant) => {
    const readyMs: number[] = [];
    for (let start = 0; start < sizes.pairs && contestant.isOwn; start += 1) {
      const ready = await withFresh(stage, contestant, async (running) => running.readyMs);
      if (ready !== undefined) readyMs.push(ready);
    }
    const made = await stage.requests.make(sizes.waiting, wanted(contestant));
    await stage.requests.approveAll(made);
    // PCA's list is read as far back as the requests are old; what earlier cases left there would be read by chance.
    await stage.simulator.reset();
    const { first } = stage.watch.await(made.map(({ metadata }) => metadata.name));
    const running = await contestant.start(stage.where);
    try {
      const at = await withinReason(first, sizes.waiting);
      const withWaiting = {
        waiting: sizes.waiting,
        readyMs: running.readyMs,
        firstCertificateMs: at - running.startedAt,
      };
      say(`  ${contestant.name}: ready after ${readyMs.map(Math.round).join(', ')} ms; ${JSON.stringify(withWaiting)}`);
      return { readyMs, withWaiting };
    } finally {
      await running.kill();
      await stage.removeRequests();
    }
  });
}
