// The identities of a node's parts at the API server, and their certificates. Pure.
import type { NodePlan } from '../instance.ts';

/** Identities that get a kubeconfig with the certificate of the same name. */
export const nodeIdentities = ['kubelet', 'kube-proxy', 'kube-scheduler', 'coredns'];

/** The certificates of a control plane with a node, by the names of their files, as the role `pki` takes them. */
export function nodeCertificates(node: NodePlan): object {
  return {
    serving: {
      commonName: 'control-plane',
      dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
      addresses: ['127.0.0.1', node.hostAddress, node.apiServiceAddress],
    },
    // The API server's certificate for the kubelet, which lets its group do everything.
    'kubelet-client': { commonName: 'kube-apiserver', organization: 'system:masters' },
    kubelet: { commonName: `system:node:${node.nodeName}`, organization: 'system:nodes' },
    'kubelet-serving': { commonName: node.nodeName, addresses: [node.nodeAddress] },
    'kube-proxy': { commonName: 'system:kube-proxy' },
    'kube-scheduler': { commonName: 'system:kube-scheduler' },
    coredns: { commonName: 'coredns' },
  };
}
