// docs/benchmarks.md, from the two files that the benchmark writes.
import type { Drain } from './bench.ts';
import type { PodFigures } from './pods.ts';

/** What the benchmark of processes has measured. */
export interface BenchmarkResult {
  readonly machine: string;
  readonly versions: string;
  readonly date: string;
  readonly requestsPerRun: number;
  readonly startToReadyMs: readonly number[];
  readonly residentMebibytes: {
    readonly idle: number;
    readonly afterIssuing: readonly { readonly issued: number; readonly mebibytes: number }[];
    readonly withFinishedRequests: { readonly count: number; readonly mebibytes: number };
  };
  readonly drains: readonly Drain[];
}

/** The page of the benchmarks, from what was measured. Pure. */
export function benchmarkPage(result: BenchmarkResult, pods: PodFigures): string {
  const { idle, afterIssuing, withFinishedRequests } = result.residentMebibytes;
  const rows = result.drains.flatMap(({ latencyMilliseconds, referencePerSecond, runs }) =>
    runs.map(({ perSecond, cpuMs, othersCpuMs: others, calls, patches }, index) =>
      [
        `${latencyMilliseconds} ms`,
        `${index + 1}`,
        perSecond.toFixed(0),
        referencePerSecond.toFixed(0),
        `${((100 * perSecond) / referencePerSecond).toFixed(0)} %`,
        cpuMs.toFixed(2),
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

Process start to \`/readyz\`: ${wholes(result.startToReadyMs)} ms.

## In pods

Written by \`npm run bench -- --pods\` on ${pods.date}. Machine: ${pods.machine}. ${pods.versions}. The image and the chart with their
defaults, installed by Helm: two replicas, ${pods.limitMebibytes} MiB at most each. Memory is what the kernel counts against that limit.

| what | |
| --- | --- |
| process start to ready, one pod after the other | ${wholes(pods.startToReadyMs)} ms |
| a pod is deleted until another is Ready | ${wholes(pods.replacedMs)} ms |
| peak memory after the start | ${pods.peakMebibytes.afterStart.map((value) => value.toFixed(0)).join(' and ')} MiB |
| peak memory after ${pods.certificates} Certificates at once, Ready in ${pods.readySeconds.toFixed(0)} s | ${pods.peakMebibytes.afterBurst.map((value) => value.toFixed(0)).join(' and ')} MiB |
`;
}

function wholes(values: readonly number[]): string {
  return values.map((value) => value.toFixed(0)).join(', ');
}
