// The requirements for a machine that runs a node, and the installation of packages that Debian and Ubuntu offer.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { access, chmod, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { run } from '../run.ts';

/** Thrown when this machine cannot run a node; the message says why and what to do. */
export class NodeUnavailableError extends Error {
  constructor(reason: string) {
    super(`A cluster with pods cannot be started on this machine: ${reason}`);
    this.name = 'NodeUnavailableError';
  }
}

/** Folder of the CNI plugins as Debian and Ubuntu install them. */
export const cniPlugins = '/usr/lib/cni';

// Each needed file or program with the package that has it.
const needed: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  ctr: 'containerd',
  'containerd-shim-runc-v2': 'containerd',
  runc: 'runc',
  [join(cniPlugins, 'bridge')]: 'containernetworking-plugins',
  nft: 'nftables',
  conntrack: 'conntrack',
  ip: 'iproute2',
  mount: 'mount',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  unshare: 'util-linux',
};

const memoryCgroups = '/sys/fs/cgroup/memory';
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const policyFile = '/usr/sbin/policy-rc.d';

/** Why this machine can never run a node, in a sentence; undefined if it can, perhaps after an installation. */
export function findObstacle(): string | undefined {
  if (process.platform !== 'linux')
    return `it needs Linux, and this is ${process.platform}. Use Linux, or run npm run demo, which needs no pods.`;

  if (process.getuid?.() !== 0)
    return 'it needs root to create its own network, mounts and cgroups. Run the command as root, or run npm run demo, which needs no pods.';

  if (!existsSync(memoryCgroups))
    return 'it needs cgroup version 1, and this machine has version 2. Use a machine with version 1, or a cluster of your own.';

  if (!mayMakeNode())
    return 'it may not make namespaces or cgroups, as is usual in a container. Use a virtual machine, or run npm run demo, which needs no pods.';

  const missing = missingPackages();
  if (missing.length > 0 && find('apt-get') === undefined)
    return `these are missing: ${missing.join(', ')}. Install them with the machine's package manager and try again.`;

  return undefined;
}

// Root in a container is refused one or the other.
function mayMakeNode(): boolean {
  try {
    accessSync(memoryCgroups, constants.W_OK);
  } catch {
    return false;
  }
  const unshare = find('unshare');
  return unshare === undefined || spawnSync(unshare, ['--mount', '--net', 'true']).status === 0;
}

/** Installs what is missing; starts none of the services. Throws {@link NodeUnavailableError} when that does not work. */
export async function prepareMachine(onStep: (step: string) => void = () => {}): Promise<void> {
  const obstacle = findObstacle();
  if (obstacle !== undefined) throw new NodeUnavailableError(obstacle);
  const packages = missingPackages();
  if (packages.length === 0) return;
  onStep(`installing ${packages.join(', ')}`);
  const complaint = await withoutServices(async () => {
    const first = await install(packages);
    if (first === undefined) return undefined;
    await run(['apt-get', 'update']);
    return install(packages);
  });
  if (complaint !== undefined) {
    throw new NodeUnavailableError(
      `apt-get could not install ${packages.join(', ')}: ${complaint}. Install them yourself and try again.`,
    );
  }
}

/** Packages of Debian that are needed and not there. */
export function missingPackages(): readonly string[] {
  return [
    ...new Set(
      Object.entries(needed)
        .filter(([name]) => find(name) === undefined)
        .map(([, owner]) => owner),
    ),
  ];
}

// A daemon's folder is often missing in the PATH of a shell.
function find(name: string): string | undefined {
  const folders = name.startsWith('/') ? [''] : [...(process.env.PATH ?? '').split(delimiter), ...systemFolders];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Environment in which all needed programs are found. */
export function nodeEnvironment(): NodeJS.ProcessEnv {
  return { PATH: [process.env.PATH ?? '', ...systemFolders].join(delimiter) };
}

async function install(packages: readonly string[]): Promise<string | undefined> {
  const command = ['apt-get', 'install', '--yes', '--no-install-recommends', ...packages];
  const { code, stderr } = await run(command, '', { DEBIAN_FRONTEND: 'noninteractive' });
  return code === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? '');
}

/** Runs an installation during which no package starts a service. */
async function withoutServices<Result>(work: () => Promise<Result>): Promise<Result> {
  const present = await access(policyFile).then(
    () => true,
    () => false,
  );
  if (present) return work();
  await writeFile(policyFile, '#!/bin/sh\nexit 101\n');
  await chmod(policyFile, 0o755);
  try {
    return await work();
  } finally {
    await rm(policyFile, { force: true });
  }
}
