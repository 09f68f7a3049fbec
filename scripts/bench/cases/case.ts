// What every case is told, and how its runs of several contestants are laid out.
import type { CertificateRequest } from '../../../src/crds/cert-manager.ts';
import type { Contestant, Running, StartSettings } from '../contestants/contestant.ts';
import { withinReason, wanted } from './runs.ts';
import type { Stage } from '../stage/stage.ts';
import type { Sizes } from './sizes.ts';

/** What a case works with. */
export interface CaseSettings {
  readonly stage: Stage;
  readonly contestants: readonly Contestant[];
  readonly sizes: Sizes;
  /** A finished request, whose status the reference applies too. */
  readonly sample: CertificateRequest;
  readonly say: (text: string) => void;
}

/** Figures of several contestants under their names. */
export type ByContestant<Figures> = Readonly<Record<string, Figures>>;

/** Runs `work` with a fresh process of a contestant, which is gone afterwards as its requests are. */
export async function withFresh<Figures>(
  stage: Stage,
  contestant: Contestant,
  work: (running: Running) => Promise<Figures>,
  settings?: StartSettings,
): Promise<Figures> {
  const running = await contestant.start(stage.where, settings);
  try {
    if (running.readyMs === undefined) await served(stage, contestant);
    return await work(running);
  } finally {
    await running.kill();
    await stage.removeRequests();
  }
}

/** The same work for each contestant, in turn. */
export async function forEach<Figures>(
  contestants: readonly Contestant[],
  work: (contestant: Contestant) => Promise<Figures>,
): Promise<ByContestant<Figures>> {
  const figures: Record<string, Figures> = {};
  for (const contestant of contestants) figures[contestant.name] = await work(contestant);
  return figures;
}

/** The contestants in the order of their n-th turn: nobody is always the first after the reference. */
export function inTurn(contestants: readonly Contestant[], turn: number): readonly Contestant[] {
  const first = turn % Math.max(1, contestants.length);
  return [...contestants.slice(first), ...contestants.slice(0, first)];
}

/** Turns a list of figures by contestant into lists by contestant. */
export function gathered<Figures>(rounds: readonly ByContestant<Figures>[]): ByContestant<readonly Figures[]> {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, rounds.map((round) => round[name]).filter((each) => each !== undefined)]),
  );
}

/** Has a contestant that runs serve one request; resolves with it as it was made. */
export async function served(stage: Stage, contestant: Contestant): Promise<CertificateRequest> {
  const [request] = await stage.requests.make(1, wanted(contestant));
  if (request === undefined) throw new Error('No request was made.');
  const { done } = stage.watch.await([request.metadata.name]);
  await stage.requests.approve(request);
  await withinReason(done, 1);
  return request;
}
