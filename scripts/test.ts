// `npm test`: static checks, builds, then every test, in pods as well where this machine can run them. The last line is
// `N passed, N failed` over everything; one before it says how many were skipped, if any were, and why.
import type { GoProgram } from '../control-plane/driver/go-build.ts';
import type { LargeNeighbour } from '../test/support/neighbours/turn.ts';
import { buildBundle } from './build.ts';
import { runSteps, staticChecks } from './checks.ts';
import { runTask } from './task/run-task.ts';
import type { Told } from './task/run-task.ts';
import { isSuccess, noTests, sum, summaryLines } from './test-counts.ts';
import type { TestRun } from './test-counts.ts';
import { watchParent } from './test-parent.ts';
import { findVitestFault } from './vitest-options.ts';
import { runProject } from './vitest-run.ts';
import type { TestProject } from './vitest-run.ts';

async function main({ full, only }: Told<'test'>, vitest: readonly string[]): Promise<number> {
  // Without npm the shell may well end before its background job.
  if (process.env['npm_lifecycle_event'] !== undefined) watchParent(() => process.kill(process.pid, 'SIGTERM'));

  if (full) process.env['TEST_FULL'] = '1';
  if (only === undefined) {
    const { drawNeighbours } = await import('../test/support/neighbours/turn.ts');
    void buildInBackground(await drawNeighbours(console.log));
  }
  const runs: TestRun[] = [];
  if (only === undefined)
    runs.push({ counts: { ...noTests, failed: await runSteps(staticChecks) }, obstacle: undefined });

  if (only === 'oldest') runs.push(await runOnOldestVersions(vitest));
  else if (only === undefined) runs.push(...(await runAll(vitest)));
  else runs.push(await runOne(only, vitest));
  if (only === undefined && full) runs.push(await runOnOldestVersions([]));
  for (const line of summaryLines(runs)) console.log(line);
  return isSuccess(sum(runs.map(({ counts }) => counts))) ? 0 : 1;
}

/** Builds what tests run while other checks and tests run; whoever needs a program that cannot be built says why. */
async function buildInBackground(large: readonly LargeNeighbour[]): Promise<void> {
  const { buildGoPrograms, buildNeighbours } = await import('./go-programs.ts');
  const tell = (line: string): void => {
    console.log(line);
  };
  try {
    await buildGoPrograms(tell);
    await buildNeighbours(tell, large);
  } catch {
    // The step that waits for it tries again and tells.
  }
}

/** What needs a control plane waits more than it works, so that pods have room beside it; the unit tests fill all cores. */
async function runAll(vitest: readonly string[]): Promise<readonly TestRun[]> {
  const unit = await runOne('unit', vitest);
  return [unit, ...(await Promise.all([runOne('integration', vitest), runOne('cluster', vitest)]))];
}

async function runOne(project: TestProject, vitest: readonly string[]): Promise<TestRun> {
  const obstacle = project === 'cluster' ? await findPodObstacle() : undefined;
  // Where there is one, the tests skip themselves and are only counted.
  const isBuilt = project === 'unit' || obstacle !== undefined || (await build({ pods: project === 'cluster' }));
  return { counts: isBuilt ? await runProject(project, vitest) : { ...noTests, failed: 1 }, obstacle };
}

/** By default those tests whose answers are the versions' own. */
async function runOnOldestVersions(vitest: readonly string[]): Promise<TestRun> {
  const { oldestControlPlaneProgram, versionsVariable } = await import('../control-plane/driver/programs.ts');
  const { testsOnOldestVersions } = await import('./oldest-versions.ts');
  const isBuilt = await build({ further: [oldestControlPlaneProgram] });
  const files = vitest.some((word) => word.startsWith('test/')) ? [] : testsOnOldestVersions;
  const counts = isBuilt
    ? await runProject('integration', [...files, ...vitest], { [versionsVariable]: 'oldest' })
    : { ...noTests, failed: 1 };
  return { counts, obstacle: undefined };
}

async function findPodObstacle(): Promise<string | undefined> {
  const { findObstacle } = await import('../control-plane/driver/node/node-cluster.ts');
  return findObstacle();
}

// Two at a time would take away files from under each other.
let building: Promise<unknown> = Promise.resolve();

/** Builds what the tests run, with `pods` a node too, and further programs; says why when that is not possible. */
async function build({
  pods = false,
  further = [],
}: {
  readonly pods?: boolean;
  readonly further?: readonly GoProgram[];
}): Promise<boolean> {
  try {
    const { buildGoPrograms } = await import('./go-programs.ts');
    building = building.then(async () => buildBundle());
    await building;
    await buildGoPrograms(
      (line) => {
        console.log(line);
      },
      { pods, further },
    );
    return true;
  } catch (error) {
    console.log(`FAILED build: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

await runTask('test', { findFault: async (_, rest) => findVitestFault(rest), run: main });
