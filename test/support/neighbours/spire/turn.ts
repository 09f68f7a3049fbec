// When SPIRE is tested: in every long run, wherever it is built, and now and then where only the others are. Its server takes longer
// to build than all of them together, more than a run that begins with empty caches has time for.
import { isBuilt } from '../../../../control-plane/driver/go-build.ts';
import { istiodProgram } from '../istio/programs.ts';
import { spirePrograms } from './programs.ts';

/** One run in so many, where it is not built yet. */
const everyRuns = 4;

/**
 * Decides for a whole run of the tests, by SEED where that is set, and leaves the decision to {@link isSpireTested} in the
 * environment; `tell` gets a line when SPIRE is to be built.
 */
export async function drawSpire(
  tell: (line: string) => void,
  seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000),
): Promise<boolean> {
  if (await isSpireTested()) return true;
  if (!isSpiresTurn(seed) || !(await isBuilt(istiodProgram))) return false;
  process.env['TEST_SPIRE'] = '1';
  tell(`SPIRE is built and tested in this run (SEED=${seed}), which takes some ten minutes more the first time.`);
  return true;
}

/** Whether a run with this seed is one that builds it. */
export function isSpiresTurn(seed: number): boolean {
  return seed % everyRuns === 0;
}

/** Whether the tests of this run are with SPIRE. */
export async function isSpireTested(): Promise<boolean> {
  if (process.env['TEST_FULL'] === '1' || process.env['TEST_SPIRE'] === '1') return true;
  return (await Promise.all(spirePrograms.map(isBuilt))).every((each) => each);
}
