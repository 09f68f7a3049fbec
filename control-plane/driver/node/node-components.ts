// How each part of a node is run, and how to see that it serves.
import { join } from 'node:path';

import { field } from '../api-client.ts';
import type { ComponentDefinition, NodeComponentName } from '../component.ts';
import { isHealthy } from '../components.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { NodePlan } from '../instance.ts';
import { run } from '../run.ts';
import {
  configurationFile,
  containerdSocket,
  dnsHealthPort,
  kubeletHealthPort,
  proxyHealthPort,
} from './configuration.ts';

const probeTimeoutMs = 5000;

/** Executables of the node. */
export interface NodePrograms {
  readonly controlPlane: string;
  readonly node: string;
  readonly coredns: string;
  readonly pause: string;
}

/** What the definitions refer to. */
export interface NodeParts {
  readonly directory: string;
  readonly plan: NodePlan;
  readonly programs: NodePrograms;
  /** Argv prefix that runs a program in the node's namespaces. */
  readonly enter: readonly string[];
}

/** Runs containerd, which needs no control plane. */
export function defineContainerd(parts: NodeParts): ComponentDefinition {
  const config = configurationFile(parts.directory, 'containerd.toml');
  return {
    ...common(parts, 'containerd'),
    command: [...parts.enter, 'containerd', '--config', config, '--log-level', 'warn'],
    isReady: async () => (await run(ctr(parts, 'version'))).code === 0,
  };
}

/** Argv of containerd's own client inside the node. */
export function ctr({ enter }: NodeParts, ...args: readonly string[]): readonly string[] {
  return [...enter, 'ctr', '--address', containerdSocket, '--namespace', 'k8s.io', ...args];
}

/** Runs the parts that need a control plane; `schedulerPort` is one of this machine's. */
export function defineNodeParts(
  parts: NodeParts,
  controlPlane: ControlPlane,
  schedulerPort: number,
): readonly ComponentDefinition[] {
  const { plan, enter, programs, directory } = parts;
  const node = [...enter, programs.node];
  const configuration = (name: string): string => configurationFile(directory, name);
  return [
    {
      ...common(parts, 'kube-scheduler'),
      // A process of this machine, like the rest of the control plane.
      command: [programs.node, 'kube-scheduler', ...schedulerFlags(controlPlane, schedulerPort)],
      exitsWithParent: false,
      isReady: async () => isHealthy(schedulerPort, controlPlane.pkiFile('ca.crt')),
    },
    {
      ...common(parts, 'kubelet'),
      command: [
        ...node,
        'kubelet',
        `--config=${configuration('kubelet.json')}`,
        `--kubeconfig=${controlPlane.kubeconfigFile('kubelet')}`,
        `--hostname-override=${plan.nodeName}`,
        `--node-ip=${plan.nodeAddress}`,
      ],
      // After a restart it finds a node that counts as ready already, so its own word counts as well.
      isReady: async () =>
        (await answers(`http://${plan.nodeAddress}:${kubeletHealthPort}/healthz`)) &&
        (await isNodeReady(controlPlane, plan.nodeName)),
    },
    {
      ...common(parts, 'kube-proxy'),
      command: [...node, 'kube-proxy', `--config=${configuration('kube-proxy.json')}`],
      isReady: async () => answers(`http://${plan.nodeAddress}:${proxyHealthPort}/healthz`),
    },
    {
      ...common(parts, 'coredns'),
      command: [...enter, programs.coredns, '-conf', configuration('Corefile')],
      isReady: async () => answers(`http://${plan.nodeAddress}:${dnsHealthPort}/ready`),
    },
  ];
}

type Common = Pick<ComponentDefinition, 'name' | 'logFile' | 'guard' | 'exitsWithParent'>;

function common({ directory, programs }: NodeParts, name: NodeComponentName): Common {
  const logFile = join(directory, 'logs', `${name}.log`);
  // Everything inside ends with the namespaces.
  return { name, logFile, guard: [programs.controlPlane, 'guard'], exitsWithParent: true };
}

function schedulerFlags(controlPlane: ControlPlane, port: number): readonly string[] {
  return [
    `--kubeconfig=${controlPlane.kubeconfigFile('kube-scheduler')}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${controlPlane.pkiFile('serving.crt')}`,
    `--tls-private-key-file=${controlPlane.pkiFile('serving.key')}`,
  ];
}

async function isNodeReady({ api }: ControlPlane, name: string): Promise<boolean> {
  const answer = await api.send('GET', `/api/v1/nodes/${name}`);
  const conditions = field(answer.body, 'status', 'conditions');
  return (
    Array.isArray(conditions) &&
    conditions.some((each) => field(each, 'type') === 'Ready' && field(each, 'status') === 'True')
  );
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(probeTimeoutMs) });
  await response.body?.cancel();
  return response.ok;
}
