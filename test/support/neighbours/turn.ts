// When the large neighbours are tested: in every long run, wherever they are built, and in turn where only the small ones are.
// Each takes longer to build than all small ones together, which a run that begins with empty caches has no time for.
import { isBuilt } from '../../../control-plane/driver/go-build.ts';
import type { GoProgram } from '../../../control-plane/driver/go-build.ts';
import { promtoolProgram } from '../../../control-plane/driver/programs.ts';
import { approverPolicyProgram } from './approver-policy/approver-policy.ts';
import { istioAgentProgram, istioCsrClientProgram, istiodProgram } from './istio/programs.ts';
import { spirePrograms } from './spire/programs.ts';
import { trustManagerProgram } from './trust-manager/trust-manager.ts';

/** Neighbours whose tests wait for their turn. */
export type LargeNeighbour = keyof typeof largeNeighbours;

/** Their programs. */
export const largeNeighbours = {
  istio: [istioAgentProgram, istiodProgram],
  spire: spirePrograms,
} as const satisfies Readonly<Record<string, readonly GoProgram[]>>;

/** What every run tests. */
export const smallNeighbours: readonly GoProgram[] = [
  istioCsrClientProgram,
  approverPolicyProgram,
  trustManagerProgram,
  promtoolProgram,
];

const names = Object.keys(largeNeighbours) as LargeNeighbour[];
const variable = 'TEST_NEIGHBOURS';

/**
 * Decides which of them a whole run of the tests is with, by SEED where that is set, and leaves the decision to
 * {@link isTested} in the environment; `tell` gets a line when one is to be built.
 */
export async function drawNeighbours(
  tell: (line: string) => void,
  seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000),
): Promise<readonly LargeNeighbour[]> {
  const tested = await Promise.all(names.map(isTested));
  const ready = names.filter((_, index) => tested[index] === true);
  const drawn = drawnBy(
    seed,
    names.filter((name) => !ready.includes(name)),
  );
  if (drawn === undefined || !(await areBuilt(smallNeighbours))) return ready;
  process.env[variable] = drawn;
  tell(`${drawn} is built and tested in this run (SEED=${seed}), which takes some ten minutes more the first time.`);
  return [...ready, drawn];
}

/** Every second run builds one of those that are missing. */
export function drawnBy(seed: number, missing: readonly LargeNeighbour[]): LargeNeighbour | undefined {
  return seed % 2 === 0 ? missing[(seed / 2) % missing.length] : undefined;
}

/** Whether the tests of this run are with this neighbour. */
export async function isTested(name: LargeNeighbour): Promise<boolean> {
  if (process.env['TEST_FULL'] === '1' || process.env[variable] === name) return true;
  return areBuilt(largeNeighbours[name]);
}

async function areBuilt(programs: readonly GoProgram[]): Promise<boolean> {
  return (await Promise.all(programs.map(isBuilt))).every((each) => each);
}
