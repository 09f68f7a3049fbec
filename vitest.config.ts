/**
 * The test projects: `unit` needs nothing but Node; `integration` gets one real control plane for the whole run;
 * `cluster` makes clusters with pods, which takes root on Linux.
 */
import { defineConfig } from 'vitest/config';

const isFull = process.env['TEST_FULL'] === '1';

export default defineConfig({
  test: {
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
          testTimeout: isFull ? 300_000 : 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/helm/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          pool: 'forks',
          // An operator acts on the whole cluster, so only one file at a time may run one.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
