// `npm test`: static checks, builds, then every test, in pods as well where this machine can run them. The last line is
// `N passed, N failed` over everything; one before it says how many were skipped, if any were, and why.
// `--only unit|integration|cluster` runs one project without the static checks; `--full` runs the long variants; what
// remains goes to vitest, for instance the names of files.
import { findObstacle } from '../control-plane/driver/node/node-cluster.ts';
import { buildBundle } from './build.ts';
import { runSteps, staticChecks } from './checks.ts';
import { buildGoPrograms } from './go-programs.ts';
import { isSuccess, noTests, sum, summaryLines } from './test-counts.ts';
import type { TestRun } from './test-counts.ts';
import { parseTestArguments } from './test-arguments.ts';
import { watchParent } from './test-parent.ts';
import { runProject } from './vitest-run.ts';
import type { TestProject } from './vitest-run.ts';

async function runAll(): Promise<readonly TestRun[]> {
  const { full, projects, vitest } = parseTestArguments(process.argv.slice(2));
  if (full) process.env['TEST_FULL'] = '1';
  const runs: TestRun[] = [];
  if (projects.length > 1)
    runs.push({ counts: { ...noTests, failed: await runSteps(staticChecks) }, obstacle: undefined });

  for (const project of projects) runs.push(await runOne(project, vitest));
  return runs;
}

async function runOne(project: TestProject, vitest: readonly string[]): Promise<TestRun> {
  const obstacle = project === 'cluster' ? findObstacle() : undefined;
  // Where there is one, the tests skip themselves and are only counted.
  const isBuilt = project === 'unit' || obstacle !== undefined || (await build(project === 'cluster'));
  return { counts: isBuilt ? await runProject(project, vitest) : { ...noTests, failed: 1 }, obstacle };
}

/** Builds what the tests run, with `pods` a node too; says why when that is not possible. */
async function build(pods: boolean): Promise<boolean> {
  try {
    await buildBundle();
    await buildGoPrograms(
      (line) => {
        console.log(line);
      },
      { pods },
    );
    return true;
  } catch (error) {
    console.log(`FAILED build: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

// Without npm the shell may well end before its background job.
if (process.env['npm_lifecycle_event'] !== undefined) watchParent(() => process.kill(process.pid, 'SIGTERM'));

const runs = await runAll();
for (const line of summaryLines(runs)) console.log(line);

process.exitCode = isSuccess(sum(runs.map(({ counts }) => counts))) ? 0 : 1;
