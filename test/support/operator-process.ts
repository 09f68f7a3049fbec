// The operator as users run it: the bundle in a process of its own, observed from outside.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { freePort } from '../../control-plane/driver/ports.ts';
import { NotYet, until } from './wait.ts';

/** How to start the operator. */
export interface OperatorSettings {
  readonly kubeconfig: string;
  /** Namespace for cluster issuers' Secrets and the election's Lease. */
  readonly namespace: string;
  readonly logFile: string;
  /** Further flags; they win over those set here. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Longest wait for /readyz; that of test/support/wait.ts when not given. */
  readonly deadlineMs?: number;
  /** The command line that runs an operator with these flags; that of the image with the bundle of dist/ unless given. */
  readonly commandLine?: (flags: readonly string[]) => readonly string[];
}

/** How a process ended: an exit code, or the signal that ended it. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running operator. */
export interface OperatorProcess {
  readonly pid: number;
  /** Base address of /healthz, /readyz and /metrics. */
  readonly address: string;
  readonly logFile: string;
  /** Milliseconds from the start of the process to the first 200 of /readyz. */
  readonly startMs: number;
  /** Resolves when the process is gone, however that came. */
  readonly ended: Promise<ProcessEnd>;
  /** Everything it has written so far. */
  logs(): Promise<string>;
  /** The text of /metrics. */
  metrics(): Promise<string>;
  /** SIGTERM, then SIGKILL after the grace period (60 s unless given); tells how it ended. */
  stop(graceMs?: number): Promise<ProcessEnd>;
  /** SIGKILL. */
  kill(): Promise<ProcessEnd>;
  /** SIGSTOP: alive, but nothing moves. */
  pause(): void;
  resume(): void;
}

/** The bundle that is shipped; `npm run build` makes it. */
export const bundle = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

// As in the image's entry point (Dockerfile), in a pod with the chart's limit of 512 MiB. The port is for a test that asks by
// a signal; nothing listens before.
const nodeFlags = [
  '--max-semi-space-size=4',
  '--heap-growing-percent=60',
  '--max-old-space-size=307',
  '--inspect-port=0',
];

const imageEnvironment = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '32768' };

// More than --shutdown-timeout (20 s), within which it ends by itself.
const defaultGraceMs = 60_000;
// Only ends a wait for a process that hangs.
const answerMs = 30_000;
const logTailLines = 20;
const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Lets issuers name what tests and tools serve on this machine: simulators, and proxies before them. */
export const loopbackHosts = '--issuer-hosts=127.0.0.1:*';

/** Starts the bundle without waiting for it to become ready; for tests of a start that must not succeed. */
export async function launchOperator(settings: OperatorSettings): Promise<Omit<OperatorProcess, 'startMs'>> {
  const address = `127.0.0.1:${await freePort()}`;
  const flags = [
    `--kubeconfig=${settings.kubeconfig}`,
    `--cluster-resource-namespace=${settings.namespace}`,
    `--leader-election-namespace=${settings.namespace}`,
    `--health-address=${address}`,
    loopbackHosts,
    ...(settings.flags ?? []),
  ];
  const log = createWriteStream(settings.logFile, { flags: 'a' });
  const [program = '', ...parameters] = (settings.commandLine ?? shippedBundle)(flags);
  const child = spawn(program, parameters, {
    // The real thing gets no more from its surroundings than a pod would.
    env: {
      PATH: process.env['PATH'] ?? '',
      ...(settings.commandLine === undefined ? imageEnvironment : {}),
      ...settings.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const ended = endOf(child, log);
  const send = async (signal: NodeJS.Signals): Promise<ProcessEnd> => {
    child.kill(signal);
    return ended;
  };
  return {
    pid: child.pid ?? 0,
    address: `http://${address}`,
    logFile: settings.logFile,
    ended,
    logs: async () => readFile(settings.logFile, 'utf8'),
    metrics: async () => (await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(answerMs) })).text(),
    stop: async (graceMs = defaultGraceMs) => {
      const last = setTimeout(() => child.kill('SIGKILL'), graceMs);
      try {
        return await send('SIGTERM');
      } finally {
        clearTimeout(last);
      }
    },
    kill: async () => send('SIGKILL'),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
}

function shippedBundle(flags: readonly string[]): readonly string[] {
  if (!existsSync(bundle)) throw new Error(`${bundle} does not exist. Build it with: npm run build`);
  return [process.execPath, ...nodeFlags, bundle, ...flags];
}

/** Starts the bundle and waits for /readyz; an operator that ends or does not get there is an error with its last log lines. */
export async function startOperator(settings: OperatorSettings): Promise<OperatorProcess> {
  const started = performance.now();
  const operator = await launchOperator(settings);
  let end: ProcessEnd | undefined;
  void operator.ended.then((how) => (end = how));
  try {
    await until('the operator to be ready', async () => end !== undefined || (await isReady(operator.address)), {
      ...(settings.deadlineMs === undefined ? {} : { deadlineMs: settings.deadlineMs }),
      everyMs: 20,
    });
    if (end !== undefined)
      throw new Error(`The operator ended with ${end.signal ?? `exit code ${end.code}`} while it was starting.`);
  } catch (error) {
    await operator.kill();
    const tail = (await operator.logs()).trimEnd().split('\n').slice(-logTailLines).join('\n');
    throw new Error(`${String(error)}\nIts log ${settings.logFile} ends with:\n${tail}`, { cause: error });
  }
  return { ...operator, startMs: performance.now() - started };
}

async function isReady(address: string): Promise<boolean> {
  const answer = await fetch(`${address}/readyz`, { signal: AbortSignal.timeout(answerMs) });
  const body = await answer.text();
  if (!answer.ok) throw new NotYet(`/readyz answered ${answer.status}: ${body}`);
  return true;
}

async function endOf(child: ChildProcess, log: WriteStream): Promise<ProcessEnd> {
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      running.delete(child);
      log.end(() => {
        resolve({ code, signal });
      });
    });
  });
}
