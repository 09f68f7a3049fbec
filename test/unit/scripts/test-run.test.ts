// What `npm test` makes of its arguments and of the tests' results.
import { existsSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { controlPlaneProgram, oldestControlPlaneProgram } from '../../../control-plane/driver/programs.ts';
import { testedVersions } from '../../../scripts/generate/tested-versions.ts';
import { testsOnOldestVersions } from '../../../scripts/oldest-versions.ts';
import { countTests } from '../../../scripts/reporter.ts';
import type { CountedModule } from '../../../scripts/reporter.ts';
import { manualOf } from '../../../scripts/task/help.ts';
import { tasks } from '../../../scripts/task/tasks.ts';
import { readCommandLine } from '../../../src/command-line/reading.ts';
import { isSuccess, noTests, readCounts, sum, summaryLines } from '../../../scripts/test-counts.ts';
import type { TestCounts } from '../../../scripts/test-counts.ts';
import { findVitestFault } from '../../../scripts/vitest-options.ts';

describe('the arguments of npm test', () => {
  it.each([
    [[], { full: false, only: undefined }, []],
    [['--full'], { full: true, only: undefined }, []],
    [['--only', 'cluster'], { full: false, only: 'cluster' }, []],
    [['--only=unit'], { full: false, only: 'unit' }, []],
    [['--only', 'integration', 'crds', '-t', 'names'], { full: false, only: 'integration' }, ['crds', '-t', 'names']],
    [['crds', '--full', '--only', 'unit'], { full: true, only: 'unit' }, ['crds']],
    [
      ['--coverage', '--bail=1', '--', '--full'],
      { full: false, only: undefined },
      ['--coverage', '--bail=1', '--', '--full'],
    ],
  ])('%j', (given, values, rest) => {
    expect(readCommandLine(manualOf<(typeof tasks)['test']>(tasks.test), given)).toEqual({ kind: 'run', values, rest });
  });

  it.each([
    [['--only'], "Option '--only <value>' argument missing. See npm test -- --help."],
    [['--only', 'units'], '--only is "units" but must be one of unit, integration, cluster, oldest.'],
    [['--full=yes'], "Option '--full' takes no value. See npm test -- --help."],
  ])('%j are refused', (given, message) => {
    expect(readCommandLine(manualOf<(typeof tasks)['test']>(tasks.test), given)).toEqual({ kind: 'wrong', message });
  });

  it.each([
    [[], undefined],
    [['crds', '-t', 'names', '--coverage', '--bail=1'], undefined],
    [['--cov'], "vitest refuses it: Unknown option '--cov'"],
    [['--testTimeout'], "vitest refuses it: option '--testTimeout <timeout>' value is missing"],
  ])('%j for vitest: %s', async (given, fault) => {
    expect(await findVitestFault(given)).toBe(fault);
  });
});

describe('the tests on the oldest versions', () => {
  it('are there', () => {
    expect(testsOnOldestVersions.filter((path) => !existsSync(new URL(`../../../${path}`, import.meta.url)))).toEqual(
      [],
    );
  });

  it.each(['oldest', 'newest'] as const)('run on what the table of the %s says', (which) => {
    const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
    const { ldflags = '' } = which === 'oldest' ? oldestControlPlaneProgram : controlPlaneProgram;
    const stamped = [...ldflags.matchAll(/gitVersion=v(\S+)/g)].map(([, version]) => version);
    expect(new Set(stamped)).toEqual(new Set([testedVersions(which, read).Kubernetes]));
  });

  it('are on the oldest that the chart admits', () => {
    const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
    const [minor] = /^1\.\d+/.exec(testedVersions('oldest', read).Kubernetes) ?? [];
    expect(read('helm/alibaba-pca-issuer/Chart.yaml')).toContain(`kubeVersion: '>= ${minor}.0-0'`);
  });
});

describe('the counts of a run', () => {
  it.each([
    [{ passed: 3, failed: 0, skipped: 0 }, true],
    [{ passed: 3, failed: 1, skipped: 2 }, false],
    [{ passed: 0, failed: 0, skipped: 0 }, false],
    [{ passed: 0, failed: 0, skipped: 9 }, false],
  ])('%j make a success: %s', (counts, success) => {
    expect(isSuccess(counts)).toBe(success);
  });

  it.each([
    ['nothing', [], ['0 passed, 0 failed']],
    ['no skipped test', [{ passed: 3 }, { passed: 4, failed: 1 }], ['7 passed, 1 failed']],
    ['tests that were not chosen', [{ passed: 1, skipped: 2 }], ['2 skipped: not chosen', '1 passed, 0 failed']],
    [
      'tests that cannot run here, and others',
      [
        { passed: 1, skipped: 2 },
        { skipped: 9, obstacle: 'it needs root.' },
      ],
      [
        '2 skipped: not chosen',
        '9 skipped: the tests in pods do not run on this machine; it needs root.',
        '1 passed, 0 failed',
      ],
    ],
  ] as const)('with %s end in lines', (_what, given, lines) => {
    const runs = given.map(({ obstacle, ...counts }: Partial<TestCounts> & { readonly obstacle?: string }) => ({
      counts: { ...noTests, ...counts },
      obstacle,
    }));
    expect(summaryLines(runs)).toEqual(lines);
  });

  it('add up', () => {
    const counts = [
      { passed: 1, failed: 2, skipped: 3 },
      { passed: 10, failed: 20, skipped: 30 },
    ];
    expect([sum(counts), sum([])]).toEqual([
      { passed: 11, failed: 22, skipped: 33 },
      { passed: 0, failed: 0, skipped: 0 },
    ]);
  });

  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.record({ passed: fc.nat(), failed: fc.nat(), skipped: fc.nat() }), (counts) => {
        expect(readCounts(JSON.stringify(counts))).toEqual(counts);
      }),
    );
  });

  it.each(['', 'null', '{', '{}', '{"passed":1,"failed":0}', '{"passed":-1,"failed":0,"skipped":0}'])(
    'are one failure when a run left %j',
    (text) => {
      expect(readCounts(text)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    },
  );

  it('are one failure whatever else a run left', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(readCounts(text)).toEqual({ passed: 0, failed: 1, skipped: 0 });
      }),
    );
  });
});

function module(
  states: readonly string[],
  errors: { readonly ofFile?: number; readonly ofSuite?: number } = {},
): CountedModule {
  return {
    errors: () => Array.from({ length: errors.ofFile ?? 0 }),
    children: {
      allTests: () => states.map((state) => ({ result: () => ({ state }) })),
      allSuites: () => [{ errors: () => Array.from({ length: errors.ofSuite ?? 0 }) }],
    },
  };
}

describe('the reporter', () => {
  it.each([
    ['passed, failed and skipped tests', [module(['passed', 'failed', 'skipped', 'passed'])], 0, [2, 1, 1]],
    ['the tests of all files', [module(['passed']), module(['passed', 'passed'])], 0, [3, 0, 0]],
    ['a test that was never run as failed', [module(['pending'])], 0, [0, 1, 0]],
    ['a file that does not load as failed', [module([], { ofFile: 1 })], 0, [0, 1, 0]],
    ['a hook that throws as failed', [module(['skipped'], { ofSuite: 1 })], 0, [0, 1, 1]],
    ['an unhandled rejection as failed', [module(['passed'])], 2, [1, 2, 0]],
  ] as const)('counts %s', (_what, modules, unhandled, [passed, failed, skipped]) => {
    expect(countTests(modules, unhandled)).toEqual({ passed, failed, skipped });
  });
});
