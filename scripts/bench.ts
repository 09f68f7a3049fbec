// `npm run bench`: what one certificate costs and how fast requests are drained, on this machine, in one run; writes
// docs/benchmarks.json, docs/benchmarks.md and its plots. With `-- --pods` start and memory in the chart's pods instead, for
// docs/benchmarks-pods.json and the same page.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { caseNames } from './bench/case-names.ts';
import type { CaseName } from './bench/case-names.ts';
import type { Sizes } from './bench/cases/sizes.ts';
import { casesOf } from './bench/result.ts';
import type { BenchmarkResult } from './bench/result.ts';
import type { RunSettings } from './bench/run.ts';
import { root } from './command.ts';
import { runTask } from './task/run-task.ts';
import type { Told } from './task/run-task.ts';

const say = (text: string): void => console.log(text);
const docs = join(root, 'docs');
const figuresFile = join(docs, 'benchmarks.json');
const podsFile = join(docs, 'benchmarks-pods.json');

async function main(told: Told<'bench'>): Promise<number> {
  if (told.pods) await measurePods(told.requests);
  else await measure(told);
  return 0;
}

async function measurePods(requests: number): Promise<void> {
  const { measurePods: measureThem } = await import('./bench/pods.ts');
  const { describeMachine } = await import('./bench/circumstances.ts');
  const { writeFigures, writePage } = await import('./bench/page/write.ts');
  writeFigures(podsFile, {
    date: new Date().toISOString().slice(0, 10),
    machine: `${describeMachine()}, all of the cluster on it`,
    ...(await measureThem(requests, say)),
  });
  writePage();
}

async function measure(told: Told<'bench'>): Promise<void> {
  const { runCases } = await import('./bench/run.ts');
  const { writeFigures, writePage } = await import('./bench/page/write.ts');
  const earlier = told.compare === undefined ? undefined : (read(told.compare) as BenchmarkResult);
  const file = told.output ?? figuresFile;
  let run: BenchmarkResult = {};
  await runCases(await settingsOf(told), (result) => {
    run = { ...run, ...result };
    // What was measured so far is not lost with a later case.
    writeFigures(file, told.output === undefined ? { ...(read(file) as BenchmarkResult), ...result } : run);
  });
  if (told.output === undefined) writePage();
  const { caseLines } = await import('./bench/page/tables.ts');
  for (const name of casesOf(run)) say(`\n${name}\n${caseLines(run, name)}`);
  const { comparison } = await import('./bench/compare.ts');
  if (earlier !== undefined) say(`\n${comparison(earlier, run)}`);
}

async function settingsOf(told: Told<'bench'>): Promise<RunSettings> {
  const { fixedSizes, quickSizes } = await import('./bench/cases/sizes.ts');
  const { requests, pairs, finished, issued, waiting, behind, baseline } = told;
  const sizes: Sizes = told.quick ? quickSizes : { ...fixedSizes, requests, pairs, finished, issued, waiting, behind };
  const { peer: command, 'peer-issuer': issuer = '', 'peer-manifests': manifests = '' } = told;
  return {
    cases: chosenCases(told.cases),
    sizes,
    baseline,
    peer: command === undefined ? undefined : { command, issuer, manifests: manifests.split(',').filter(Boolean) },
    flags: (told.flags ?? '').split(' ').filter(Boolean),
    say,
  };
}

function chosenCases(text: string | undefined): readonly CaseName[] {
  const chosen = text?.split(',') ?? caseNames;
  return caseNames.filter((name) => chosen.includes(name));
}

async function findFault({ cases, peer, 'peer-issuer': issuer }: Told<'bench'>): Promise<string | undefined> {
  const { readIssuer } = await import('./bench/contestants/peer.ts');
  const unknown = cases?.split(',').find((name) => !(caseNames as readonly string[]).includes(name));
  if (unknown !== undefined) return `There is no case "${unknown}"`;
  if ((peer === undefined) !== (issuer === undefined)) return '--peer and --peer-issuer go together';
  return issuer !== undefined && readIssuer(issuer) === undefined
    ? `--peer-issuer is GROUP/KIND/NAME, not "${issuer}"`
    : undefined;
}

function read(file: string): object {
  return JSON.parse(readFileSync(file, 'utf8')) as object;
}

await runTask('bench', { findFault, run: main });
