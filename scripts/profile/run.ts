// Profiles of drains: the bundle with a source map is driven on the benchmark's stage, its processor time in one drain and its
// allocations in another, since each costs time itself.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../control-plane/driver/ports.ts';
import { Inspector } from '../../test/support/inspector.ts';
import { drain } from '../bench/cases/runs.ts';
import type { Load } from '../bench/cases/runs.ts';
import type { Contestant, Running } from '../bench/contestants/contestant.ts';
import { ownContestant } from '../bench/contestants/own.ts';
import { Stage } from '../bench/stage/stage.ts';
import { buildBundle } from '../build.ts';
import { root } from '../command.ts';
import { readCpuProfile, readHeapProfile } from './read-profile.ts';
import type { CpuProfile, HeapProfile } from './read-profile.ts';
import { allocations, processorTime, profileReport } from './report.ts';
import { sourceFinder } from './source-maps.ts';

/** What is profiled, and where the files go. */
export interface ProfileSettings {
  readonly load: Load;
  /** The first drain of a process instead of a later one. */
  readonly cold: boolean;
  readonly folder: string;
  readonly say: (text: string) => void;
}

const intervalMicroseconds = 400;
const bytesBetweenSamples = 16_384;
const unused = 1;

/** Profiles, writes `drain.cpuprofile`, `drain.heapprofile` and `shares.txt`, and answers the text of the latter. */
export async function profileDrains({ load, cold, folder, say }: ProfileSettings): Promise<string> {
  mkdirSync(folder, { recursive: true });
  await buildBundle(join(folder, 'bundle'), { sourceMap: true });
  say('Starting the control plane and the simulator.');
  const stage = await Stage.start(unused);
  try {
    const tree = { name: 'profiled', description: '', directory: root, bundle: join(folder, 'bundle/main.js') };
    const contestant = ownContestant(tree, []);
    const cpu = await withProcess(stage, contestant, async (running, inspector) => {
      if (!cold) await oneDrain(stage, contestant, running, load);
      say(`Draining ${load.count} requests with a profile of processor time.`);
      await inspector.send('Profiler.enable');
      await inspector.send('Profiler.setSamplingInterval', { interval: intervalMicroseconds });
      await inspector.send('Profiler.start');
      await oneDrain(stage, contestant, running, load);
      return ((await inspector.send('Profiler.stop')) as { readonly profile: CpuProfile }).profile;
    });
    const heap = await withProcess(stage, contestant, async (running, inspector) => {
      if (!cold) await oneDrain(stage, contestant, running, load);
      say(`Draining ${load.count} requests with a profile of allocations.`);
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
    const text = [
      profileReport(readCpuProfile(cpu), findSource, processorTime, load.count),
      profileReport(readHeapProfile(heap), findSource, allocations, load.count),
    ].join('\n');
    writeFileSync(join(folder, 'shares.txt'), text);
    return text;
  } finally {
    await stage.stop();
  }
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
