// The longest turns of our operator's event loop. Apart from the other cases, since looking for them costs time itself.
import { join } from 'node:path';
import { probed, ProcessWatch } from '../../../test/support/hostile/process-watch.ts';
import type { Turn } from '../../../test/support/hostile/process-watch.ts';
import type { Running } from '../contestants/contestant.ts';
import { forEach, withFresh } from './case.ts';
import type { ByContestant, CaseSettings } from './case.ts';
import { drain, settled } from './runs.ts';

/** The longest turn in each phase; all zero where none took 10 ms. */
export interface StallFigures {
  readonly start: Turn;
  readonly cold: Turn;
  readonly warm: Turn;
}

const none: Turn = { ms: 0, collectedMs: 0, ownMs: 0 };

/** Measures each of our own contestants alone. */
export async function stalls({ stage, contestants, sizes, say }: CaseSettings): Promise<ByContestant<StallFigures>> {
  const own = contestants.filter(({ isOwn }) => isOwn);
  return forEach(own, async (contestant) => {
    const file = join(stage.where.directory, `${contestant.name}-loop-${performance.now()}`);
    const longest = (running: Running, from: number): Turn =>
      new ProcessWatch(running, file).longestTurns(from)[0] ?? none;
    const from = performance.now();
    const work = async (running: Running): Promise<StallFigures> => {
      await settled(stage, running);
      const start = longest(running, from);
      const drained = async (): Promise<Turn> => {
        const began = performance.now();
        await drain(stage, { contestant, running }, { count: sizes.requests });
        await stage.removeRequests();
        return longest(running, began);
      };
      return { start, cold: await drained(), warm: await drained() };
    };
    const figures = await withFresh(stage, contestant, work, { environment: probed(file) });
    say(`  ${contestant.name}: ${JSON.stringify(figures)}`);
    return figures;
  });
}
