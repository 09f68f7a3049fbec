import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ColdAndWarm } from '../../../../scripts/bench/cases/drain.ts';
import type { ReferenceRun, Run } from '../../../../scripts/bench/cases/runs.ts';
import { comparison } from '../../../../scripts/bench/compare.ts';
import { headlines } from '../../../../scripts/bench/headlines.ts';
import { benchmarkPage } from '../../../../scripts/bench/page/page.ts';
import { profileSection } from '../../../../scripts/bench/page/profile.ts';
import type { ProfileFigures } from '../../../../scripts/bench/page/profile.ts';
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

const share = (owner: string, weight: number): { owner: string; self: number; caused: number } => ({
  owner,
  self: 1,
  caused: weight,
});
const profile: ProfileFigures = {
  date: '2026-12-01',
  machine: '2 cores',
  versions: 'Node 24',
  load: { count: 100 },
  cold: false,
  profiled: [
    {
      name: 'now',
      description: 'commit a',
      processorTime: [share('src/issuing', 500), share('garbage collection', 1_000), share('tdigest', 3)],
      allocations: [share('src/issuing', 2_048), share('tdigest', 1)],
    },
    {
      name: 'before',
      description: 'commit b',
      processorTime: [share('src/issuing', 900), share('src/old', 2_000)],
      allocations: [share('src/issuing', 10_240)],
    },
  ],
};

describe('the table of a profile', () => {
  it('has a row for whoever takes a hundredth of time or memory, now or before', () => {
    const lines = profileSection(profile).split('\n');
    expect(lines.filter((line) => line.startsWith('| '))).toEqual([
      '|  | time, now | time, before | memory, now | memory, before |',
      '| --- | --: | --: | --: | --: |',
      '| src/issuing | 0.50 ms | 0.90 ms | 2.0 KiB | 10.0 KiB |',
      '| garbage collection | 1.00 ms | – | – | – |',
      '| src/old | – | 2.00 ms | – | – |',
      '| all | 1.50 ms | 2.90 ms | 2.0 KiB | 10.0 KiB |',
    ]);
  });
});

describe('the page', () => {
  const pods = JSON.parse(docs('benchmarks-pods.json')) as PodFigures;

  it('says what keeps the processors busy', () => {
    const page = benchmarkPage(result, pods, profile);
    expect(page.replaceAll('\n', ' ')).toContain(
      "takes 8.5 ms of the machine's processors (operator 2.0, API server 4.0, etcd 1.0",
    );
    expect(page.replaceAll('\n', ' ')).toContain(
      'The reference takes 7.0 ms for each apply. So an issuer that costs nothing would reach 108 % of it here',
    );
    expect(page).toContain('![Draining approved requests](benchmarks-rates.svg)');
  });

  it('says what of a burst is the operator', () => {
    const { circumstances } = result.drain!;
    // 6.5 of 8 ms are others', and the ceiling is 1 / (1/400 + 1/400).
    const figures = {
      reference: [400, 400, 400].map(reference),
      contestants: { now: [120, 130, 140].map((perSecond) => ({ ...run(perSecond, 1.5), calls: {} })) },
    };
    const page = benchmarkPage({ burst: { circumstances, figures } }, pods, profile).replaceAll('\n', ' ');
    expect(page).toContain(
      "Approval, certificate and status take 8.0 ms of the machine's processors, the operator 1.5 of them. So an issuer that costs nothing would reach 80 % of the ceiling here",
    );
  });
});
