// Runs one vitest project and counts its tests.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from './command.ts';
import { readCounts } from './test-counts.ts';
import type { TestCounts } from './test-counts.ts';

/** Names of the projects in vitest.config.ts. */
export type TestProject = 'unit' | 'integration' | 'cluster' | 'browser';

/** vitest's own entry, relative to the repository's root. */
export const vitestScript = 'node_modules/vitest/vitest.mjs';

/** Runs a project, showing what vitest says; `parameters` are vitest's own, for instance names of files. */
export async function runProject(
  project: TestProject,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<TestCounts> {
  const directory = await mkdtemp(join(tmpdir(), 'pca-test-'));
  const file = join(directory, 'counts.json');
  try {
    const { code } = await run({
      script: vitestScript,
      parameters: [
        'run',
        '--project',
        project,
        '--passWithNoTests',
        '--reporter=default',
        '--reporter=./scripts/reporter.ts',
        ...parameters,
      ],
      environment: { ...environment, TEST_COUNTS_FILE: file },
      show: true,
    });
    const counts = readCounts(await readFile(file, 'utf8').catch(() => ''));
    // Whatever vitest holds against a run beyond its tests, a missed coverage threshold for instance, must not be lost.
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
