// trust-manager as a process, with the objects of its own chart but what would run in pods.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { goModuleFolder } from '../../../../control-plane/driver/go-build.ts';
import type { GoProgram } from '../../../../control-plane/driver/go-build.ts';
import { freePort } from '../../../../control-plane/driver/ports.ts';
import { createServerIdentity } from '../../../../simulator/tls-identity.ts';
import { readManifests } from '../../cluster.ts';
import type { Manifest } from '../../cluster.ts';
import { helm } from '../../helm.ts';
import { Neighbour } from '../neighbour.ts';
import { neighbourProgram } from '../program.ts';

/** trust-manager, as released. */
export const trustManagerProgram: GoProgram = {
  name: 'trust-manager',
  directory: fileURLToPath(new URL('../../../../tools/trust-manager', import.meta.url)),
  package: 'github.com/cert-manager/trust-manager/cmd/trust-manager',
};
/** Namespace in which trust-manager runs and reads its sources unless its values name another. */
export const trustNamespace = 'cert-manager';
/** Its ServiceAccount, in that namespace. */
export const trustManagerAccount = 'trust-manager';
// Its webhook only checks Bundles as they are written, and would be asked at a Service, which leads nowhere without pods.
const kindsInPods = new Set(['Deployment', 'Service', 'ValidatingWebhookConfiguration', 'Issuer', 'Certificate']);

/** The objects of its chart with the chart's own values. */
export async function trustManagerObjects(): Promise<readonly Manifest[]> {
  const { directory } = await goModuleFolder(trustManagerProgram, 'github.com/cert-manager/trust-manager');
  const chart = join(directory, 'deploy/charts/trust-manager');
  const { code, stdout, stderr } = await helm(['template', 'trust-manager', chart, '-n', trustNamespace]);
  if (code !== 0) throw new Error(stderr);
  return readManifests(stdout).filter(({ kind }) => !kindsInPods.has(kind));
}

/** trust-manager with this kubeconfig, of its ServiceAccount; it does not run yet. */
export async function trustManager(directory: string, kubeconfig: string): Promise<Neighbour> {
  const [program, metrics, readiness, webhook, identity] = await Promise.all([
    neighbourProgram(trustManagerProgram),
    freePort(),
    freePort(),
    freePort(),
    createServerIdentity('127.0.0.1'),
  ]);
  const certificates = join(directory, 'trust-manager-tls');
  await mkdir(certificates);
  await writeFile(join(certificates, 'tls.crt'), identity.cert);
  await writeFile(join(certificates, 'tls.key'), identity.key, { mode: 0o600 });
  const isReady = async (): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${readiness}/readyz`, { signal: AbortSignal.timeout(10_000) });
    return answer.ok;
  };
  return new Neighbour({
    name: 'trust-manager',
    command: [
      program,
      `--kubeconfig=${kubeconfig}`,
      `--trust-namespace=${trustNamespace}`,
      `--metrics-port=${metrics}`,
      `--readiness-probe-port=${readiness}`,
      '--leader-elect=false',
      '--webhook-host=127.0.0.1',
      `--webhook-port=${webhook}`,
      `--webhook-certificate-dir=${certificates}`,
    ],
    directory,
    logFile: join(directory, 'trust-manager.log'),
    isReady,
  });
}
