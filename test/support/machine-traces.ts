/** What a cluster with a node can be seen by on the machine that runs it. Reads, and changes nothing. */
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';

import { nodeCgroups } from '../../control-plane/driver/node/cgroups.ts';
import { directoryPrefix } from '../../control-plane/driver/node/node-cluster.ts';
import { runOrThrow } from '../../control-plane/driver/run.ts';

/** A cluster by its folder and the name of its interface. */
export interface TracedCluster {
  readonly directory: string;
  readonly name: string;
}

/** What belongs to one cluster. */
export interface Traces {
  /** Ids of processes that name the folder, are in its cgroups or live in the namespaces of one that names it. */
  readonly processes: readonly number[];
  readonly mounts: readonly string[];
  readonly interfaces: readonly string[];
  readonly routes: readonly string[];
}

/** What belongs to the machine, and must be the same after a cluster as before. */
export interface MachineSettings {
  readonly rules: string;
  readonly settings: readonly string[];
}

/** No trace at all. */
export const noTraces: Traces = { processes: [], mounts: [], interfaces: [], routes: [] };

const settingFiles = ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops', 'net/ipv4/ip_forward'];

/** Finds what there is of a cluster now; `namespaces` are those of its processes, for what does not name the folder. */
export async function tracesOf(cluster: TracedCluster, namespaces: ReadonlySet<string>): Promise<Traces> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const routes = (await runOrThrow(['ip', 'route', 'show', 'table', 'all'])).split('\n');
  const interfaces = await readdir('/sys/class/net');
  const processes = await Promise.all(
    (await processIds()).map(async (pid) =>
      (await names(pid, cluster.directory)) ||
      (await isInCgroup(pid, cluster.name)) ||
      namespaces.has(await namespaceOf(pid))
        ? [pid]
        : [],
    ),
  );
  return {
    processes: processes.flat(),
    mounts: mounts.filter((line) => line.includes(cluster.directory)),
    interfaces: interfaces.filter((name) => name === cluster.name),
    routes: routes.filter((line) => line.split(' ').includes(cluster.name)),
  };
}

/** The process namespaces that a cluster has beside this machine's. */
export async function namespacesOf({ directory }: TracedCluster): Promise<ReadonlySet<string>> {
  const own = await readlink('/proc/self/ns/pid');
  const found = await Promise.all(
    (await processIds()).map(async (pid) => ((await names(pid, directory)) ? await namespaceOf(pid) : own)),
  );
  return new Set(found.filter((namespace) => namespace !== own && namespace !== ''));
}

/** Processes, mounts and folders of the clusters that a process has started. */
export async function tracesOfStarter(pid: number): Promise<readonly string[]> {
  const folder = `${directoryPrefix}${pid}-`;
  const commands = (await processIds()).map(async (id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''));
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return [...(await Promise.all(commands)), ...mounts, ...(await readdir(tmpdir()))].filter((each) =>
    each.includes(folder),
  );
}

/** Rules of the packet filter, and the settings of the kernel that kubelet and CNI plugins change. */
export async function readMachineSettings(): Promise<MachineSettings> {
  const values = settingFiles.map(async (file) => `${file}=${(await readFile(`/proc/sys/${file}`, 'utf8')).trim()}`);
  return { rules: await runOrThrow(['nft', 'list', 'ruleset']), settings: await Promise.all(values) };
}

/** What only the next start removes after a kill: whether the folder is there, and the cgroups of the cluster. */
export async function leftForNextStart({ directory, name }: TracedCluster): Promise<readonly string[]> {
  return [...(existsSync(directory) ? [directory] : []), ...(await nodeCgroups()).filter((each) => each === name)];
}

async function processIds(): Promise<readonly number[]> {
  return (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
}

async function names(pid: number, directory: string): Promise<boolean> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes(directory);
}

async function isInCgroup(pid: number, name: string): Promise<boolean> {
  return (await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')).includes(`/${name}/`);
}

async function namespaceOf(pid: number): Promise<string> {
  return await readlink(`/proc/${pid}/ns/pid`).catch(() => '');
}
