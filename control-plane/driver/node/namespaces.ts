// Namespaces of Linux for one node: what it mounts, configures and starts is invisible outside and gone when their first
// process is. That process ends with this one, however this one ends, for it waits for the end of its input.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { waitUntil } from '../wait.ts';
import { nodeEnvironment } from './requirements.ts';

/** Namespaces that exist. */
export interface Namespaces {
  /** The first process, as this machine numbers it. */
  readonly pid: number;
  /** Argv prefix that runs a program inside, which is killed when the process of this prefix is. */
  readonly enter: readonly string[];
  /** Ends everything inside and resolves when it is gone. */
  close(): Promise<void>;
  /** Sends the kill without waiting, for exit handlers. */
  closeNow(): void;
}

// Paths that the parts of a node use without being asked, each private to the node; shims and sockets lie in /run.
const privateFolders: Readonly<Record<string, string>> = {
  run: '/run',
  logs: '/var/log',
  cni: '/var/lib/cni',
  containerd: '/var/lib/containerd',
  kubelet: '/var/lib/kubelet',
};

// The kubelet sets these for the whole machine, unless it finds them set.
const settings: Readonly<Record<string, string>> = {
  '/proc/sys/vm/overcommit_memory': '1',
  '/proc/sys/kernel/panic': '10',
  '/proc/sys/kernel/panic_on_oops': '1',
};

const ready = 'ready';

/** Makes the namespaces, with private folders below `directory`; `init` is the program of the first process. */
export async function createNamespaces(directory: string, init: readonly string[]): Promise<Namespaces> {
  const mounts: string[] = [];
  for (const [name, path] of Object.entries(privateFolders)) {
    const folder = join(directory, 'node', name);
    await mkdir(folder, { recursive: true });
    mounts.push(`mkdir -p ${path} && mount --bind ${quote(folder)} ${path}`);
  }
  for (const [index, [path, value]] of Object.entries(settings).entries()) {
    const file = join(directory, 'node', `setting-${index}`);
    await writeFile(file, `${value}\n`);
    mounts.push(`mount --bind ${quote(file)} ${path}`);
  }
  // Traffic between pods must pass the rules of services although it never leaves the bridge.
  const bridge = 'echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables';
  const script = [...mounts, `${bridge} || true`, `echo ${ready}`, `exec ${init.map(quote).join(' ')}`].join('\n');
  const flags = ['--pid', '--fork', '--kill-child', '--mount-proc', '--mount', '--net', '--ipc', '--uts'];
  const child = spawn('unshare', [...flags, '--', '/bin/sh', '-ec', script], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...nodeEnvironment() },
  });
  await untilReady(child);
  const pid = await onlyChildOf(child.pid ?? 0);
  const names = ['--mount', '--net', '--pid', '--ipc', '--uts'];
  return {
    pid,
    enter: ['nsenter', '--target', String(pid), ...names, 'setpriv', '--pdeathsig', 'KILL', '--'],
    close: async () => {
      // On this signal the first process ends cleanly and the kernel ends all others; killed, they would stay as
      // zombies where the machine's own first process does not reap them.
      child.stdin.end();
      await waitUntil(
        async () => !isRunning(child),
        () => `The first process of the node, ${pid}, did not end`,
      );
    },
    closeNow: () => {
      child.kill('SIGKILL');
    },
  };
}

async function untilReady(child: ChildProcess): Promise<void> {
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    complaint += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      reject(new Error(`The namespaces of the node could not be made: ${complaint.trim()}`));
    });
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line === ready) resolve();
      });
    }
  });
}

async function onlyChildOf(pid: number): Promise<number> {
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim());
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
