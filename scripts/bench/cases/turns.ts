// Turns: in each the reference and every contestant run once, so that what the machine does meanwhile meets them alike.
import type { Contestant, Running } from '../contestants/contestant.ts';
import { forEach, gathered, inTurn, withFresh } from './case.ts';
import type { ByContestant, CaseSettings } from './case.ts';
import { reference } from './runs.ts';
import type { Load, ReferenceRun } from './runs.ts';

/** What the turns came to. The n-th entries of all lists were taken in one turn. */
export interface Turns<Figures> {
  readonly reference: readonly ReferenceRun[];
  readonly contestants: ByContestant<readonly Figures[]>;
}

/** Runs all turns with fresh processes; `tell` makes a line of each. */
export async function turns<Figures>(
  { stage, contestants, sizes, sample, say }: CaseSettings,
  load: Load,
  {
    run,
    tell,
  }: {
    readonly run: (one: { readonly contestant: Contestant; readonly running: Running }) => Promise<Figures>;
    readonly tell: (bare: ReferenceRun, round: ByContestant<Figures>) => string;
  },
): Promise<Turns<Figures>> {
  const references: ReferenceRun[] = [];
  const rounds: ByContestant<Figures>[] = [];
  for (let turn = 0; turn < sizes.pairs; turn += 1) {
    const bare = await reference(stage, sample, load);
    await stage.removeRequests();
    references.push(bare);
    const round = await forEach(inTurn(contestants, turn), async (contestant) =>
      withFresh(stage, contestant, async (running) => run({ contestant, running })),
    );
    rounds.push(round);
    say(`  ${tell(bare, round)}`);
  }
  return { reference: references, contestants: gathered(rounds) };
}
