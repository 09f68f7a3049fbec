// `npm run bench`: what one certificate costs and how fast requests are drained, on this machine, in one run; writes
// docs/benchmarks.json and docs/benchmarks.md. `-- --requests N --finished N --issued N` change the sizes. `-- --pods`
// measures start and memory in the chart's pods instead, for docs/benchmarks-pods.json and the same page.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Bench } from './bench/bench.ts';
import type { Drain, Run } from './bench/bench.ts';
import { benchmarkPage } from './bench/page.ts';
import type { BenchmarkResult } from './bench/page.ts';
import { measurePods } from './bench/pods.ts';
import type { PodFigures } from './bench/pods.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000' },
    finished: { type: 'string', default: '50000' },
    issued: { type: 'string', default: '5000' },
    pods: { type: 'boolean', default: false },
  },
});
const size = Number(values.requests);
const say = (text: string): void => console.log(text);

const now = { date: new Date().toISOString().slice(0, 10) };
const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB`;

if (values.pods) {
  write('benchmarks-pods.json', {
    ...now,
    machine: `${machine}, all of the cluster on it`,
    ...(await measurePods(size, say)),
  });
} else {
  write('benchmarks.json', {
    ...now,
    machine: `${machine}, shared with etcd, API server and simulator`,
    ...(await measure()),
  });
}
const text = benchmarkPage(read('benchmarks.json') as BenchmarkResult, read('benchmarks-pods.json') as PodFigures);
writeFileSync(join(root, 'docs/benchmarks.md'), text);
say(text);

async function measure(): Promise<Omit<BenchmarkResult, 'date' | 'machine'>> {
  const bench = await Bench.start(say);
  try {
    const startMs = await bench.startTimes(5);
    const idle = bench.memory();
    const drains: Drain[] = [];
    for (const latency of [0, 200]) {
      await bench.restartOperator();
      const reference = await bench.reference(size);
      const runs: Run[] = [];
      for (let run = 0; run < 3; run += 1) runs.push(await bench.drain(size, latency));
      drains.push({ latencyMilliseconds: latency, referencePerSecond: reference, runs });
    }
    await bench.restartOperator();
    const growth = await bench.growth(Number(values.issued));
    const finished = await bench.withFinished(Number(values.finished));
    return {
      versions: bench.versions(),
      requestsPerRun: size,
      startToReadyMs: startMs,
      residentMebibytes: { idle, afterIssuing: growth, withFinishedRequests: finished },
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
