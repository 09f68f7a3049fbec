// The figures by which runs are told and compared: one number each, taken from a result for one contestant. Pure.
import { burstCeiling } from './cases/burst.ts';
import type { ColdAndWarm, Pairs } from './cases/drain.ts';
import type { ReferenceRun, Run } from './cases/runs.ts';
import type { RequestShape } from './stage/signing-requests.ts';
import type { CaseName } from './case-names.ts';
import type { BenchmarkResult, CaseFigures } from './result.ts';
import { median } from './statistics.ts';

/** One number about one contestant; `unit` is written behind it. */
export interface Headline {
  readonly what: string;
  readonly unit: '/s' | '%' | 'ms' | 'MiB' | 'requests' | 'calls';
  readonly value: number;
}

/** Headlines of a case about a contestant; none where it took no part. */
export function headlines(result: BenchmarkResult, name: CaseName, contestant: string): readonly Headline[] {
  const found = result[name];
  if (found === undefined) return [];
  return readers[name](found.figures as never, contestant).filter(({ value }) => !Number.isNaN(value));
}

const readers: {
  readonly [Name in CaseName]: (figures: CaseFigures[Name], contestant: string) => readonly Headline[];
} = {
  drain: (figures, contestant) =>
    figures.flatMap((each) => ofPairs(`${each.latencyMilliseconds} ms`, each, contestant, { withDetails: true })),
  burst: ({ reference, contestants }, contestant) => {
    const runs = contestants[contestant] ?? [];
    const ceilings = reference.map(burstCeiling);
    const approvals = reference.map(({ approvalsPerSecond }) => approvalsPerSecond);
    return [
      { what: 'approvals alone', unit: '/s', value: median(approvals) },
      { what: 'applies alone', unit: '/s', value: median(rates(reference)) },
      { what: 'ceiling: both, one after the other', unit: '/s', value: median(ceilings) },
      { what: 'certificates', unit: '/s', value: median(rates(runs)) },
      { what: 'of the ceiling', unit: '%', value: shareOf(rates(runs), ceilings) },
      { what: "contestant's CPU per certificate", unit: 'ms', value: cpu(runs, 'contestant') },
    ];
  },
  keys: (figures, contestant) => figures.flatMap((each) => ofPairs(shapeName(each.shape), each, contestant)),
  latency: (figures, contestant) =>
    (figures[contestant] ?? []).flatMap(({ inFlight, p50, p95, p99 }) => [
      { what: `${inFlight} at a time, half within`, unit: 'ms', value: p50 },
      { what: `${inFlight} at a time, 95 % within`, unit: 'ms', value: p95 },
      { what: `${inFlight} at a time, 99 % within`, unit: 'ms', value: p99 },
    ]),
  memory: (figures, contestant) => {
    const found = figures[contestant];
    if (found === undefined) return [];
    const { idle, idleWithKubeconfig, withFinished, afterIssuing, growthPer10000 } = found;
    const last = afterIssuing.at(-1);
    return [
      { what: 'resident, idle', unit: 'MiB', value: idle.resident },
      { what: 'of it no pages of files', unit: 'MiB', value: idle.anonymous },
      { what: 'resident, idle, from a kubeconfig', unit: 'MiB', value: idleWithKubeconfig?.resident ?? Number.NaN },
      { what: `resident, ${withFinished.count} finished requests`, unit: 'MiB', value: withFinished.memory.resident },
      { what: `peak, ${withFinished.count} finished requests`, unit: 'MiB', value: withFinished.memory.peak },
      { what: `resident, after ${last?.issued} certificates`, unit: 'MiB', value: last?.memory.resident ?? Number.NaN },
      { what: 'growth in the second half, per 10,000 certificates', unit: 'MiB', value: growthPer10000 },
    ];
  },
  start: (figures, contestant) => {
    const found = figures[contestant];
    if (found === undefined) return [];
    const { waiting, readyMs, firstCertificateMs } = found.withWaiting;
    return [
      { what: 'ready', unit: 'ms', value: median(found.readyMs) },
      { what: `ready, ${waiting} waiting`, unit: 'ms', value: readyMs ?? Number.NaN },
      { what: `first certificate, ${waiting} waiting`, unit: 'ms', value: firstCertificateMs },
    ];
  },
  stub: (figures, contestant) => {
    const found = figures[contestant];
    if (found === undefined) return [];
    const { cold, warm } = found;
    const busy = warm.map(({ perSecond, cpu: { contestant: own } }) => (100 * perSecond * own) / 1_000);
    const ofWarm = (name: keyof (typeof warm)[number]['cpu']): number => median(warm.map((run) => run.cpu[name]));
    return [
      { what: 'cold', unit: '/s', value: cold.perSecond },
      { what: "cold, contestant's CPU", unit: 'ms', value: cold.cpu.contestant },
      { what: 'warm', unit: '/s', value: median(rates(warm)) },
      { what: "warm, contestant's CPU", unit: 'ms', value: ofWarm('contestant') },
      { what: 'warm, contestant busy, of one core', unit: '%', value: median(busy) },
      { what: "warm, stub's CPU", unit: 'ms', value: ofWarm('stub') },
      { what: "warm, simulator's CPU", unit: 'ms', value: ofWarm('simulator') },
    ];
  },
  stall: (figures, contestant) =>
    Object.entries(figures[contestant] ?? {}).flatMap(
      ([phase, { ms, ownMs }]: readonly [string, { ms: number; ownMs: number }]) => [
        { what: `${phase}: longest turn`, unit: 'ms', value: ms },
        { what: `${phase}: of it certainly no collection of garbage`, unit: 'ms', value: ownMs },
      ],
    ),
  limit: (figures, contestant) => {
    const found = figures[contestant];
    if (found === undefined) return [];
    const { single, together, perSecond } = found;
    return [
      { what: 'one request, median', unit: 'ms', value: single.median },
      { what: 'one request, longest', unit: 'ms', value: single.longest },
      { what: `${together.count} at once, all`, unit: 'ms', value: together.ms },
      { what: 'certificates of both', unit: '/s', value: perSecond },
    ];
  },
};

/** Name of a kind of request. */
export function shapeName({ key, names }: RequestShape): string {
  return names === 1 ? key : `${key}, ${names} names`;
}

function ofPairs(
  prefix: string,
  { reference, contestants }: Pairs,
  contestant: string,
  { withDetails = false } = {},
): readonly Headline[] {
  const pairs = contestants[contestant] ?? [];
  const phases = (['cold', 'warm'] as const).flatMap((phase): readonly Headline[] => {
    const runs = pairs.map((pair: ColdAndWarm) => pair[phase]);
    return [
      { what: `${prefix}: ${phase}`, unit: '/s', value: median(rates(runs)) },
      { what: `${prefix}: ${phase}, of the reference`, unit: '%', value: shareOf(rates(runs), rates(reference)) },
      { what: `${prefix}: ${phase}, contestant's CPU`, unit: 'ms', value: cpu(runs, 'contestant') },
    ];
  });
  return [
    { what: `${prefix}: reference`, unit: '/s', value: median(rates(reference)) },
    ...phases,
    ...(withDetails
      ? details(
          prefix,
          reference,
          pairs.map(({ warm }) => warm),
        )
      : []),
  ];
}

function details(
  prefix: string,
  reference: readonly ReferenceRun[],
  warm: Pairs['contestants'][string][number]['warm'][],
): readonly Headline[] {
  const ofApiServer = cpu(warm, 'apiServer');
  const verbs = ['GET', 'PATCH', 'POST'] as const;
  const sent = (verb: string): number =>
    median(
      warm.map(({ apiRequests }) =>
        Object.entries(apiRequests).reduce((sum, [key, count]) => (key.startsWith(`${verb} `) ? sum + count : sum), 0),
      ),
    );
  const calls = warm.map((run) => Object.values(run.calls).reduce((sum, count) => sum + count, 0));
  return [
    { what: `${prefix}: API server's CPU, bare client`, unit: 'ms', value: cpu(reference, 'apiServer') },
    { what: `${prefix}: API server's CPU`, unit: 'ms', value: ofApiServer },
    ...verbs.map((verb): Headline => ({ what: `${prefix}: ${verb}`, unit: 'requests', value: sent(verb) })),
    { what: `${prefix}: calls to PCA`, unit: 'calls', value: median(calls) },
  ];
}

function rates(runs: readonly Pick<Run, 'perSecond'>[]): readonly number[] {
  return runs.map(({ perSecond }) => perSecond);
}

/** The median of what each is of the one that was taken in the same turn, in percent. */
function shareOf(values: readonly number[], wholes: readonly number[]): number {
  return median(values.map((value, index) => (100 * value) / (wholes[index] ?? Number.NaN)));
}

function cpu(runs: readonly Pick<Run, 'cpu'>[], of: keyof Run['cpu']): number {
  return median(runs.map((run) => run.cpu[of]));
}
