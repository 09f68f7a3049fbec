// The addresses of one node, apart from those of others on the same machine, and the cable between machine and node.
import { networkInterfaces } from 'node:os';

import type { NodePlan } from '../instance.ts';
import { run, runOrThrow } from '../run.ts';

/** Start of the name of the machine's end of each node's cable; the node's number follows. */
export const interfacePrefix = 'pca-node';

const highest = 250;

/** A plan whose interface this process has just made, which is what keeps others from its number. */
export interface NodeNetwork {
  readonly interface: string;
  readonly plan: NodePlan;
}

/** The addresses of the node with a number from 1 to 250. Pure. */
export function planNetwork(number: number): NodeNetwork {
  return {
    interface: `${interfacePrefix}${number}`,
    plan: {
      nodeName: 'node',
      hostAddress: `10.250.${number}.1`,
      nodeAddress: `10.250.${number}.2`,
      podRange: `10.244.${number}.0/24`,
      serviceRange: `10.96.${number}.0/24`,
      apiServiceAddress: `10.96.${number}.1`,
      dnsAddress: `10.96.${number}.10`,
    },
  };
}

/** Lays the cable into the network namespace of a process, under the lowest number that is free, and sets up both ends. */
export async function connectNode(pid: number, enter: readonly string[]): Promise<NodeNetwork> {
  const network = await createInterface(pid);
  const { plan } = network;
  const ip = async (...args: readonly string[]): Promise<string> => runOrThrow(['ip', ...args]);
  const inside = async (...args: readonly string[]): Promise<string> => runOrThrow([...enter, 'ip', ...args]);
  await ip('address', 'add', `${plan.hostAddress}/24`, 'dev', network.interface);
  await ip('link', 'set', network.interface, 'up');
  await inside('link', 'set', 'lo', 'up');
  await inside('address', 'add', `${plan.nodeAddress}/24`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
  await inside('route', 'add', 'default', 'via', plan.hostAddress);
  // The machine reaches pods and services too; the routes go with the interface.
  for (const range of [plan.podRange, plan.serviceRange])
    await ip('route', 'add', range, 'via', plan.nodeAddress, 'dev', network.interface);

  return network;
}

/** Removes the cable; one that is already gone with its namespace is not an error. */
export async function disconnectNode(network: NodeNetwork): Promise<void> {
  await run(['ip', 'link', 'delete', network.interface]);
}

async function createInterface(pid: number): Promise<NodeNetwork> {
  const taken = new Set(
    Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .map(({ address }) => address.split('.').slice(0, 3).join('.')),
  );
  const routes = await runOrThrow(['ip', '-4', 'route', 'show', 'table', 'all']);
  let complaint = '';
  for (let number = 1; number <= highest; number += 1) {
    const network = planNetwork(number);
    const { hostAddress, podRange, serviceRange } = network.plan;
    const isFree =
      !taken.has(hostAddress.split('.').slice(0, 3).join('.')) &&
      ![podRange, serviceRange].some((range) => routes.includes(range.replace(/0\/24$/, '')));
    if (!isFree) continue;
    const peer = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)];
    const { code, stderr } = await run(['ip', 'link', 'add', network.interface, ...peer]);
    if (code === 0) return network;
    complaint = stderr.trim();
    if (!complaint.includes('File exists')) break;
  }
  throw new Error(`No network interface could be made for the node: ${complaint || 'all addresses are taken'}.`);
}
