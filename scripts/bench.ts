// `npm run bench`: what one certificate costs and how fast requests are drained, on this machine, in one run; writes
// docs/benchmarks.json and docs/benchmarks.md. With `-- --pods` start and memory in the chart's pods instead, for
// docs/benchmarks-pods.json and the same page.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Drain, Run } from './bench/bench.ts';
import { benchmarkPage } from './bench/page.ts';
import type { BenchmarkResult } from './bench/page.ts';
import type { PodFigures } from './bench/pods.ts';
import { runTask } from './task/run-task.ts';
import type { Told } from './task/run-task.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const say = (text: string): void => console.log(text);

async function main(sizes: Told<'bench'>): Promise<number> {
  const now = { date: new Date().toISOString().slice(0, 10) };
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
  if (sizes.pods) {
    const { measurePods } = await import('./bench/pods.ts');
    write('benchmarks-pods.json', {
      ...now,
      machine: `${machine}, all of the cluster on it`,
      ...(await measurePods(sizes.requests, say)),
    });
  } else {
    write('benchmarks.json', {
      ...now,
      machine: `${machine}, shared with etcd, API server and simulator`,
      ...(await measure(sizes)),
    });
  }
  const text = benchmarkPage(read('benchmarks.json') as BenchmarkResult, read('benchmarks-pods.json') as PodFigures);
  writeFileSync(join(root, 'docs/benchmarks.md'), text);
  say(text);
  return 0;
}

async function measure({
  requests,
  finished,
  issued,
}: Told<'bench'>): Promise<Omit<BenchmarkResult, 'date' | 'machine'>> {
  const { Bench } = await import('./bench/bench.ts');
  const bench = await Bench.start(say);
  try {
    const startMs = await bench.startTimes(5);
    const idle = bench.memory();
    const drains: Drain[] = [];
    for (const latency of [0, 200]) {
      await bench.restartOperator();
      const reference = await bench.reference(requests);
      const runs: Run[] = [];
      for (let run = 0; run < 3; run += 1) runs.push(await bench.drain(requests, latency));
      drains.push({ latencyMilliseconds: latency, referencePerSecond: reference, runs });
    }
    await bench.restartOperator();
    const growth = await bench.growth(issued);
    const withFinished = await bench.withFinished(finished);
    return {
      versions: bench.versions(),
      requestsPerRun: requests,
      startToReadyMs: startMs,
      residentMebibytes: { idle, afterIssuing: growth, withFinishedRequests: withFinished },
      drains,
    };
  } finally {
    await bench.stop();
  }
}

function write(file: string, result: object): void {
  writeFileSync(join(root, 'docs', file), `${JSON.stringify(result, null, 2)}\n`);
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(join(root, 'docs', file), 'utf8'));
}

await runTask('bench', { run: main });
