// Approvals inside the window, against what approving and applying alone allow.
import { forEach, gathered, inTurn, withFresh } from './case.ts';
import type { ByContestant, CaseSettings } from './case.ts';
import { burst, drain, reference } from './runs.ts';
import type { IssuingRun, ReferenceRun } from './runs.ts';

/** The n-th entries of all lists were taken in one turn. */
export interface BurstFigures {
  readonly reference: readonly ReferenceRun[];
  readonly contestants: ByContestant<readonly IssuingRun[]>;
}

/** What an issuer that costs nothing could get through: each certificate is one approval and one apply. */
export function burstCeiling({ perSecond, approvalsPerSecond }: ReferenceRun): number {
  return 1 / (1 / perSecond + 1 / approvalsPerSecond);
}

/** Runs the bursts, each with a process that is warm. */
export async function bursts({ stage, contestants, sizes, sample, say }: CaseSettings): Promise<BurstFigures> {
  const load = { count: sizes.requests };
  const references: ReferenceRun[] = [];
  const rounds: ByContestant<IssuingRun>[] = [];
  for (let pair = 0; pair < sizes.pairs; pair += 1) {
    const bare = await reference(stage, sample, load);
    await stage.removeRequests();
    references.push(bare);
    const round = await forEach(inTurn(contestants, pair), async (contestant) =>
      withFresh(stage, contestant, async (running) => {
        await drain(stage, { contestant, running }, load);
        await stage.removeRequests();
        return burst(stage, { contestant, running }, load);
      }),
    );
    rounds.push(round);
    const rates = Object.entries(round).map(([name, { perSecond }]) => `${name} ${perSecond.toFixed(0)}/s`);
    say(`  ceiling ${burstCeiling(bare).toFixed(0)}/s; ${rates.join('; ')}`);
  }
  return { reference: references, contestants: gathered(rounds) };
}
