/**
 * The test projects: `unit` needs nothing but Node; each file of `integration` has a real control plane of its own; `cluster`
 * makes clusters with pods, which takes root on Linux; `browser` has a Chromium look at pages.
 */
import { defineConfig } from 'vitest/config';

import { LongestFirst } from './test/support/longest-first.ts';

const isFull = process.env['TEST_FULL'] === '1';
const isKind = process.env['TEST_CLUSTER'] === 'kind';
// These only end a test that hangs. How quick something must be is for the tests to say, by clocks that they move.
const testMs = 120_000;
// Several waits of test/support/wait.ts in a row, so that the one that is in vain tells what it saw.
const clusterTestMs = 300_000;

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'simulator/**/*.ts'],
      reporter: ['text-summary', 'html'],
      reportsDirectory: 'coverage',
    },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'],
          // One module graph per worker: importing it anew for each file costs more than the tests themselves.
          isolate: false,
          maxWorkers: 2,
          setupFiles: isFull ? ['test/support/full-property-runs.ts'] : [],
          testTimeout: isFull ? 4 * testMs : testMs,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/helm/**/*.test.ts'],
          pool: 'forks',
          // They wait more than they work.
          maxWorkers: 3,
          testTimeout: clusterTestMs,
          hookTimeout: clusterTestMs,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: testMs,
        },
      },
      {
        test: {
          name: 'cluster',
          // What needs a container engine is not even counted as skipped without one.
          include: ['test/cluster/**/*.test.ts', ...(isKind ? ['test/kind/**/*.test.ts'] : [])],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: clusterTestMs,
          hookTimeout: clusterTestMs,
        },
      },
    ],
  },
});
