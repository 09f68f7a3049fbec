// Starts the one control plane that all integration tests share, and stops it when they are done.
import type { TestProject } from 'vitest/node';

import { ControlPlane } from '../../control-plane/driver/control-plane.ts';

/** vitest calls this before the first file; what it answers is called after the last one. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const controlPlane = await ControlPlane.start({
    // cert-manager's own limits would be what a test with many Certificates measures.
    certManagerSettings: { qps: 500, burst: 1000, workers: 20 },
  });
  project.provide('controlPlane', { kubeconfig: controlPlane.kubeconfig, kubectl: controlPlane.kubectlPath });
  return async () => {
    await controlPlane.stop();
  };
}
