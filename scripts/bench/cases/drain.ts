// Drains at several latencies of PCA, cold and warm, each pair beside a run of the reference.
import { forEach, gathered, inTurn, withFresh } from './case.ts';
import type { ByContestant, CaseSettings } from './case.ts';
import { drain, reference } from './runs.ts';
import type { IssuingRun, ReferenceRun } from './runs.ts';
import { usualShape } from '../stage/signing-requests.ts';
import type { RequestShape } from '../stage/signing-requests.ts';

/** The first and the second drain of one process. */
export interface ColdAndWarm {
  readonly cold: IssuingRun;
  readonly warm: IssuingRun;
}

/** Pairs under one condition. The n-th entries of all lists were taken in one turn. */
export interface Pairs {
  readonly reference: readonly ReferenceRun[];
  readonly contestants: ByContestant<readonly ColdAndWarm[]>;
}

/** Drains at one latency. */
export interface DrainFigures extends Pairs {
  readonly latencyMilliseconds: number;
}

/** Drains of requests of one kind. */
export interface KeyFigures extends Pairs {
  readonly shape: RequestShape;
}

/** Runs the drains at all latencies. */
export async function drains(settings: CaseSettings): Promise<readonly DrainFigures[]> {
  const figures: DrainFigures[] = [];
  for (const latencyMilliseconds of settings.sizes.latencies)
    figures.push({ latencyMilliseconds, ...(await pairs(settings, usualShape, latencyMilliseconds)) });
  return figures;
}

const shapes: readonly RequestShape[] = [
  usualShape,
  { key: 'RSA-2048', names: 1 },
  { key: 'RSA-4096', names: 1 },
  { key: 'P-256', names: 100 },
];

/** Runs the drains of requests with other keys, and with many names. */
export async function keys(settings: CaseSettings): Promise<readonly KeyFigures[]> {
  const figures: KeyFigures[] = [];
  for (const shape of shapes) figures.push({ shape, ...(await pairs(settings, shape, 0)) });
  return figures;
}

async function pairs(
  { stage, contestants, sizes, sample, say }: CaseSettings,
  shape: RequestShape,
  latencyMilliseconds: number,
): Promise<Pairs> {
  const load = { count: sizes.requests, shape, latencyMilliseconds };
  const references: ReferenceRun[] = [];
  const rounds: ByContestant<ColdAndWarm>[] = [];
  for (let pair = 0; pair < sizes.pairs; pair += 1) {
    const bare = await reference(stage, sample, load);
    await stage.removeRequests();
    references.push(bare);
    const round = await forEach(inTurn(contestants, pair), async (contestant) =>
      withFresh(stage, contestant, async (running) => {
        const cold = await drain(stage, { contestant, running }, load);
        await stage.removeRequests();
        return { cold, warm: await drain(stage, { contestant, running }, load) };
      }),
    );
    rounds.push(round);
    const rates = Object.entries(round).map(
      ([name, { cold, warm }]) => `${name} ${told(cold)} cold, ${told(warm)} warm`,
    );
    say(
      `  ${latencyMilliseconds} ms, ${shape.key}, ${shape.names} name(s): reference ${told(bare)}; ${rates.join('; ')}`,
    );
  }
  return { reference: references, contestants: gathered(rounds) };
}

function told({ perSecond, cpu }: Pick<IssuingRun, 'perSecond' | 'cpu'>): string {
  return `${perSecond.toFixed(0)}/s (${cpu.contestant.toFixed(2)} ms)`;
}
