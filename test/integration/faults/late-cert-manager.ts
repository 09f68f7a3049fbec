// cert-manager that sees changes late, as on a starved machine: its own watches pass through a proxy.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from '../../../control-plane/driver/control-plane.ts';
import { ApiProxy } from './api-proxy.ts';
import type { Lateness } from './late-pieces.ts';

/** A cert-manager whose watches can be made late; everybody else's are as they were. */
export interface LateCertManager {
  /** From now on its watches of this resource (`secrets`, `certificates`, `certificaterequests`) are so late. */
  delay(resource: string, lateness: Lateness): void;
  /** From now on nothing is late. */
  catchUp(): void;
  /** Ends the proxy; cert-manager is cut off. */
  stop(): Promise<void>;
}

/** Starts the control plane's cert-manager again, behind a proxy; nothing is late yet. */
export async function startLateCertManager(controlPlane: ControlPlane): Promise<LateCertManager> {
  const original = JSON.parse(await readFile(controlPlane.kubeconfigFile('cert-manager'), 'utf8')) as {
    readonly users: readonly { readonly user: { readonly token: string } }[];
    readonly clusters: readonly { readonly name: string }[];
  };
  const proxy = await ApiProxy.start(controlPlane.server, controlPlane.caPem, original.users[0]?.user.token);
  const clusters = original.clusters.map(({ name }) => ({ name, cluster: { server: proxy.url } }));
  const kubeconfig = join(controlPlane.directory, 'late-cert-manager.kubeconfig');
  await writeFile(kubeconfig, JSON.stringify({ ...original, clusters }), { mode: 0o600 });
  await controlPlane.component('cert-manager').restart([`--kubeconfig=${kubeconfig}`]);
  return {
    delay: (resource, lateness) =>
      proxy.delayWatches(({ url }) => (url.split('?')[0]?.endsWith(`/${resource}`) === true ? lateness : undefined)),
    catchUp: () => proxy.delayWatches(() => undefined),
    stop: async () => proxy.stop(),
  };
}
