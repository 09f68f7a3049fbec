/** How many tests passed, failed and were skipped, summed over several runs. Pure. */

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

/** The line that a test run ends with. */
export function summaryLine({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/** Whether a run may end with exit code 0: something was tried, and nothing failed. */
export function isSuccess({ passed, failed }: TestCounts): boolean {
  return failed === 0 && passed > 0;
}

/** Reads what a run left behind; a run that left nothing readable counts as one failure. */
export function readCounts(text: string): TestCounts {
  try {
    const { passed, failed, skipped } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (isCount(passed) && isCount(failed) && isCount(skipped)) {
      return { passed, failed, skipped };
    }
  } catch {
    // Falls through to the failure below.
  }
  return { ...noTests, failed: 1 };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}
