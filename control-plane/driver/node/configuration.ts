// The files that configure the parts of a node. Pure but for writing them.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { NodePlan } from '../instance.ts';
import { cniPlugins } from './requirements.ts';

/** Where containerd listens, as the node sees it. */
export const containerdSocket = '/run/containerd/containerd.sock';
/** Name of the image that holds the namespaces of a pod. */
export const pauseReference = 'localhost/pause:1';

/** Ports of the probes of kubelet and kube-proxy (`/healthz`) and CoreDNS (`/ready`), on the node's address. */
export const kubeletHealthPort = 10_248;
export const proxyHealthPort = 10_256;
export const dnsHealthPort = 8181;

/** What the files refer to. */
export interface NodeFiles {
  readonly directory: string;
  readonly plan: NodePlan;
  /** Name of the node's folder in every cgroup hierarchy. */
  readonly cgroup: string;
  readonly pkiFile: (name: string) => string;
  readonly kubeconfigFile: (identity: string) => string;
}

/** Path of a configuration file of the node. */
export function configurationFile(directory: string, name: string): string {
  return join(directory, 'node', 'configuration', name);
}

/** Writes what containerd needs, which starts before there are certificates. */
export async function writeContainerdFiles(directory: string, podRange: string): Promise<void> {
  const cni = configurationFile(directory, 'cni');
  await mkdir(cni, { recursive: true });
  await writeFile(configurationFile(directory, 'containerd.toml'), containerdConfiguration(cni));
  await writeFile(join(cni, '10-bridge.conflist'), JSON.stringify(podNetwork(podRange)));
}

/** Writes what kubelet, kube-proxy and CoreDNS need. */
export async function writeNodeFiles(files: NodeFiles): Promise<void> {
  const write = async (name: string, content: object | string): Promise<void> => {
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
    await writeFile(configurationFile(files.directory, name), text);
  };
  await write('resolv.conf', '');
  await write('kubelet.json', kubeletConfiguration(files));
  await write('kube-proxy.json', proxyConfiguration(files));
  await write('Corefile', corefile(files));
}

function containerdConfiguration(cni: string): string {
  return `version = 2
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseReference}"
  # Without the capability to lower it, which containers of machines often lack, no pod would start.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniPlugins}"
    conf_dir = "${cni}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

// The machine has a route to the pods, so nothing must be masqueraded, and no iptables is needed.
function podNetwork(podRange: string): object {
  const ranges = [[{ subnet: podRange }]];
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: 'pods',
        isGateway: true,
        hairpinMode: true,
        ipam: { type: 'host-local', ranges, routes: [{ dst: '0.0.0.0/0' }], dataDir: '/var/lib/cni' },
      },
    ],
  };
}

function kubeletConfiguration({ directory, plan, cgroup, pkiFile }: NodeFiles): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pkiFile('ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: pkiFile('kubelet-serving.crt'),
    tlsPrivateKeyFile: pkiFile('kubelet-serving.key'),
    address: plan.nodeAddress,
    healthzBindAddress: plan.nodeAddress,
    healthzPort: kubeletHealthPort,
    readOnlyPort: 0,
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
    resolvConf: configurationFile(directory, 'resolv.conf'),
    clusterDNS: [plan.dnsAddress],
    clusterDomain: 'cluster.local',
    makeIPTablesUtilChains: false,
    // An image that was loaded cannot be pulled again.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // The disk is the machine's, and what others do with it must not evict pods.
    evictionHard: {
      'memory.available': '50Mi',
      'nodefs.available': '50Mi',
      'nodefs.inodesFree': '1',
      'imagefs.available': '50Mi',
    },
    // Waits between restarts and statuses short enough for tests.
    nodeStatusUpdateFrequency: '5s',
    syncFrequency: '10s',
  };
}

function proxyConfiguration({ plan, kubeconfigFile }: NodeFiles): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clientConnection: { kubeconfig: kubeconfigFile('kube-proxy') },
    clusterCIDR: plan.podRange,
    hostnameOverride: plan.nodeName,
    healthzBindAddress: `${plan.nodeAddress}:${proxyHealthPort}`,
    metricsBindAddress: '127.0.0.1:10249',
    // These limits are the machine's, not the namespace's.
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

function corefile({ plan, kubeconfigFile }: NodeFiles): string {
  return `cluster.local in-addr.arpa {
  bind ${plan.nodeAddress}
  errors
  ready ${plan.nodeAddress}:${dnsHealthPort}
  cache 5
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfigFile('coredns')}
  }
}
`;
}
