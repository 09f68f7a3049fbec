// Runs one vitest project and counts its tests.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run, runLimited } from './command.ts';
import { readCounts, sum } from './test-counts.ts';
import type { TestCounts } from './test-counts.ts';

/** Names of the projects in vitest.config.ts. */
export type TestProject = 'unit' | 'integration' | 'cluster';

/** vitest's own entry, relative to the repository's root. */
export const vitestScript = 'node_modules/vitest/vitest.mjs';

// Those of one share wait more than they work, and each has a control plane of its own.
const sharesOfAll: Readonly<Record<TestProject, number>> = { unit: 1, integration: 2, cluster: 1 };

/**
 * Runs a project, showing what vitest says; `parameters` are vitest's own, for instance names of files. Without any, a project may
 * run in several shares at the same time.
 */
export async function runProject(project: TestProject, parameters: readonly string[]): Promise<TestCounts> {
  const count = parameters.length > 0 ? 1 : sharesOfAll[project];
  const shares = Array.from({ length: count }, (_, index) => (count === 1 ? [] : [`--shard=${index + 1}/${count}`]));
  const runs = shares.map((share) => async () => runOnce(project, [...parameters, ...share]));
  return sum(await runLimited(count, runs));
}

async function runOnce(project: TestProject, parameters: readonly string[]): Promise<TestCounts> {
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
      environment: { TEST_COUNTS_FILE: file },
      show: true,
    });
    const counts = readCounts(await readFile(file, 'utf8').catch(() => ''));
    // Whatever vitest holds against a run beyond its tests, a missed coverage threshold for instance, must not be lost.
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
