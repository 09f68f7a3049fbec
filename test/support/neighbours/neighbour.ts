// A program of somebody else's that works with the product, as a process: started, stopped, killed, paused and started
// again on the same files. Knows processes and logs, not what the program does.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import { buildGoProgram } from '../../../control-plane/driver/go-build.ts';
import { controlPlaneProgram } from '../../../control-plane/driver/programs.ts';
import type { ProcessEnd } from '../operator-process.ts';
import { until } from '../wait.ts';

/** How to run a neighbour. */
export interface NeighbourSettings {
  /** What messages call it. */
  readonly name: string;
  /** Program, then arguments. */
  readonly command: readonly string[];
  /** Working directory, which must exist; its relative paths are below it. */
  readonly directory: string;
  /** All that it gets besides PATH, as in a pod. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where its output is appended to. */
  readonly logFile: string;
  /** Whether it serves; what it throws counts as "not yet" and is shown when that lasts. Without it: as soon as it runs. */
  readonly isReady?: () => boolean | Promise<boolean>;
  /** Longest wait for that; that of test/support/wait.ts when not given. */
  readonly deadlineMs?: number;
}

interface RunningProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
}

const defaultGraceMs = 10_000;
const logTailLines = 20;
const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The process of a neighbour. It ends with the process that started it, even when that one is killed. */
export class Neighbour {
  readonly #settings: NeighbourSettings;
  #present: RunningProcess | undefined;

  constructor(settings: NeighbourSettings) {
    this.#settings = settings;
  }

  /** Process id; throws when it does not run. */
  get pid(): number {
    return this.#running().child.pid ?? 0;
  }

  /** Resolves when the present process is gone, however that came; throws when none runs. */
  get ended(): Promise<ProcessEnd> {
    return this.#running().ended;
  }

  /** Everything that it has written, also before it was started again. */
  async logs(): Promise<string> {
    return readFile(this.#settings.logFile, 'utf8');
  }

  /** Starts it and waits until it is ready; one that ends or does not get there is an error with its last log lines. */
  async start(): Promise<void> {
    const { name, isReady = () => true, deadlineMs } = this.#settings;
    const { ended } = await this.launch();
    let end: ProcessEnd | undefined;
    void ended.then((how) => (end = how));
    try {
      await until(
        `${name} to be ready`,
        async () => end !== undefined || (await isReady()),
        deadlineMs === undefined ? {} : { deadlineMs },
      );
      if (end !== undefined)
        throw new Error(`${name} ended with ${end.signal ?? `exit code ${end.code}`} while it was starting.`);
    } catch (error) {
      await this.kill();
      throw new Error(`${String(error)}${await this.#logTail()}`, { cause: error });
    }
  }

  /** Starts it without waiting until it is ready; for a start that must not succeed. */
  async launch(): Promise<{ readonly ended: Promise<ProcessEnd> }> {
    const { name, command, directory, environment, logFile } = this.#settings;
    if (this.#present !== undefined) throw new Error(`${name} is already running.`);
    // Programs of others do not notice that whoever started them is gone, and a test that is killed cannot clean up.
    const guard = await buildGoProgram(controlPlaneProgram);
    const log = openSync(logFile, 'a');
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      cwd: directory,
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    running.add(child);
    const watching = child.pid === undefined ? undefined : startGuard(guard, child.pid);
    const ended = endOf(child).finally(() => {
      running.delete(child);
      watching?.kill('SIGKILL');
      this.#present = undefined;
    });
    this.#present = { child, ended };
    return this.#present;
  }

  /** SIGTERM, then SIGKILL after the grace period (10 s unless given); nothing when it does not run. */
  async stop(graceMs = defaultGraceMs): Promise<void> {
    const last = setTimeout(() => this.#present?.child.kill('SIGKILL'), graceMs);
    try {
      await this.#end('SIGTERM');
    } finally {
      clearTimeout(last);
    }
  }

  /** SIGKILL; nothing when it does not run. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Stops it and starts it again with the same settings and files. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void {
    this.#running().child.kill('SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    this.#running().child.kill('SIGCONT');
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const present = this.#present;
    if (present === undefined) return;
    present.child.kill(signal);
    await present.ended;
  }

  #running(): RunningProcess {
    if (this.#present === undefined) throw new Error(`${this.#settings.name} is not running.`);
    return this.#present;
  }

  async #logTail(): Promise<string> {
    const lines = (await this.logs()).trimEnd().split('\n').slice(-logTailLines);
    return `\nIts log ${this.#settings.logFile} ends with:\n${lines.join('\n')}`;
  }
}

function startGuard(program: string, pid: number): ChildProcess {
  const guard = spawn(program, ['guard', String(pid)], {
    env: { ...process.env, CONTROL_PLANE_PARENT: String(process.pid) },
    stdio: 'ignore',
  });
  // Without it the process is only left over when this one is killed.
  guard.once('error', () => {});
  return guard;
}

async function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve({ code: 127, signal: null });
    });
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
}
