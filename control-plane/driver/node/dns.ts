// The objects through which pods find the cluster's DNS, which runs on the node beside them. Pure.
import type { ApiObject } from '../api-client.ts';
import type { NodePlan } from '../instance.ts';

const rbac = 'rbac.authorization.k8s.io/v1';
const name = 'kube-dns';

/** Service and endpoint of the DNS, and what its identity may read. */
export function dnsObjects(plan: NodePlan): readonly ApiObject[] {
  const ports = (['UDP', 'TCP'] as const).map((protocol) => ({ name: protocol.toLowerCase(), port: 53, protocol }));
  const metadata = { name, namespace: 'kube-system' };
  return [
    {
      collection: '/api/v1/namespaces/kube-system/services',
      name,
      body: { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: plan.dnsAddress, ports } },
    },
    {
      collection: '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices',
      name,
      body: {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [plan.nodeAddress], conditions: { ready: true } }],
        ports,
      },
    },
    {
      collection: `/apis/${rbac}/clusterroles`,
      name: 'coredns',
      body: {
        apiVersion: rbac,
        kind: 'ClusterRole',
        metadata: { name: 'coredns' },
        rules: [
          { apiGroups: [''], resources: ['services', 'namespaces', 'pods'], verbs: ['list', 'watch'] },
          { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
        ],
      },
    },
    {
      collection: `/apis/${rbac}/clusterrolebindings`,
      name: 'coredns',
      body: {
        apiVersion: rbac,
        kind: 'ClusterRoleBinding',
        metadata: { name: 'coredns' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'coredns' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'coredns' }],
      },
    },
  ];
}
