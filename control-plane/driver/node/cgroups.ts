// The node's own folder in every cgroup hierarchy (version 1, and version 2 beside it), where the kubelet puts those of its pods.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

import { waitUntil } from '../wait.ts';
import { interfacePrefix } from './network.ts';

const root = '/sys/fs/cgroup';
// Each thread of the machine's other processes, those of the control plane among them, counts 1024. Pods that together
// counted as much as one thread would starve while these are busy.
const processorShares = 8192;
const limits = { timeoutMs: 60_000, pollMs: 50 };

/** Makes the folder, with the processors and memory nodes of the machine, and with the weight of several processes. */
export async function createCgroups(name: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const folder = join(hierarchy, name);
    await mkdir(folder, { recursive: true });
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (existsSync(join(folder, file)))
        await writeFile(join(folder, file), await readFile(join(hierarchy, file), 'utf8'));
    }
    const shares = join(folder, 'cpu.shares');
    if (existsSync(shares)) await writeFile(shares, String(processorShares));
  }
}

/** Removes the folder with all below; waits for the processes in it, which must have been told to end. */
export async function removeCgroups(name: string): Promise<void> {
  await waitUntil(
    async () => {
      for (const hierarchy of await hierarchies()) await removeTree(join(hierarchy, name));
      return true;
    },
    () => `The cgroups ${name} could not be removed`,
    limits,
  );
}

/** Removes what runs that were killed have left: the folders of nodes whose interface is gone. */
export async function removeStaleCgroups(): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    for (const name of await foldersIn(hierarchy)) {
      if (name.startsWith(interfacePrefix) && networkInterfaces()[name] === undefined) {
        // Another start may be removing the same.
        await removeTree(join(hierarchy, name)).catch(() => {});
      }
    }
  }
}

/** Names of the folders of nodes that are there, living or left behind. */
export async function nodeCgroups(): Promise<readonly string[]> {
  const found = await Promise.all((await hierarchies()).map(foldersIn));
  return [...new Set(found.flat().filter((name) => name.startsWith(interfacePrefix)))].toSorted();
}

async function hierarchies(): Promise<readonly string[]> {
  return (await foldersIn(root)).map((name) => join(root, name));
}

async function removeTree(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of await foldersIn(folder)) await removeTree(join(folder, name));
  await rmdir(folder);
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
