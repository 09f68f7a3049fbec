/**
 * `npm test`: static checks, builds, then every test. The last line is `N passed, N failed` over everything.
 * `--only unit|integration|cluster` runs one project without the static checks; `--full` runs the long variants, and
 * with them the project `cluster`, which needs root on Linux; what remains goes to vitest, for instance the names of files.
 */
import { findObstacle } from '../control-plane/driver/node/node-cluster.ts';
import { buildBundle } from './build.ts';
import { runSteps, staticChecks } from './checks.ts';
import { buildGoPrograms } from './go-programs.ts';
import { isSuccess, noTests, sum, summaryLine, type TestCounts } from './test-counts.ts';
import { parseTestArguments } from './test-arguments.ts';
import { runProject, type TestProject } from './vitest-run.ts';

async function runAll(): Promise<TestCounts> {
  const { full, projects, vitest } = parseTestArguments(process.argv.slice(2));
  if (full) {
    process.env['TEST_FULL'] = '1';
  }
  const counts: TestCounts[] = [];
  if (projects.length > 1) {
    counts.push({ ...noTests, failed: await runSteps(staticChecks) });
  }
  for (const project of projects) {
    counts.push(await runOne(project, vitest));
  }
  return sum(counts);
}

async function runOne(project: TestProject, vitest: readonly string[]): Promise<TestCounts> {
  const obstacle = project === 'cluster' ? findObstacle() : undefined;
  if (obstacle !== undefined) {
    console.log(`The tests in pods do not run on this machine: ${obstacle}`);
    return { ...noTests, skipped: 1 };
  }
  return project !== 'unit' && !(await build(project === 'cluster'))
    ? { ...noTests, failed: 1 }
    : await runProject(project, vitest);
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

const counts = await runAll();
console.log(summaryLine(counts));
process.exitCode = isSuccess(counts) ? 0 : 1;
