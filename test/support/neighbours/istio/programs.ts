// Programs of Istio, and how each is linked.
import { fileURLToPath } from 'node:url';

import type { GoProgram } from '../../../../control-plane/driver/go-build.ts';

const istio = fileURLToPath(new URL('../../../../tools/istio', import.meta.url));

/** Istio's control plane. */
export const istiodProgram: GoProgram = {
  name: 'pilot-discovery',
  directory: istio,
  package: 'istio.io/istio/pilot/cmd/pilot-discovery',
  tags: ['vtprotobuf', 'disable_pgv'],
};

/** What runs beside Envoy in Istio's sidecars and gateways, and gets their certificates. */
export const istioAgentProgram: GoProgram = {
  name: 'pilot-agent',
  directory: istio,
  package: 'istio.io/istio/pilot/cmd/pilot-agent',
  tags: ['agent', 'disable_pgv'],
};

/** istiod's code for certificates of Kubernetes signers, without istiod. */
export const istioCsrClientProgram: GoProgram = {
  name: 'istio-csr-client',
  directory: istio,
  package: './csr-client',
};
