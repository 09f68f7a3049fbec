// A running operator seen from outside while others attack it: how long its event loop was kept busy at a stretch, its memory.
import { readFileSync } from 'node:fs';
import { Inspector } from '../inspector.ts';
import type { OperatorProcess } from '../operator-process.ts';
import { until } from '../wait.ts';
import type { LoopNote } from './loop-probe.ts';

/** The environment of an operator whose turns of the event loop are noted in this file. */
export function probed(file: string): Readonly<Record<string, string>> {
  const probe = new URL('loop-probe.ts', import.meta.url).href;
  return { NODE_OPTIONS: `--import=${probe} --disable-warning=ExperimentalWarning`, LOOP_PROBE_FILE: file };
}

/**
 * A turn of the event loop: milliseconds of processor time, of the clock those for which garbage was collected, and of the
 * processor those that were certainly not the collector's.
 */
export interface Turn {
  readonly ms: number;
  readonly collectedMs: number;
  readonly ownMs: number;
}

/** An operator that was started with {@link probed}. */
export class ProcessWatch {
  readonly #pid: number;
  readonly #file: string;

  constructor({ pid }: Pick<OperatorProcess, 'pid'>, file: string) {
    this.#pid = pid;
    this.#file = file;
  }

  /**
   * The turns of the event loop since `from` (performance.now()) that took 10 ms or more, the longest first. A thread that only waits for a
   * processor of a busy machine has done no such work.
   */
  longestTurns(from: number): readonly Turn[] {
    const notes = this.#notes().filter(({ to }) => to >= performance.timeOrigin + from);
    const collected = notes.filter(({ kind }) => kind === 'collected');
    return notes
      .filter(({ kind }) => kind === 'turn')
      .toSorted((a, b) => b.ms - a.ms)
      .map(({ ms, ...turn }) => {
        const during = collected.filter(({ from: begin, to }) => begin < turn.to && to > turn.from);
        const collectedMs = during.reduce((sum, each) => sum + each.ms, 0);
        return { ms, collectedMs, ownMs: Math.max(0, ms - collectedMs) };
      });
  }

  /** Resident memory now, in MiB. */
  residentMebibytes(): number {
    return this.#mebibytes('VmRSS');
  }

  /** The most that was ever resident, in MiB. */
  peakMebibytes(): number {
    return this.#mebibytes('VmHWM');
  }

  #notes(): readonly LoopNote[] {
    const lines = this.#read(this.#file).split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LoopNote);
  }

  #mebibytes(field: string): number {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(this.#read(`/proc/${this.#pid}/status`));
    return Number(match?.[1] ?? Number.NaN) / 1_024;
  }

  #read(file: string): string {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  }
}

/** Has the operator collect what nothing refers to any more, so that what stays is what it keeps. */
export async function collectGarbage({ pid, logs }: Pick<OperatorProcess, 'pid' | 'logs'>): Promise<void> {
  process.kill(pid, 'SIGUSR1');
  const url = await until('the inspector', async () => /Debugger listening on (ws:\S+)/.exec(await logs())?.[1]);
  const inspector = await Inspector.connect(url);
  await inspector.send('HeapProfiler.collectGarbage');
  inspector.close();
}
