// Drains at several latencies of PCA, cold and warm, each pair beside a run of the reference.
import type { CaseSettings } from './case.ts';
import { drain } from './runs.ts';
import type { IssuingRun } from './runs.ts';
import { turns } from './turns.ts';
import type { Turns } from './turns.ts';
import { usualShape } from '../stage/signing-requests.ts';
import type { RequestShape } from '../stage/signing-requests.ts';

/** The first and the second drain of one process. */
export interface ColdAndWarm {
  readonly cold: IssuingRun;
  readonly warm: IssuingRun;
}

/** Pairs under one condition. */
export type Pairs = Turns<ColdAndWarm>;

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

async function pairs(settings: CaseSettings, shape: RequestShape, latencyMilliseconds: number): Promise<Pairs> {
  const { stage, sizes } = settings;
  const load = { count: sizes.requests, shape, latencyMilliseconds };
  return turns(settings, load, {
    run: async (one) => {
      const cold = await drain(stage, one, load);
      await stage.removeRequests();
      return { cold, warm: await drain(stage, one, load) };
    },
    tell: (bare, round) => {
      const rates = Object.entries(round).map(
        ([name, { cold, warm }]) => `${name} ${told(cold)} cold, ${told(warm)} warm`,
      );
      const condition = `${latencyMilliseconds} ms, ${shape.key}, ${shape.names} name(s)`;
      return `${condition}: reference ${told(bare)}; ${rates.join('; ')}`;
    },
  });
}

function told({ perSecond, cpu }: Pick<IssuingRun, 'perSecond' | 'cpu'>): string {
  return `${perSecond.toFixed(0)}/s (${cpu.contestant.toFixed(2)} ms)`;
}
