// Loaded into the operator under test (NODE_OPTIONS): notes how much processor time each turn of its event loop takes, and how
// long the collector of garbage stopped it. What a busy machine adds to the time of the clock is no work of the operator's.
import { appendFileSync } from 'node:fs';
import { performance, PerformanceObserver } from 'node:perf_hooks';

// What a turn takes is known to so many milliseconds: work of the turns between two looks counts as one turn's.
const everyMs = 5;
const writtenEveryMs = 100;
const worthNotingMs = 10;
const file = process.env['LOOP_PROBE_FILE'];

/**
 * A line of the file. `turn`: `ms` of the thread's processor time in a turn of the event loop, those of the collector
 * included; `collected`: the collector stopped the thread for `ms` of the clock. `from` and `to`: milliseconds since 1970.
 */
export interface LoopNote {
  readonly kind: 'turn' | 'collected';
  readonly from: number;
  readonly to: number;
  readonly ms: number;
}

const lines: string[] = [];

const collector = new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) note('collected', startTime, startTime + duration, duration);
});

/** Times of the process's own clock are told as milliseconds since 1970. */
function note(kind: LoopNote['kind'], from: number, to: number, ms: number): void {
  const { timeOrigin } = performance;
  const noted: LoopNote = { kind, from: timeOrigin + from, to: timeOrigin + to, ms };
  lines.push(`${JSON.stringify(noted)}\n`);
}

function startProbe(target: string): void {
  collector.observe({ entryTypes: ['gc'] });
  let before = process.threadCpuUsage();
  let from = performance.now();
  const look = (): void => {
    const now = process.threadCpuUsage();
    const at = performance.now();
    const ms = (now.user + now.system - before.user - before.system) / 1_000;
    if (ms >= worthNotingMs) note('turn', from, at, ms);
    before = now;
    from = at;
  };
  setInterval(look, everyMs).unref();
  setInterval(() => appendFileSync(target, lines.splice(0).join('')), writtenEveryMs).unref();
}

if (file !== undefined) startProbe(file);
