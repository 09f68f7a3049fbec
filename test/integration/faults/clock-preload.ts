// Clocks of an operator that are wrong, by a module that its process loads first.
import { fileURLToPath } from 'node:url';

const module = fileURLToPath(new URL('./wrong-clock.ts', import.meta.url));

/** Environment for a process whose wall clock is off; its monotonic clock can be moved by {@link minutesPass}. */
export function preload(options: { readonly offMs?: number } = {}): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import ${module}`,
    WRONG_CLOCK_MILLISECONDS: String(options.offMs ?? 0),
  };
}

/** Moves the monotonic clock of a process with the preload on by three minutes. */
export function minutesPass(pid: number): void {
  process.kill(pid, 'SIGUSR2');
}
