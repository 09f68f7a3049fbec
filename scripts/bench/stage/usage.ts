// What the processes of a run have taken of the processors, and when they come to rest.
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs } from './process-figures.ts';

/** CPU time in milliseconds of each process that takes part. */
export interface CpuTimes {
  /** The one under measurement. */
  readonly contestant: number;
  readonly apiServer: number;
  readonly etcd: number;
  readonly simulator: number;
  /** The benchmark's own process with its watch. */
  readonly driver: number;
}

/** The processes by what they are. */
export type Pids = Readonly<Record<Exclude<keyof CpuTimes, 'driver'>, number>>;

const lookEveryMs = 200;
/** So much of a processor is what a process takes that only waits. */
const restingShare = 0.1;
const quietMs = { short: 400, long: 3_000 };
const longestMs = 120_000;

/** CPU time so far. */
export function cpuTimes(pids: Pids): CpuTimes {
  const { user, system } = process.cpuUsage();
  return {
    contestant: cpuMs(pids.contestant),
    apiServer: cpuMs(pids.apiServer),
    etcd: cpuMs(pids.etcd),
    simulator: cpuMs(pids.simulator),
    driver: (user + system) / 1_000,
  };
}

/** What was taken in between, for each of so many certificates. */
export function cpuPerCertificate(before: CpuTimes, after: CpuTimes, certificates: number): CpuTimes {
  const share = (name: keyof CpuTimes): number => (after[name] - before[name]) / certificates;
  return {
    contestant: share('contestant'),
    apiServer: share('apiServer'),
    etcd: share('etcd'),
    simulator: share('simulator'),
    driver: share('driver'),
  };
}

/**
 * Resolves when all of these processes have done next to nothing for a while, a long one where some put off work that may wait;
 * rejects when they do not come to rest.
 */
export async function atRest(pids: readonly number[], howLong: keyof typeof quietMs = 'short'): Promise<void> {
  const started = performance.now();
  let quiet = 0;
  let before = pids.map(cpuMs);
  while (quiet < quietMs[howLong]) {
    await sleep(lookEveryMs);
    const now = pids.map(cpuMs);
    const busiest = Math.max(...now.map((value, index) => value - (before[index] ?? 0)));
    quiet = busiest <= restingShare * lookEveryMs ? quiet + lookEveryMs : 0;
    before = now;
    if (performance.now() - started > longestMs)
      throw new Error(`A process is still busy after ${longestMs / 1_000} s.`);
  }
}
