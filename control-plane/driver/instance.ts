// Where an instance keeps its files, which ports and binaries it uses, and the command line of each component.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ComponentName } from './component.ts';
import { freePort } from './ports.ts';

/** Settings of cert-manager's controllers; absent ones are cert-manager's own defaults. */
export interface CertManagerSettings {
  /** Has an effect only where the API server has no priority and fairness: with it cert-manager does not limit itself. */
  readonly qps?: number;
  readonly burst?: number;
  readonly workers?: number;
  /** Wait after the first failed request; 0 switches the waiting off. */
  readonly minimumBackoffSeconds?: number;
  readonly maximumBackoffSeconds?: number;
}

/** Argv prefixes of the binaries; etcd, kube-apiserver and kubectl may be foreign ones. */
export interface Binaries {
  readonly program: string;
  readonly etcd: readonly string[];
  readonly apiServer: readonly string[];
  readonly kubectl: readonly string[];
  readonly foreign: boolean;
}

/** The addresses of the node that a control plane works with. */
export interface NodePlan {
  /** Address of this machine that the node and its pods reach; the API server listens there instead of on loopback. */
  readonly hostAddress: string;
  readonly nodeAddress: string;
  readonly nodeName: string;
  /** Ranges as `address/length`. */
  readonly podRange: string;
  readonly serviceRange: string;
  /** First address of the service range, which the service `kubernetes` gets. */
  readonly apiServiceAddress: string;
  /** Address of the cluster's DNS, in the service range. */
  readonly dnsAddress: string;
}

/** A rule of an audit policy (audit.k8s.io/v1): what is written down of the requests that fit it. */
export interface AuditRule {
  readonly level: 'None' | 'Metadata' | 'Request' | 'RequestResponse';
  readonly verbs?: readonly string[];
  /** The core group has the name ''. */
  readonly resources?: readonly { readonly group: string; readonly resources: readonly string[] }[];
}

/** The rule that writes down who asked for what, of every request. */
export const everyRequest: AuditRule = { level: 'Metadata' };

/** One control plane's own part of the machine. */
export interface Instance {
  readonly directory: string;
  readonly binaries: Binaries;
  readonly ports: Ports;
  /** Rules of its audit policy, the first that fits decides; empty for no audit log. */
  readonly auditLog: readonly AuditRule[];
  readonly certManagerSettings: CertManagerSettings;
  /** Undefined for a control plane without a node, and so without pods. */
  readonly node: NodePlan | undefined;
}

interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
  readonly controllerManager: number;
  readonly webhook: number;
}

/** The binaries to use: all from the program, except those which `KUBEBUILDER_ASSETS` replaces. */
export function chooseBinaries(program: string): Binaries {
  const assets = process.env.KUBEBUILDER_ASSETS ?? '';
  const foreign = assets !== '';
  const choose = (name: string): readonly string[] => (foreign ? [join(assets, name)] : [program, name]);
  return { program, foreign, etcd: choose('etcd'), apiServer: choose('kube-apiserver'), kubectl: choose('kubectl') };
}

/** Ports for an instance, all free now. */
export async function choosePorts(): Promise<Ports> {
  return {
    etcd: await freePort(),
    etcdPeer: await freePort(),
    apiServer: await freePort(),
    controllerManager: await freePort(),
    webhook: await freePort(),
  };
}

/** Creates the folders and the files that do not depend on the certificates. */
export async function writeInstanceFiles(instance: Instance): Promise<void> {
  for (const folder of ['pki', 'logs', 'kubeconfigs', 'kubectl-cache'])
    await mkdir(join(instance.directory, folder), { recursive: true, mode: 0o700 });

  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: instance.auditLog,
  };
  await writeFile(auditPolicyFile(instance), JSON.stringify(policy));
}

/** Path of a certificate (`.crt`) or key (`.key`) written by the program's `pki` role. */
export function pkiFile(instance: Instance, name: string): string {
  return join(instance.directory, 'pki', name);
}

/** Path of the kubeconfig of an identity. */
export function kubeconfigFile(instance: Instance, identity: string): string {
  return join(instance.directory, 'kubeconfigs', `${identity}.kubeconfig`);
}

/** The file that cert-manager's controllers create when they are ready. */
export function certManagerReadyFile(instance: Instance): string {
  return join(instance.directory, 'cert-manager.ready');
}

/** Where the API server writes its audit log, if it writes one. */
export function auditLogFile(instance: Instance): string | undefined {
  return instance.auditLog.length > 0 ? join(instance.directory, 'logs', 'audit.log') : undefined;
}

/** The whole command line of a component. */
export function commandOf(instance: Instance, name: ComponentName): readonly string[] {
  switch (name) {
    case 'etcd':
      return [...instance.binaries.etcd, ...etcdFlags(instance)];
    case 'kube-apiserver':
      return [...instance.binaries.apiServer, ...apiServerFlags(instance)];
    case 'kube-controller-manager':
      return [instance.binaries.program, name, ...controllerManagerFlags(instance)];
    case 'cert-manager':
      return [instance.binaries.program, name, ...certManagerFlags(instance)];
    case 'cert-manager-webhook':
      return [instance.binaries.program, name, ...webhookFlags(instance)];
  }
}

function etcdFlags({ directory, ports }: Instance): readonly string[] {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/** Address that the API server listens on. */
export function apiServerAddress({ node }: Instance): string {
  return node?.hostAddress ?? '127.0.0.1';
}

/** Where the API server is, for clients on this machine. */
export function serverOf(instance: Instance): string {
  return `https://${apiServerAddress(instance)}:${instance.ports.apiServer}`;
}

function apiServerFlags(instance: Instance): readonly string[] {
  const audit = auditLogFile(instance);
  return [
    `--etcd-servers=http://127.0.0.1:${instance.ports.etcd}`,
    `--secure-port=${instance.ports.apiServer}`,
    `--bind-address=${apiServerAddress(instance)}`,
    `--advertise-address=${apiServerAddress(instance)}`,
    `--tls-cert-file=${pkiFile(instance, 'serving.crt')}`,
    `--tls-private-key-file=${pkiFile(instance, 'serving.key')}`,
    `--client-ca-file=${pkiFile(instance, 'ca.crt')}`,
    `--cert-dir=${pkiFile(instance, '')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pkiFile(instance, 'service-account.pub')}`,
    `--service-account-signing-key-file=${pkiFile(instance, 'service-account.key')}`,
    `--service-cluster-ip-range=${instance.node?.serviceRange ?? '10.0.0.0/24'}`,
    ...(instance.node === undefined
      ? ['--authorization-mode=RBAC', '--endpoint-reconciler-type=none']
      : kubeletAccessFlags(instance)),
    ...(audit === undefined ? [] : [`--audit-policy-file=${auditPolicyFile(instance)}`, `--audit-log-path=${audit}`]),
  ];
}

// For logs, exec and port-forward; and so that a kubelet may touch only what belongs to its own pods.
function kubeletAccessFlags(instance: Instance): readonly string[] {
  return [
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--kubelet-client-certificate=${pkiFile(instance, 'kubelet-client.crt')}`,
    `--kubelet-client-key=${pkiFile(instance, 'kubelet-client.key')}`,
    `--kubelet-certificate-authority=${pkiFile(instance, 'ca.crt')}`,
    '--kubelet-preferred-address-types=InternalIP',
  ];
}

// Without kubelet and scheduler only what tidies up after tests and issues tokens has something to do.
const controllers = [
  'serviceaccount',
  'serviceaccount-token',
  'root-ca-certificate-publisher-controller',
  'namespace-controller',
  'garbage-collector-controller',
  'clusterrole-aggregation-controller',
  'certificatesigningrequest-cleaner-controller',
];

function controllerManagerFlags(instance: Instance): readonly string[] {
  return [
    `--kubeconfig=${kubeconfigFile(instance, 'kube-controller-manager')}`,
    ...(instance.node === undefined
      ? [`--controllers=${controllers.join(',')}`]
      : // Its default is a folder of the machine, which it would create.
        ['--controllers=*', `--flex-volume-plugin-dir=${join(instance.directory, 'volume-plugins')}`]),
    '--leader-elect=false',
    '--use-service-account-credentials=true',
    '--bind-address=127.0.0.1',
    `--secure-port=${instance.ports.controllerManager}`,
    `--tls-cert-file=${pkiFile(instance, 'serving.crt')}`,
    `--tls-private-key-file=${pkiFile(instance, 'serving.key')}`,
    `--root-ca-file=${pkiFile(instance, 'ca.crt')}`,
    `--service-account-private-key-file=${pkiFile(instance, 'service-account.key')}`,
  ];
}

function certManagerFlags(instance: Instance): readonly string[] {
  const { qps, burst, workers, minimumBackoffSeconds, maximumBackoffSeconds } = instance.certManagerSettings;
  const seconds = (value: number | undefined): string | undefined => (value === undefined ? undefined : `${value}s`);
  return [
    `--kubeconfig=${kubeconfigFile(instance, 'cert-manager')}`,
    `--ready-file=${certManagerReadyFile(instance)}`,
    ...flag('kube-api-qps', qps),
    ...flag('kube-api-burst', burst),
    ...flag('concurrent-workers', workers),
    ...flag('certificate-request-minimum-backoff-duration', seconds(minimumBackoffSeconds)),
    ...flag('certificate-request-maximum-backoff-duration', seconds(maximumBackoffSeconds)),
  ];
}

function flag(name: string, value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}

function webhookFlags(instance: Instance): readonly string[] {
  return [
    `--kubeconfig=${kubeconfigFile(instance, 'cert-manager-webhook')}`,
    `--secure-port=${instance.ports.webhook}`,
    `--tls-cert-file=${pkiFile(instance, 'serving.crt')}`,
    `--tls-private-key-file=${pkiFile(instance, 'serving.key')}`,
  ];
}

function auditPolicyFile({ directory }: Instance): string {
  return join(directory, 'audit-policy.json');
}
