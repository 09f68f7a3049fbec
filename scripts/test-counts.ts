// How many tests passed, failed and were skipped, summed over several runs. Pure.
/** Numbers of tests; a failure outside of a test (a file that does not load, an unhandled rejection) is one failed. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Nothing ran. */
export const noTests: TestCounts = { passed: 0, failed: 0, skipped: 0 };

/** The sum of several counts. */
export function sum(counts: readonly TestCounts[]): TestCounts {
  return counts.reduce(
    (total, { passed, failed, skipped }) => ({
      passed: total.passed + passed,
      failed: total.failed + failed,
      skipped: total.skipped + skipped,
    }),
    noTests,
  );
}

/** Tests of one project, with the reason why this machine cannot run them, if it cannot. */
export interface TestRun {
  readonly counts: TestCounts;
  readonly obstacle: string | undefined;
}

/** The lines that several runs end with: what was skipped and why, and last `N passed, N failed` over everything. */
export function summaryLines(runs: readonly TestRun[]): readonly string[] {
  const { passed, failed } = sum(runs.map(({ counts }) => counts));
  return [...runs.filter(({ counts }) => counts.skipped > 0).map(skippedLine), `${passed} passed, ${failed} failed`];
}

function skippedLine({ counts, obstacle }: TestRun): string {
  const why = obstacle === undefined ? 'not chosen' : `the tests in pods do not run on this machine; ${obstacle}`;
  return `${counts.skipped} skipped: ${why}`;
}

/** Whether a run may end with exit code 0: something was tried, and nothing failed. */
export function isSuccess({ passed, failed }: TestCounts): boolean {
  return failed === 0 && passed > 0;
}

/** Reads what a run left behind; a run that left nothing readable counts as one failure. */
export function readCounts(text: string): TestCounts {
  try {
    const { passed, failed, skipped } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (isCount(passed) && isCount(failed) && isCount(skipped)) return { passed, failed, skipped };
  } catch {
    // Falls through to the failure below.
  }
  return { ...noTests, failed: 1 };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}
