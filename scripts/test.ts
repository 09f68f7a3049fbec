/**
 * `npm test`: static checks, builds, then every test. The last line is `N passed, N failed` over everything.
 * `--only unit|integration` runs one project without the static checks; `--full` runs the long variants;
 * what remains goes to vitest, for instance the names of files.
 */
import { buildBundle } from './build.ts';
import { runSteps, staticChecks } from './checks.ts';
import { buildGoPrograms } from './go-programs.ts';
import { isSuccess, noTests, sum, summaryLine, type TestCounts } from './test-counts.ts';
import { parseTestArguments } from './test-arguments.ts';
import { runProject } from './vitest-run.ts';

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
    counts.push(
      project === 'integration' && !(await build()) ? { ...noTests, failed: 1 } : await runProject(project, vitest),
    );
  }
  return sum(counts);
}

/** Builds what the integration tests run; says why when that is not possible. */
async function build(): Promise<boolean> {
  try {
    await buildBundle();
    await buildGoPrograms((line) => {
      console.log(line);
    });
    return true;
  } catch (error) {
    console.log(`FAILED build: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

const counts = await runAll();
console.log(summaryLine(counts));
process.exitCode = isSuccess(counts) ? 0 : 1;
