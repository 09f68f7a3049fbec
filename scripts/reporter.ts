// A vitest reporter that leaves the counts of a run in the file named by TEST_COUNTS_FILE, and ends the run when the process
// that waits for them is gone.
import { writeFileSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

import { noTests, sum } from './test-counts.ts';
import type { TestCounts } from './test-counts.ts';
import { watchParent } from './test-parent.ts';

// vitest constructs the default export of a reporter's file.
// oxlint-disable-next-line import/no-default-export
export default class CountingReporter implements Reporter {
  onInit(): void {
    watchParent(() => process.exit(1));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env['TEST_COUNTS_FILE'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(countTests(modules, unhandled.length)));
  }
}

/** The part of a vitest module that is counted. */
export interface CountedModule {
  errors(): readonly unknown[];
  readonly children: {
    allTests(): Iterable<{ result(): { readonly state: string } }>;
    allSuites(): Iterable<{ errors(): readonly unknown[] }>;
  };
}

/** Counts the tests of all modules; a test that did not get to run although its file was meant to is a failed one. */
export function countTests(modules: readonly CountedModule[], unhandledErrors: number): TestCounts {
  return sum([...modules.map(countModule), { ...noTests, failed: unhandledErrors }]);
}

function countModule(module: CountedModule): TestCounts {
  const counts = { passed: 0, failed: module.errors().length, skipped: 0 };
  for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === 'passed' || state === 'skipped') counts[state] += 1;
    else counts.failed += 1;
  }
  return counts;
}
