// A running operator seen from outside while others attack it: how long its event loop stood still, and its memory.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperatorProcess } from '../operator-process.ts';
import { until } from '../wait.ts';

const everyMs = 100;
const msPerTick = 10;
const lag = /^nodejs_eventloop_lag_max_seconds (\S+)$/m;

/** Watches from `start` to `stop`. */
export class ProcessWatch {
  readonly #operator: Pick<OperatorProcess, 'pid' | 'metrics'>;
  readonly #end = new AbortController();
  readonly #blocks: { readonly at: number; readonly ms: number }[] = [];
  #watching: Promise<void> = Promise.resolve();

  private constructor(operator: Pick<OperatorProcess, 'pid' | 'metrics'>) {
    this.#operator = operator;
  }

  /** Begins. */
  static start(operator: Pick<OperatorProcess, 'pid' | 'metrics'>): ProcessWatch {
    const watch = new ProcessWatch(operator);
    watch.#watching = watch.#run();
    return watch;
  }

  /**
   * The longest time since `from` (performance.now()) for which the event loop stood still and its thread worked, in
   * milliseconds. A thread that only waits for a processor of a busy machine has done no such work.
   */
  longestBlockMs(from = 0): number {
    return Math.max(0, ...this.#blocks.filter(({ at }) => at >= from).map(({ ms }) => ms));
  }

  /** Resident memory now, in MiB. */
  residentMebibytes(): number {
    return this.#mebibytes('VmRSS');
  }

  /** The most that was ever resident, in MiB. */
  peakMebibytes(): number {
    return this.#mebibytes('VmHWM');
  }

  /** Ends; what was seen stays. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#watching;
  }

  async #run(): Promise<void> {
    let worked = this.#threadMs();
    let latest = worked;
    // What a process did that ended, or never answers again.
    const reading = setInterval(() => (latest = this.#threadMs() || latest), everyMs);
    while (!this.#end.signal.aborted) {
      await sleep(everyMs);
      const from = latest;
      // The figure is the largest since the last answer, so nothing is lost where an answer does not come in time.
      const text = await this.#operator.metrics().catch(() => undefined);
      if (text === undefined) {
        this.#blocks.push({ at: performance.now(), ms: latest - from });
        continue;
      }
      const now = this.#threadMs();
      const stoodMs = Number(lag.exec(text)?.[1] ?? 0) * 1_000;
      this.#blocks.push({ at: performance.now(), ms: Math.min(stoodMs, now - worked) });
      worked = now;
    }
    clearInterval(reading);
  }

  /** Processor time of the thread that runs the event loop; 0 where the process is gone. */
  #threadMs(): number {
    const { pid } = this.#operator;
    const fields = this.#read(`task/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * msPerTick;
  }

  #mebibytes(field: string): number {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(this.#read('status'));
    return Number(match?.[1] ?? Number.NaN) / 1_024;
  }

  #read(file: string): string {
    try {
      return readFileSync(`/proc/${this.#operator.pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  }
}

/** Has the operator collect what nothing refers to any more, so that what stays is what it keeps. */
export async function collectGarbage({ pid, logs }: Pick<OperatorProcess, 'pid' | 'logs'>): Promise<void> {
  process.kill(pid, 'SIGUSR1');
  const url = await until('the inspector', async () => /Debugger listening on (ws:\S+)/.exec(await logs())?.[1]);
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  socket.addEventListener('open', () => {
    socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
  });
  socket.addEventListener('message', resolve);
  socket.addEventListener('error', reject);
  await promise;
  socket.close();
}
