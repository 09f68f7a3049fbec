// docs/benchmarks.md, from what the benchmark has written. Pure.
import { wrap } from '../../generate/wrapped-text.ts';
import type { PodFigures } from '../pods.ts';
import { casesOf } from '../result.ts';
import type { BenchmarkResult, Circumstances } from '../result.ts';
import type { CaseName } from '../case-names.ts';
import { plots } from './plots.ts';
import { profileSection } from './profile.ts';
import type { ProfileFigures } from './profile.ts';
import { caseTable } from './tables.ts';
import { caseTexts } from './texts.ts';

/** The page. */
export function benchmarkPage(result: BenchmarkResult, pods: PodFigures, profile: ProfileFigures): string {
  const present = plots(result);
  const sections = casesOf(result).map((name) => section(result, name, plotOf[name], present));
  return `# Benchmarks

Written by \`npm run bench\`; the figures are in [benchmarks.json](benchmarks.json).

## How it is measured

API server, etcd, cert-manager's webhook (which is spared the requests), the simulator of PCA and the contestant are processes of
one machine, so all of them share its cores; cert-manager's controllers do not run. PCA is called over HTTPS. etcd does
without fsync. The operator runs the bundle with the flags and the environment of its image and the rights of its chart.
Requests are for P-256 keys, each of its own, and one DNS name, and the CA's key is ECDSA, unless said otherwise.

All contestants are counted in the same way: by the driver's own watch. CPU is user and system time for each certificate,
until all processes are at rest again. The **reference** is a bare client in a process of its own: status applies of the same
size, 32 in flight, on requests at which no issuer looks, counted by the same watch, with no contestant running. Machines
differ, and the same machine differs from hour to hour: **only ratios within a run say something**.

${sections.join('\n\n')}

${profileSection(profile)}

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

/** The plot that belongs to a case. */
const plotOf: Readonly<Partial<Record<CaseName, string>>> = {
  drain: 'benchmarks-rates.svg',
  latency: 'benchmarks-latency.svg',
  memory: 'benchmarks-memory.svg',
};

function section(
  result: BenchmarkResult,
  name: CaseName,
  plot: string | undefined,
  present: Readonly<Record<string, string>>,
): string {
  const circumstances = result[name]?.circumstances;
  if (circumstances === undefined) return '';
  const { title, how, limit } = caseTexts[name];
  return [
    `## ${title}`,
    paragraph(how(circumstances)),
    ...(plot === undefined || present[plot] === undefined ? [] : [`![${title}](${plot})`]),
    caseTable(result, name),
    paragraph(`What limits it: ${limit(result)}`),
    whenAndWhere(circumstances),
  ].join('\n\n');
}

function paragraph(text: string): string {
  return wrap(text.replaceAll(/\s+/g, ' '), 120).join('\n');
}

function whenAndWhere({ date, machine, versions, contestants }: Circumstances): string {
  const named = contestants.map(({ name, description }) => `${name}: ${description}`);
  return `<sub>${date}; ${machine}; ${versions}; ${named.join('; ')}</sub>`;
}

function wholes(values: readonly number[]): string {
  return values.map((value) => value.toFixed(0)).join(', ');
}
