// How the limiter finds a limit that it was not told, compared with fixed rates, and what a noisy neighbour costs: the
// figures in docs/limiter.json, and the page about them.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { adaptive, fixed, noisyNeighbour } from './callers.ts';
import { chart, colours } from '../plots/chart.ts';
import type { Scenario, Second } from './service.ts';
import { overTheWire } from './wire.ts';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const changeAt = 60;
const seconds = 120;
const scenarios: readonly Scenario[] = [
  { name: '10/s', limitAt: () => 10, seconds },
  { name: '100/s', limitAt: () => 100, seconds },
  { name: '1,000/s', limitAt: () => 1_000, seconds },
  { name: '100/s, then 10/s', limitAt: (second) => (second < changeAt ? 100 : 10), seconds },
  { name: '10/s, then 100/s', limitAt: (second) => (second < changeAt ? 10 : 100), seconds },
  { name: '1,000/s, then 100/s', limitAt: (second) => (second < changeAt ? 1_000 : 100), seconds },
];
const onTheWire = ['10/s', '100/s', '1,000/s', '100/s, then 10/s'];
const fixedRates = [10, 100, 1_000];
const wireFile = join(docs, 'limiter-wire.json');

interface Figures {
  readonly acceptedShare: number;
  readonly throttledShare: number;
}

async function inOrder<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await run(item));
  return results;
}

/** From the 30th second after the last change on. */
function settled(run: readonly Second[], scenario: Scenario): Figures {
  const changed = scenario.limitAt(0) !== scenario.limitAt(seconds - 1);
  const part = run.slice((changed ? changeAt : 0) + 30);
  const sum = (value: (second: Second) => number): number => part.reduce((total, second) => total + value(second), 0);
  const accepted = sum((second) => second.accepted);
  return {
    acceptedShare: accepted / sum((second) => second.limit),
    throttledShare: sum((second) => second.throttled) / sum((second) => second.accepted + second.throttled),
  };
}

interface Run {
  readonly scenario: Scenario;
  readonly adaptive: readonly Second[];
  readonly fixed: readonly { readonly rate: number; readonly seconds: readonly Second[] }[];
}

interface WireFigures {
  readonly machine: string;
  readonly node: string;
  readonly date: string;
  readonly runs: readonly (Figures & { readonly limit: string })[];
}

/** What the page tells. */
interface Report {
  readonly results: readonly {
    readonly limit: string;
    readonly adaptive: Figures;
    readonly fixed: readonly (Figures & { readonly rate: number })[];
  }[];
  readonly neighbours: readonly {
    readonly waiting: number;
    readonly perSecond: number;
    readonly fair: Waited;
    readonly firstInFirstOut: Waited;
  }[];
}

type Waited = Awaited<ReturnType<typeof noisyNeighbour>>;

/** Runs everything in virtual time, with `wire` a part of it over HTTP as well, and writes figures, chart and page. */
export async function writeReport({ wire }: { readonly wire: boolean }): Promise<void> {
  const runs: readonly Run[] = await inOrder(scenarios, async (scenario) => ({
    scenario,
    adaptive: await adaptive(scenario),
    fixed: await inOrder(fixedRates, async (rate) => ({ rate, seconds: await fixed(scenario, rate) })),
  }));
  const results = runs.map((run) => ({
    limit: run.scenario.name,
    adaptive: settled(run.adaptive, run.scenario),
    fixed: run.fixed.map(({ rate, seconds: second }) => ({ rate, ...settled(second, run.scenario) })),
  }));
  const neighbours = await inOrder([10, 100], async (perSecond) => ({
    waiting: 10_000,
    perSecond,
    fair: await noisyNeighbour(10_000, perSecond, true),
    firstInFirstOut: await noisyNeighbour(10_000, perSecond, false),
  }));
  if (wire) writeFileSync(wireFile, await format(JSON.stringify(await measureOverTheWire()), { parser: 'json' }));
  const page = pageOf({ results, neighbours }, JSON.parse(readFileSync(wireFile, 'utf8')) as WireFigures);

  writeFileSync(join(docs, 'limiter.json'), await format(JSON.stringify({ results, neighbours }), { parser: 'json' }));
  writeFileSync(join(docs, 'limiter.svg'), chartOf(runs));
  writeFileSync(join(docs, 'limiter.md'), await format(page, { parser: 'markdown' }));
  console.log(page);
}

async function measureOverTheWire(): Promise<WireFigures> {
  const measured: WireFigures['runs'][number][] = [];
  for (const scenario of scenarios.filter(({ name }) => onTheWire.includes(name))) {
    console.log(`${scenario.name}, over the wire: ${seconds} s …`);
    measured.push({ limit: scenario.name, ...settled(await overTheWire(scenario), scenario) });
  }
  return {
    machine: `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), shared with the simulator`,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    runs: measured,
  };
}

function chartOf(runs: readonly Run[]): string {
  const ticks = [0, 30, 60, 90, 120].map((second) => ({ at: second, label: `${second} s` }));
  const points = (values: readonly number[]) => values.map((value, second) => [second, value] as const);
  const panels = runs.map((run) => ({
    kind: 'lines' as const,
    title: `the service allows ${run.scenario.name}`,
    ticks,
    end: seconds,
    lines: [
      { colour: colours.grey, dashed: true as const, points: points(run.adaptive.map(({ limit }) => limit)) },
      {
        colour: colours.orange,
        points: points(run.fixed.find(({ rate }) => rate === 100)?.seconds.map(({ accepted }) => accepted) ?? []),
      },
      { colour: colours.green, points: points(run.adaptive.map(({ accepted }) => accepted)) },
    ],
  }));
  const legend = [
    { name: 'what the service allows', colour: colours.grey, dashed: true as const },
    { name: 'accepted, this operator', colour: colours.green },
    { name: 'accepted, fixed 100/s', colour: colours.orange },
  ];
  return chart(panels, legend);
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const cell = ({ acceptedShare, throttledShare }: Figures): string =>
  `${percent(acceptedShare)} (${percent(throttledShare)})`;
function pageOf({ results, neighbours }: Report, wire: WireFigures): string {
  return `# The limit on calls

The operator finds the account's limit on calls automatically: throttled calls lower its rate, accepted calls raise it.
Namespaces and issuers take turns. Starting values and bounds are set with [\`--call-limits\`](configuration.md).

Written by \`npm run bench:limiter\`. The operator's own queues and rates face a service with a limit on calls per second, in
virtual time: 400 requests always want to call, and answers take 100 ms. The operator does not know the limit.

![accepted calls per second](limiter.svg)

The figures are the share of the allowed calls that were accepted and, in brackets, the share of calls that were throttled.
Both count from the 30th second after the start or the change:

| the service allows | this operator | ${fixedRates.map((rate) => `fixed ${rate}/s`).join(' | ')} |
| --- | --- | ${fixedRates.map(() => '---').join(' | ')} |
${results.map((row) => `| ${row.limit} | ${[row.adaptive, ...row.fixed].map(cell).join(' | ')} |`).join('\n')}

## Over the wire

The same queues and rates with the operator's own client: signed calls of CreateCustomCertificate over HTTP to the simulator,
in real time (\`-- --wire\`; ${wire.date}, Node ${wire.node}, ${wire.machine}):

| the service allows | this operator |
| --- | --- |
${wire.runs.map((run) => `| ${run.limit} | ${cell(run)} |`).join('\n')}

## A noisy neighbour

One namespace has many requests waiting when another one creates its only request:

| waiting already | the service allows | waits for, with turns | waits for, first in first out |
| --- | --- | --- | --- |
${neighbours
  .map(
    ({ waiting, perSecond, fair, firstInFirstOut }) =>
      `| ${waiting} | ${perSecond}/s | ${fair.calls} calls, ${Math.round(fair.milliseconds)} ms | ${firstInFirstOut.calls} calls, ${Math.round(firstInFirstOut.milliseconds / 1_000)} s |`,
  )
  .join('\n')}

## A silent endpoint

After five calls in a row without any answer, calls to the endpoint are held, for at most a minute at a time. Then a single
call probes it. With each answer, twice as many calls may be in flight. \`pca_issuer_endpoint_held\` shows it.
`;
}
