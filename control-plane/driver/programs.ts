// The Go programs of this repository and how each is linked. Knows nothing about running them.
import { fileURLToPath } from 'node:url';

import type { GoProgram } from './go-build.ts';
import type { ModuleChart } from './module-chart.ts';

const kubernetesVersion = { major: '1', minor: '36', full: 'v1.36.3' };
const oldestKubernetesVersion = { major: '1', minor: '29', full: 'v1.29.15' };
const helmVersion = 'v3.20.2';

// Without these kubectl and Helm refuse to compare versions: unstamped, the server calls itself v0.0.0-master.
const kubernetesLdflags = ({ major, minor, full }: typeof kubernetesVersion): string =>
  ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
    .flatMap((path) => [
      `-X ${path}.gitVersion=${full}`,
      `-X ${path}.gitMajor=${major}`,
      `-X ${path}.gitMinor=${minor}`,
      `-X ${path}.gitTreeState=clean`,
    ])
    .join(' ');

/** The Helm client, as released, built from its own module. */
export const helmProgram: GoProgram = {
  name: 'helm',
  directory: fileURLToPath(new URL('../../tools/helm', import.meta.url)),
  package: 'helm.sh/helm/v3/cmd/helm',
  ldflags: [
    `-X helm.sh/helm/v3/internal/version.version=${helmVersion}`,
    ...['lint/rules', 'chartutil'].flatMap((path) => [
      `-X helm.sh/helm/v3/pkg/${path}.k8sVersionMajor=${kubernetesVersion.major}`,
      `-X helm.sh/helm/v3/pkg/${path}.k8sVersionMinor=${kubernetesVersion.minor}`,
    ]),
  ].join(' '),
};

const certManager = 'github.com/cert-manager/cert-manager';
const certManagerDefinitions = [{ module: certManager, from: 'deploy/crds', to: 'crds' }];
const certManagerChart: ModuleChart = {
  module: certManager,
  from: 'deploy/charts/cert-manager',
  to: 'cert-manager.json',
  release: 'cert-manager',
  namespace: 'cert-manager',
  values: [
    // What has no process here: the one that fills in the CA of webhooks, and the Job that waits for them.
    'cainjector.enabled=false',
    'startupapicheck.enabled=false',
    // kube-system, its default, comes some time after the API server serves.
    'global.leaderElection.namespace=cert-manager',
  ],
};

/** etcd, kube-apiserver, kube-controller-manager, kubectl and cert-manager in one executable, chosen by its first argument. */
export const controlPlaneProgram: GoProgram = {
  name: 'control-plane',
  directory: fileURLToPath(new URL('..', import.meta.url)),
  package: '.',
  ldflags: kubernetesLdflags(kubernetesVersion),
  moduleFiles: certManagerDefinitions,
  charts: { helm: helmProgram, rendered: [certManagerChart] },
};

/** The same of the oldest Kubernetes and cert-manager that are supported, for tests. */
export const oldestControlPlaneProgram: GoProgram = {
  name: 'control-plane-oldest',
  directory: controlPlaneProgram.directory,
  package: '.',
  moduleFile: 'oldest.mod',
  // This Kubernetes still has clouds of its own, which nobody needs here and which take minutes to compile.
  tags: ['oldest', 'providerless'],
  ldflags: kubernetesLdflags(oldestKubernetesVersion),
  moduleFiles: certManagerDefinitions,
  charts: { helm: helmProgram, rendered: [certManagerChart] },
};

/** Environment variable with which tests run on the oldest versions: `oldest`. */
export const versionsVariable = 'CONTROL_PLANE_VERSIONS';

/** The control plane that tests and demo start. */
export function chosenControlPlane(): GoProgram {
  return process.env[versionsVariable] === 'oldest' ? oldestControlPlaneProgram : controlPlaneProgram;
}

/** Tells what Go and cert-manager read in certificate requests and certificates. */
export const readerProgram: GoProgram = {
  name: 'reader',
  directory: fileURLToPath(new URL('..', import.meta.url)),
  package: './reader',
};

/** kubelet, kube-proxy and kube-scheduler in one executable, chosen by its first argument. */
export const nodeProgram: GoProgram = {
  name: 'node',
  directory: fileURLToPath(new URL('../node', import.meta.url)),
  package: '.',
  ldflags: kubernetesLdflags(kubernetesVersion),
};

/** The first process of a pod and of the node's namespaces. */
export const pauseProgram: GoProgram = {
  name: 'pause',
  directory: fileURLToPath(new URL('../pause', import.meta.url)),
  package: '.',
};

/** CoreDNS with the plugins that a cluster needs. */
export const corednsProgram: GoProgram = {
  name: 'coredns',
  directory: fileURLToPath(new URL('../../tools/coredns', import.meta.url)),
  package: '.',
};

const prometheusModule = {
  directory: fileURLToPath(new URL('../../tools/prometheus', import.meta.url)),
  // Without what finds targets in clouds, which is most of the time that it takes to build.
  tags: ['remove_all_sd'],
};

/** Prometheus' own judge of rules. */
export const promtoolProgram: GoProgram = {
  ...prometheusModule,
  name: 'promtool',
  package: 'github.com/prometheus/prometheus/cmd/promtool',
};

/** Prometheus, as released, without the pages of its own. */
export const prometheusProgram: GoProgram = {
  ...prometheusModule,
  name: 'prometheus',
  package: 'github.com/prometheus/prometheus/cmd/prometheus',
};

/** What GitOps tools think of an object: kstatus, and the interpreter of Argo CD's health checks. */
export const healthProgram: GoProgram = {
  name: 'health',
  directory: fileURLToPath(new URL('../../tools/health', import.meta.url)),
  package: '.',
};

/** An HTTP proxy for tests, which tells what it carries, and how Go reads NO_PROXY. */
export const proxyProgram: GoProgram = {
  name: 'proxy',
  directory: fileURLToPath(new URL('../../tools/proxy', import.meta.url)),
  package: '.',
};

/** kind, as released, built from its own module. */
export const kindProgram: GoProgram = {
  name: 'kind',
  directory: fileURLToPath(new URL('../../tools/kind', import.meta.url)),
  package: 'sigs.k8s.io/kind',
};

/** actionlint, as released, built from its own module. */
export const actionlintProgram: GoProgram = {
  name: 'actionlint',
  directory: fileURLToPath(new URL('../../tools/actionlint', import.meta.url)),
  package: 'github.com/rhysd/actionlint/cmd/actionlint',
};
