// A control plane for the tests of one file that need neither operator nor cert-manager.
import { afterAll } from 'vitest';

import { ControlPlane } from '../../control-plane/driver/control-plane.ts';
import { Cluster } from './cluster.ts';

/** A cluster that ends with the file. Call it once in a file, outside of tests: it registers the end. */
export async function testCluster(): Promise<Cluster> {
  const controlPlane = await ControlPlane.start({ certManager: false });
  const { kubeconfig, kubectlPath } = controlPlane;
  const cluster = new Cluster({ kubeconfig, kubectl: kubectlPath });
  afterAll(async () => {
    cluster.close();
    await controlPlane.stop();
  });
  return cluster;
}
