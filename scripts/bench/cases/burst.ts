// Approvals inside the window, against what approving and applying alone allow.
import type { CaseSettings } from './case.ts';
import { burst, drain } from './runs.ts';
import type { IssuingRun, ReferenceRun } from './runs.ts';
import { turns } from './turns.ts';
import type { Turns } from './turns.ts';

/** Bursts, each of a process that is warm. */
export type BurstFigures = Turns<IssuingRun>;

/** What an issuer that costs nothing could get through: each certificate is one approval and one apply. */
export function burstCeiling({ perSecond, approvalsPerSecond }: ReferenceRun): number {
  return 1 / (1 / perSecond + 1 / approvalsPerSecond);
}

/** Runs the bursts, each with a process that is warm. */
export async function bursts(settings: CaseSettings): Promise<BurstFigures> {
  const { stage, sizes } = settings;
  const load = { count: sizes.requests };
  return turns(settings, load, {
    run: async (one) => {
      await drain(stage, one, load);
      await stage.removeRequests();
      return burst(stage, one, load);
    },
    tell: (bare, round) => {
      const rates = Object.entries(round).map(([name, { perSecond }]) => `${name} ${perSecond.toFixed(0)}/s`);
      return `ceiling ${burstCeiling(bare).toFixed(0)}/s; ${rates.join('; ')}`;
    },
  });
}
