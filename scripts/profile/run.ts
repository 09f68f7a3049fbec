// Profiles of drains: bundles with source maps are driven on the benchmark's stage, the processor time in one drain and the
// allocations in another, since each costs time itself.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../control-plane/driver/ports.ts';
import { Inspector } from '../../test/support/inspector.ts';
import { drain } from '../bench/cases/runs.ts';
import type { Load } from '../bench/cases/runs.ts';
import type { Contestant, Running } from '../bench/contestants/contestant.ts';
import { ownContestant } from '../bench/contestants/own.ts';
import type { BuiltTree } from '../bench/contestants/own.ts';
import { Stage } from '../bench/stage/stage.ts';
import { sharesOf } from './attribution.ts';
import type { Share } from './attribution.ts';
import { readCpuProfile, readHeapProfile } from './read-profile.ts';
import type { CpuProfile, HeapProfile } from './read-profile.ts';
import { allocations, processorTime, profileReport } from './report.ts';
import { sourceFinder } from './source-maps.ts';

/** What is profiled, and where the files go. */
export interface ProfileSettings {
  /** Their bundles have source maps beside them. The files of the first go into the folder, those of others into one below it. */
  readonly trees: readonly Required<BuiltTree>[];
  readonly load: Load;
  /** The first drain of a process instead of a later one. */
  readonly cold: boolean;
  readonly folder: string;
  readonly say: (text: string) => void;
}

/** To whom belongs what one tree takes for a certificate. */
export interface Profiled extends Pick<BuiltTree, 'name' | 'description'> {
  /** Microseconds of the main thread for a certificate. */
  readonly processorTime: readonly Share[];
  /** Bytes for a certificate. */
  readonly allocations: readonly Share[];
}

const intervalMicroseconds = 400;
const bytesBetweenSamples = 16_384;
const unused = 1;

/** Profiles one tree after the other; each leaves `drain.cpuprofile`, `drain.heapprofile` and `shares.txt`. */
export async function profileDrains({
  trees,
  folder,
  ...settings
}: ProfileSettings): Promise<{ readonly profiled: readonly Profiled[]; readonly versions: string }> {
  settings.say('Starting the control plane and the simulator.');
  const stage = await Stage.start(unused);
  try {
    const profiled: Profiled[] = [];
    for (const tree of trees) {
      const target = tree === trees[0] ? folder : join(folder, tree.name);
      mkdirSync(target, { recursive: true });
      profiled.push(await profileTree(stage, tree, { ...settings, folder: target }));
    }
    return { profiled, versions: await stage.versions() };
  } finally {
    await stage.stop();
  }
}

async function profileTree(
  stage: Stage,
  tree: Required<BuiltTree>,
  { load, cold, folder, say }: Omit<ProfileSettings, 'trees'>,
): Promise<Profiled> {
  const contestant = ownContestant(tree, []);
  const cpu = await withProcess(stage, contestant, async (running, inspector) => {
    if (!cold) await oneDrain(stage, contestant, running, load);
    say(`Draining ${load.count} requests with a profile of processor time (${tree.name}).`);
    await inspector.send('Profiler.enable');
    await inspector.send('Profiler.setSamplingInterval', { interval: intervalMicroseconds });
    await inspector.send('Profiler.start');
    await oneDrain(stage, contestant, running, load);
    return ((await inspector.send('Profiler.stop')) as { readonly profile: CpuProfile }).profile;
  });
  const heap = await withProcess(stage, contestant, async (running, inspector) => {
    if (!cold) await oneDrain(stage, contestant, running, load);
    say(`Draining ${load.count} requests with a profile of allocations (${tree.name}).`);
    await inspector.send('HeapProfiler.startSampling', {
      samplingInterval: bytesBetweenSamples,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    await oneDrain(stage, contestant, running, load);
    return ((await inspector.send('HeapProfiler.stopSampling')) as { readonly profile: HeapProfile }).profile;
  });
  writeFileSync(join(folder, 'drain.cpuprofile'), JSON.stringify(cpu));
  writeFileSync(join(folder, 'drain.heapprofile'), JSON.stringify(heap));
  const findSource = sourceFinder();
  const times = readCpuProfile(cpu);
  const bytes = readHeapProfile(heap);
  const text = [
    profileReport(times, findSource, processorTime, load.count),
    profileReport(bytes, findSource, allocations, load.count),
  ].join('\n');
  writeFileSync(join(folder, 'shares.txt'), text);
  say(`\n${tree.description}\n${text}`);
  const each = ({ owner, self, caused }: Share): Share => ({
    owner,
    self: Math.round(self / load.count),
    caused: Math.round(caused / load.count),
  });
  return {
    name: tree.name,
    description: tree.description,
    processorTime: sharesOf(times, findSource).map(each),
    allocations: sharesOf(bytes, findSource).map(each),
  };
}

async function oneDrain(stage: Stage, contestant: Contestant, running: Running, load: Load): Promise<void> {
  await drain(stage, { contestant, running }, load);
  await stage.removeRequests();
}

async function withProcess<Result>(
  stage: Stage,
  contestant: Contestant,
  work: (running: Running, inspector: Inspector) => Promise<Result>,
): Promise<Result> {
  const port = await freePort();
  const environment = { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` };
  const running = await contestant.start(stage.where, { environment });
  try {
    const inspector = await Inspector.atPort(port);
    const result = await work(running, inspector);
    inspector.close();
    return result;
  } finally {
    await running.kill();
  }
}
