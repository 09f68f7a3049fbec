// An operator whose way through the steps of issuing can be followed, and stopped at a boundary.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { IssuingStep } from '../../src/controllers/requests/signing/steps.ts';
import type { ProcessEnd } from './operator-process.ts';
import { NotYet, until } from './wait.ts';

/** What the process tells: a request reached a boundary. */
export interface StepAnnounced {
  readonly step: IssuingStep;
  readonly uid: string;
}

/** What the process is told: to stay at each boundary of this name, or to go on. */
export type StepCommand = { readonly kind: 'hold'; readonly step: IssuingStep } | { readonly kind: 'continue' };

const entry = fileURLToPath(new URL('stepping-operator.ts', import.meta.url));
const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One process. */
export class SteppedOperator {
  readonly ended: Promise<ProcessEnd>;
  readonly logFile: string;
  readonly #child: ChildProcess;
  readonly #announced: StepAnnounced[] = [];
  #end: ProcessEnd | undefined;

  constructor(flags: readonly string[], logFile: string, environment: Readonly<Record<string, string>> = {}) {
    this.logFile = logFile;
    const log = openSync(logFile, 'a');
    this.#child = fork(entry, flags, {
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    running.add(this.#child);
    this.#child.on('message', (message) => this.#announced.push(message as StepAnnounced));
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', (code, signal) => {
        running.delete(this.#child);
        this.#end = { code, signal };
        resolve(this.#end);
      });
    });
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Requests stay at this boundary from now on. */
  hold(step: IssuingStep): void {
    this.#announced.length = 0;
    this.#tell({ kind: 'hold', step });
  }

  /** What is held goes on, and nothing is held any more. */
  continue(): void {
    this.#tell({ kind: 'continue' });
  }

  /** Waits until each of these requests has reached the boundary since the last `hold`. */
  async reached(step: IssuingStep, uids: readonly string[]): Promise<void> {
    await this.#until(`${uids.length} requests to reach ${step}`, () => {
      const there = new Set(this.#announced.filter((announced) => announced.step === step).map(({ uid }) => uid));
      const missing = uids.filter((uid) => !there.has(uid));
      if (missing.length > 0) throw new NotYet(`${missing.length} have not: ${JSON.stringify(this.#announced)}`);
      return true;
    });
  }

  /** Waits for a line of its log. */
  async says(text: string): Promise<void> {
    await this.#until(`the operator to say "${text}"`, async () => (await this.logs()).includes(text));
  }

  async logs(): Promise<string> {
    return readFile(this.logFile, 'utf8');
  }

  /** SIGSTOP: alive, but nothing moves. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  async kill(): Promise<ProcessEnd> {
    this.#child.kill('SIGKILL');
    return this.ended;
  }

  #tell(command: StepCommand): void {
    if (this.#child.connected) this.#child.send(command);
  }

  async #until(description: string, check: () => boolean | Promise<boolean>): Promise<void> {
    const held = await until(description, async () => (this.hasEnded ? 'ended' : check()), {
      everyMs: 20,
    });
    if (held === 'ended') throw new Error(`The operator ended (${this.#end?.code}) before: ${description}`);
  }
}
