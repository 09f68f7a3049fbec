import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ColdAndWarm } from '../../../../scripts/bench/cases/drain.ts';
import type { ReferenceRun, Run } from '../../../../scripts/bench/cases/runs.ts';
import { comparison } from '../../../../scripts/bench/compare.ts';
import { headlines } from '../../../../scripts/bench/headlines.ts';
import { benchmarkPage } from '../../../../scripts/bench/page/page.ts';
import { caseLines, caseTable } from '../../../../scripts/bench/page/tables.ts';
import type { PodFigures } from '../../../../scripts/bench/pods.ts';
import type { BenchmarkResult } from '../../../../scripts/bench/result.ts';

const docs = (name: string): string => readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');

const run = (perSecond: number, contestant: number): Run => ({
  perSecond,
  cpu: { contestant, apiServer: 4, etcd: 1, simulator: 1, driver: 0.5 },
  apiRequests: { 'GET certificaterequests': 1, 'PATCH certificaterequests/status': 1, 'POST events': 0.25 },
});
const reference = (perSecond: number): ReferenceRun => ({ ...run(perSecond, 0.5), approvalsPerSecond: 400 });
const pair = (cold: number, warm: number): ColdAndWarm => ({
  cold: { ...run(cold, 4), calls: { CreateCustomCertificate: 1 } },
  warm: { ...run(warm, 2), calls: { CreateCustomCertificate: 1 } },
});
const result: BenchmarkResult = {
  drain: {
    circumstances: {
      date: '2026-12-01',
      machine: '2 cores',
      versions: 'Node 24',
      contestants: [
        { name: 'now', description: 'commit a' },
        { name: 'before', description: 'commit b' },
      ],
      likeAPod: true,
      sizes: {
        requests: 100,
        pairs: 3,
        latencies: [0],
        finished: 1,
        issued: 1,
        waiting: 1,
        behind: 1,
        inFlight: [1],
      },
    },
    figures: [
      {
        latencyMilliseconds: 0,
        reference: [200, 300, 250].map(reference),
        contestants: {
          now: [pair(100, 150), pair(120, 240), pair(110, 175)],
          before: [pair(50, 100), pair(50, 100), pair(50, 100)],
        },
      },
    ],
  },
};

describe('headlines', () => {
  it('are medians, and shares of the reference of the same turn', () => {
    const found = headlines(result, 'drain', 'now').map(({ what, unit, value }) => [what, value, unit]);
    expect(found).toEqual([
      ['0 ms: reference', 250, '/s'],
      ['0 ms: cold', 110, '/s'],
      ['0 ms: cold, of the reference', 44, '%'],
      ["0 ms: cold, contestant's CPU", 4, 'ms'],
      ['0 ms: warm', 175, '/s'],
      ['0 ms: warm, of the reference', 75, '%'],
      ["0 ms: warm, contestant's CPU", 2, 'ms'],
      ["0 ms: API server's CPU, bare client", 4, 'ms'],
      ["0 ms: API server's CPU", 4, 'ms'],
      ['0 ms: GET', 1, 'requests'],
      ['0 ms: PATCH', 1, 'requests'],
      ['0 ms: POST', 0.25, 'requests'],
      ['0 ms: calls to PCA', 1, 'calls'],
    ]);
  });

  it('are none of a case that was not run', () => {
    expect(headlines(result, 'memory', 'now')).toEqual([]);
  });
});

describe('tables', () => {
  it('have a column for each contestant and the ratio to the earlier commit', () => {
    const lines = caseTable(result, 'drain').split('\n');
    expect(lines.slice(0, 2)).toEqual(['|  | now | before | now/before |', '| --- | --: | --: | --: |']);
    expect(lines).toContain('| 0 ms: warm | 175/s | 100/s | 1.75 |');
  });

  it('are aligned for a terminal', () => {
    const widths = caseLines(result, 'drain')
      .split('\n')
      .map((line) => line.length);
    expect(new Set(widths).size).toBe(1);
  });
});

describe('comparison', () => {
  it('puts an earlier result beside this one', () => {
    const slower = structuredClone(result) as unknown as {
      drain: { figures: { contestants: { now: ColdAndWarm[] } }[] };
    };
    slower.drain.figures[0]!.contestants.now = [pair(55, 70)];
    const text = comparison(slower as unknown as BenchmarkResult, result);
    expect(text).toMatch(/0 ms: warm\s+70\/s\s+175\/s\s+2\.50\n/);
  });

  it('says what the earlier one did not have', () => {
    expect(comparison({}, result)).toMatch(/0 ms: warm\s+–\s+175\/s\s+–\n/);
  });
});

describe('the page', () => {
  it('says what keeps the processors busy', () => {
    const page = benchmarkPage(result, JSON.parse(docs('benchmarks-pods.json')) as PodFigures);
    expect(page.replaceAll('\n', ' ')).toContain(
      "takes 8.5 ms of the machine's processors (operator 2.0, API server 4.0, etcd 1.0",
    );
    expect(page).toContain('![Draining approved requests](benchmarks-rates.svg)');
  });
});
