// `npm run bench`: what one certificate costs and how fast requests are drained, on this machine, in one run; writes
// docs/benchmarks.json and docs/benchmarks.md. `-- --requests N --finished N --issued N` change the sizes.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Bench, type Drain, type Run } from './bench/bench.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000' },
    finished: { type: 'string', default: '50000' },
    issued: { type: 'string', default: '5000' },
  },
});
const size = Number(values.requests);
const say = (text: string): void => console.log(text);

const bench = await Bench.start(say);
try {
  const startMilliseconds = await bench.startTimes(5);
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
  const result = {
    machine: `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, shared with etcd, API server and simulator`,
    versions: bench.versions(),
    date: new Date().toISOString().slice(0, 10),
    requestsPerRun: size,
    startToReadyMilliseconds: startMilliseconds,
    residentMebibytes: { idle, afterIssuing: growth, withFinishedRequests: finished },
    drains,
  };
  writeFileSync(join(root, 'docs/benchmarks.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(root, 'docs/benchmarks.md'), page(result));
  say(readFileSync(join(root, 'docs/benchmarks.md'), 'utf8'));
} finally {
  await bench.stop();
}

function page(result: {
  readonly machine: string;
  readonly versions: string;
  readonly date: string;
  readonly requestsPerRun: number;
  readonly startToReadyMilliseconds: readonly number[];
  readonly residentMebibytes: {
    readonly idle: number;
    readonly afterIssuing: readonly { readonly issued: number; readonly mebibytes: number }[];
    readonly withFinishedRequests: { readonly count: number; readonly mebibytes: number };
  };
  readonly drains: readonly Drain[];
}): string {
  const { idle, afterIssuing, withFinishedRequests } = result.residentMebibytes;
  const rows = result.drains.flatMap(({ latencyMilliseconds, referencePerSecond, runs }) =>
    runs.map(({ perSecond, cpuMilliseconds, othersCpuMilliseconds: others, calls, patches }, index) =>
      [
        `${latencyMilliseconds} ms`,
        `${index + 1}`,
        perSecond.toFixed(0),
        referencePerSecond.toFixed(0),
        `${((100 * perSecond) / referencePerSecond).toFixed(0)} %`,
        cpuMilliseconds.toFixed(2),
        others.apiServer.toFixed(2),
        others.etcd.toFixed(2),
        others.simulator.toFixed(2),
        calls,
        patches,
      ].join(' | '),
    ),
  );
  return `# Benchmarks

Written by \`npm run bench\` on ${result.date}. Machine: ${result.machine}. ${result.versions}.

## Draining approved requests

${result.requestsPerRun} requests are created and approved while the operator is stopped with SIGSTOP; the time runs from SIGCONT to the
last certificate in the status. The reference is what a bare client gets through in status applies of the same size in
the same run (24 in flight, namespace spared by cert-manager's webhook, etcd without fsync).

Run 1 is the first of a fresh process, so it also pays for compiling and handshakes. CPU is milliseconds per certificate;
all four processes share the machine's cores, so their sum bounds the rate.

| cloud latency | run | certificates/s | bare applies/s | share | operator CPU | API server CPU | etcd CPU | simulator CPU | cloud calls per certificate | status PATCHes per certificate |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join('\n')}

## Memory (RSS) and start

| what | MiB |
| --- | --- |
| idle, empty cluster | ${idle.toFixed(0)} |
${afterIssuing.map(({ issued, mebibytes }) => `| after ${issued} certificates issued | ${mebibytes.toFixed(0)} |`).join('\n')}
| started with ${withFinishedRequests.count} finished requests | ${withFinishedRequests.mebibytes.toFixed(0)} |

Process start to \`/readyz\`: ${result.startToReadyMilliseconds.map((value) => value.toFixed(0)).join(', ')} ms.
`;
}
