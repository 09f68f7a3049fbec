// One process of the control plane: started, stopped, killed, paused and started again on the same data and ports.
// Knows processes and logs, not what the process serves.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { waitUntil } from './wait.ts';

/** The processes a control plane may have. */
export type ComponentName =
  'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'cert-manager' | 'cert-manager-webhook';

/** The processes that make a control plane a cluster with pods. */
export type NodeComponentName = 'kube-scheduler' | 'containerd' | 'kubelet' | 'kube-proxy' | 'coredns';

/** A process that tests may disturb. */
export interface Component {
  readonly name: ComponentName | NodeComponentName;
  /** Process id of the present or, when it is down, of the last process. */
  readonly pid: number;
  readonly logFile: string;
  /** SIGTERM, then SIGKILL when the process is still there after the grace period (5 s unless stated). */
  stop(graceMs?: number): Promise<void>;
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** Starts the process, again if need be, and waits until it is ready. */
  start(): Promise<void>;
  /** Stops and starts it; its command line gets these flags as well, until the next restart. */
  restart(flags?: readonly string[]): Promise<void>;
}

/** The settings of a component. */
export interface ComponentDefinition {
  readonly name: ComponentName | NodeComponentName;
  readonly command: readonly string[];
  readonly logFile: string;
  /** Command that, given a process id, kills that process once this one is gone. */
  readonly guard: readonly string[];
  /** False for a foreign binary, which does not notice that its parent is gone. */
  readonly exitsWithParent: boolean;
  readonly beforeStart?: () => Promise<void>;
  readonly isReady: () => Promise<boolean>;
}

const defaultGraceMs = 5000;
const logTailLines = 15;

/** The process behind a {@link Component}; what only the control plane itself may call is here too. */
export class ComponentProcess implements Component {
  readonly name: ComponentName | NodeComponentName;
  readonly logFile: string;
  readonly #definition: ComponentDefinition;
  #child: ChildProcess | undefined;
  #guard: ChildProcess | undefined;
  #flags: readonly string[] = [];
  #pid = 0;

  constructor(definition: ComponentDefinition) {
    this.name = definition.name;
    this.logFile = definition.logFile;
    this.#definition = definition;
  }

  get pid(): number {
    return this.#pid;
  }

  async start(): Promise<void> {
    if (this.#child !== undefined) throw new Error(`${this.name} is already running as process ${this.#pid}.`);
    await this.#definition.beforeStart?.();
    const child = this.#spawn();
    let ended = false;
    child.once('exit', () => {
      ended = true;
    });
    try {
      await waitUntil(
        async () => ended || (await this.#definition.isReady()),
        () => `${this.name} did not become ready`,
      );
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}${this.#logTail()}`, { cause: error });
    }
    if (ended) {
      throw new Error(
        `${this.name} ended with ${child.signalCode ?? `status ${child.exitCode}`} while it was starting${this.#logTail()}`,
      );
    }
  }

  async stop(graceMs = defaultGraceMs): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.resume();
    child.kill('SIGTERM');
    const grace = new AbortController();
    await Promise.race([ended(child), sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
    grace.abort();
    await this.kill();
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.killNow();
    if (child !== undefined) await ended(child);
  }

  /** Sends SIGKILL without waiting, for exit handlers. */
  killNow(): void {
    this.#child?.kill('SIGKILL');
    this.#dropGuard();
  }

  pause(): void {
    const child = this.#running();
    // A stopped process cannot see that its parent is gone.
    this.#addGuard();
    child.kill('SIGSTOP');
  }

  resume(): void {
    this.#running().kill('SIGCONT');
    if (this.#definition.exitsWithParent) this.#dropGuard();
  }

  async restart(flags: readonly string[] = []): Promise<void> {
    await this.stop();
    this.#flags = flags;
    await this.start();
  }

  #spawn(): ChildProcess {
    const log = openSync(this.logFile, 'a');
    const [program = '', ...args] = [...this.#definition.command, ...this.#flags];
    const child = spawn(program, args, { stdio: ['ignore', log, log], env: childEnvironment() });
    closeSync(log);
    this.#child = child;
    this.#pid = child.pid ?? 0;
    const forget = (): void => {
      if (this.#child === child) {
        this.#child = undefined;
        this.#dropGuard();
      }
    };
    child.once('exit', forget);
    child.once('error', () => {
      forget();
      child.emit('exit', 127, null);
    });
    if (!this.#definition.exitsWithParent) this.#addGuard();
    return child;
  }

  #running(): ChildProcess {
    if (this.#child === undefined) throw new Error(`${this.name} is not running.`);
    return this.#child;
  }

  #addGuard(): void {
    if (this.#guard === undefined) {
      const [program = '', ...args] = this.#definition.guard;
      this.#guard = spawn(program, [...args, String(this.#pid)], { stdio: 'ignore', env: childEnvironment() });
    }
  }

  #dropGuard(): void {
    this.#guard?.kill('SIGKILL');
    this.#guard = undefined;
  }

  #logTail(): string {
    const lines = readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-logTailLines);
    return `; its log is ${this.logFile} and ends with:\n${lines.join('\n')}`;
  }
}

/** Environment of every process that must end together with this one. */
function childEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, CONTROL_PLANE_PARENT: String(process.pid) };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
      });
    });
  }
}
