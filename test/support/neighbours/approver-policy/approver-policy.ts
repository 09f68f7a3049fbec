// approver-policy as a process, with the objects of its own chart but what would run in pods.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { goModuleFolder } from '../../../../control-plane/driver/go-build.ts';
import type { GoProgram } from '../../../../control-plane/driver/go-build.ts';
import { freePort } from '../../../../control-plane/driver/ports.ts';
import { readManifests } from '../../cluster.ts';
import type { Manifest } from '../../cluster.ts';
import { helm } from '../../helm.ts';
import { Neighbour } from '../neighbour.ts';
import { neighbourProgram } from '../program.ts';

/** approver-policy, as released. */
export const approverPolicyProgram: GoProgram = {
  name: 'approver-policy',
  directory: fileURLToPath(new URL('../../../../tools/approver-policy', import.meta.url)),
  package: 'github.com/cert-manager/approver-policy/cmd',
};
const release = 'cert-manager-approver-policy';
const namespace = 'cert-manager';
// Its webhook only checks policies as they are written, and would be asked at a Service, which leads nowhere without pods.
const kindsInPods = new Set(['Deployment', 'Service', 'ValidatingWebhookConfiguration']);

/** The objects of its chart with the values of this file. */
export async function approverPolicyObjects(valuesFile: string): Promise<readonly Manifest[]> {
  const { directory } = await goModuleFolder(approverPolicyProgram, 'github.com/cert-manager/approver-policy');
  const chart = join(directory, 'deploy/charts/approver-policy');
  const { code, stdout, stderr } = await helm(['template', release, chart, '-n', namespace, '-f', valuesFile]);
  if (code !== 0) throw new Error(stderr);
  return readManifests(stdout).filter(({ kind }) => !kindsInPods.has(kind));
}

/** approver-policy with this kubeconfig, of its ServiceAccount; it does not run yet. */
export async function approverPolicy(directory: string, kubeconfig: string): Promise<Neighbour> {
  const [program, metrics, readiness, webhook] = await Promise.all([
    neighbourProgram(approverPolicyProgram),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const isReady = async (): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${readiness}/readyz`, { signal: AbortSignal.timeout(10_000) });
    return answer.ok;
  };
  return new Neighbour({
    name: 'approver-policy',
    command: [
      program,
      `--leader-election-namespace=${namespace}`,
      `--metrics-bind-address=127.0.0.1:${metrics}`,
      `--readiness-probe-bind-address=127.0.0.1:${readiness}`,
      '--webhook-host=127.0.0.1',
      `--webhook-port=${webhook}`,
      `--webhook-service-name=${release}`,
      `--webhook-ca-secret-namespace=${namespace}`,
      `--webhook-ca-secret-name=${release}-tls`,
    ],
    directory,
    environment: { KUBECONFIG: kubeconfig },
    logFile: join(directory, 'approver-policy.log'),
    isReady,
  });
}
