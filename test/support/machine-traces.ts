// What a cluster with a node can be seen by on the machine that runs it. Reads, and changes nothing.
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';

import { nodeCgroups } from '../../control-plane/driver/node/cgroups.ts';
import { interfacePrefix } from '../../control-plane/driver/node/network.ts';
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
  /** Rules of the packet filter, and the tables of its predecessor. */
  readonly rules: readonly string[];
  readonly mounts: readonly string[];
  /** Without those of clusters, which come and go. */
  readonly interfaces: readonly string[];
  readonly settings: readonly string[];
}

/** No trace at all. */
export const noTraces: Traces = { processes: [], mounts: [], interfaces: [], routes: [] };

const settingFiles = [
  'vm/overcommit_memory',
  'kernel/panic',
  'kernel/panic_on_oops',
  'net/ipv4/ip_forward',
  'net/bridge/bridge-nf-call-iptables',
  'net/netfilter/nf_conntrack_max',
];
const namespaceKinds = ['pid', 'mnt', 'net', 'ipc', 'uts'];

/** Finds what there is of a cluster now; `namespaces` are those of its processes, for what does not name the folder. */
export async function tracesOf(cluster: TracedCluster, namespaces: ReadonlySet<string>): Promise<Traces> {
  const routes = (await runOrThrow(['ip', 'route', 'show', 'table', 'all'])).split('\n');
  const interfaces = await readdir('/sys/class/net');
  const processes = await Promise.all(
    (await processIds()).map(async (pid) =>
      (await names(pid, cluster.directory)) ||
      (await isInCgroup(pid, cluster.name)) ||
      (await namespacesOfProcess(pid)).some((namespace) => namespaces.has(namespace))
        ? [pid]
        : [],
    ),
  );
  return {
    processes: processes.flat(),
    mounts: (await mounts()).filter((line) => line.includes(cluster.directory)),
    interfaces: interfaces.filter((name) => name === cluster.name),
    routes: routes.filter((line) => line.split(' ').includes(cluster.name)),
  };
}

/** The namespaces that a cluster has beside this machine's. */
export async function namespacesOf({ directory }: TracedCluster): Promise<ReadonlySet<string>> {
  const own = await namespacesOfProcess(process.pid);
  const found = await Promise.all(
    (await processIds()).map(async (pid) => ((await names(pid, directory)) ? namespacesOfProcess(pid) : [])),
  );
  return new Set(found.flat().filter((namespace) => !own.includes(namespace)));
}

/** Processes, mounts and folders of the clusters that a process has started. */
export async function tracesOfStarter(pid: number): Promise<readonly string[]> {
  const folder = `${directoryPrefix}${pid}-`;
  const commands = (await processIds()).map(async (id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''));
  return [...(await Promise.all(commands)), ...(await mounts()), ...(await readdir(tmpdir()))].filter((each) =>
    each.includes(folder),
  );
}

/** Reads what the parts of a node change where they are not kept from it. */
export async function readMachineSettings(): Promise<MachineSettings> {
  const values = settingFiles.map(async (file) => `${file}=${await textOf(`/proc/sys/${file}`)}`);
  return {
    rules: [await runOrThrow(['nft', 'list', 'ruleset']), await textOf('/proc/net/ip_tables_names')],
    mounts: await mounts(),
    interfaces: (await readdir('/sys/class/net')).filter((name) => !name.startsWith(interfacePrefix)),
    settings: await Promise.all(values),
  };
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

async function namespacesOfProcess(pid: number): Promise<readonly string[]> {
  const links = namespaceKinds.map(async (kind) => readlink(`/proc/${pid}/ns/${kind}`).catch(() => ''));
  return (await Promise.all(links)).filter((link) => link !== '');
}

async function mounts(): Promise<readonly string[]> {
  return (await readFile('/proc/self/mountinfo', 'utf8')).trim().split('\n');
}

async function textOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => 'absent')).trim();
}
