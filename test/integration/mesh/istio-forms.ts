// The ways in which the guide has istiod ask for certificates of this issuer.
import { join } from 'node:path';
import { reference } from '../../support/cluster.ts';
import { applyIstiodChart, writeIstiodKubeconfig } from '../../support/neighbours/istio/chart.ts';
import type { CsrOrder } from '../../support/neighbours/istio/csr-client.ts';
import { applyDocumented, documentedValues } from '../../support/neighbours/istio/manifests.ts';
import type { World } from '../../support/world.ts';

/** Files of docs/mesh/manifests, and what follows from them. */
export interface Form {
  readonly issuer: string;
  readonly values: string;
  readonly parent: string;
  readonly signer: string;
  readonly ecdsa?: boolean;
}

/** An AlibabaPCAClusterIssuer. */
export const ofCluster: Form = {
  issuer: 'istio-ra-issuer.yaml',
  values: 'istio-ra-values.yaml',
  parent: 'sim-sub-rsa-2048',
  signer: 'alibabapcaclusterissuers.pca.alibabacloud.com/mesh',
};
/** An AlibabaPCAIssuer in the namespace of istiod. */
export const ofNamespace: Form = {
  issuer: 'istio-ra-namespaced-issuer.yaml',
  values: 'istio-ra-namespaced-values.yaml',
  parent: 'sim-sub-rsa-2048',
  signer: 'alibabapcaissuers.pca.alibabacloud.com/istio-system.mesh',
};
/** Elliptic curves all over. */
export const ofCurves: Form = {
  issuer: 'istio-ra-ecc-issuer.yaml',
  values: 'istio-ra-ecc-values.yaml',
  parent: 'sim-sub-ecc-p256',
  signer: 'alibabapcaclusterissuers.pca.alibabacloud.com/mesh-ecc',
  ecdsa: true,
};

const host = 'spiffe://cluster.local/ns/shop/sa/web';
const ready = { type: 'Ready', status: 'True' };

/** Applies what the guide says, and answers how istiod's code asks then. */
export async function prepareForm(
  world: World,
  { issuer, values, parent, signer, ecdsa = false }: Form,
  spec: object = {},
): Promise<CsrOrder> {
  const applied = await applyDocumented(world, issuer, parent, spec);
  await applyIstiodChart(world.cluster, await documentedValues(values, world.simulator.rootPem(parent)));
  await Promise.all(
    applied
      .filter(({ kind }) => kind.startsWith('AlibabaPCA') || kind === 'Certificate')
      .map(async (each) => world.cluster.waitForCondition(reference(each), ready)),
  );
  const kubeconfig = join(world.controlPlane.directory, 'istiod.kubeconfig');
  await writeIstiodKubeconfig(world, kubeconfig);
  world.simulator.reset();
  return { kubeconfig, signer, host, ecdsa };
}
