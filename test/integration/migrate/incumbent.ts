// A stand-in for alibabacloud-privateca-issuer: its CRDs as far as they are read, and what it answers to requests.
import type { TestCA } from '../../support/certificates.ts';
import { issue, makeCA, Pkcs10CertificateRequest } from '../../support/certificates.ts';
import { conditionsOf } from '../../support/cluster.ts';
import type { Cluster, Manifest } from '../../support/cluster.ts';
import { isIssued } from '../../support/renewal.ts';
import { NotYet, until } from '../../support/wait.ts';

const group = 'alibabacloud.com';
const kinds = [
  { kind: 'PCAIssuer', plural: 'pcaissuers', scope: 'Namespaced' },
  { kind: 'PCAClusterIssuer', plural: 'pcaclusterissuers', scope: 'Cluster' },
] as const;

/** Its API version. */
export const incumbentApiVersion = `${group}/v1beta`;

/** Its CRDs, and cert-manager's right to approve requests for it. */
export const incumbentObjects: readonly Manifest[] = [
  ...kinds.map(({ kind, plural, scope }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: 'v1beta',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
            },
          },
        },
      ],
    },
  })),
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'approve-incumbent' },
    rules: [
      {
        apiGroups: ['cert-manager.io'],
        resources: ['signers'],
        verbs: ['approve'],
        resourceNames: kinds.map(({ plural }) => `${plural}.${group}/*`),
      },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'approve-incumbent' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'approve-incumbent' },
    subjects: [{ kind: 'ServiceAccount', name: 'cert-manager', namespace: 'cert-manager' }],
  },
];

/** Answers requests until these Certificates of a namespace are issued. */
export async function issueAsIncumbent(cluster: Cluster, namespace: string, names: readonly string[]): Promise<void> {
  const day = 86_400_000;
  const ca = await makeCA('P-256', {
    name: 'Incumbent',
    from: new Date(Date.now() - day),
    until: new Date(Date.now() + 1000 * day),
  });
  await until(`${names.join(', ')} to be issued`, async () => {
    for (const request of await cluster.list({ ...requests, namespace })) await answer(cluster, request, ca);
    const certificates = await cluster.list({ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace });
    const missing = names.filter((name) => !certificates.some((each) => each.metadata.name === name && isIssued(each)));
    if (missing.length > 0) throw new NotYet(missing.join(', '));
    return true;
  });
}

const requests = { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest' } as const;

async function answer(cluster: Cluster, request: Manifest, ca: TestCA): Promise<void> {
  const spec = request['spec'] as { readonly request: string; readonly issuerRef: { readonly group?: string } };
  const conditions = conditionsOf(request);
  const isApproved = conditions.some(({ type }) => type === 'Approved');
  if (spec.issuerRef.group !== group || !isApproved || conditions.some(({ type }) => type === 'Ready')) return;
  const csr = new Pkcs10CertificateRequest(Buffer.from(spec.request, 'base64').toString());
  const { namespace = '', name } = request.metadata;
  const owner = request.metadata.annotations?.['cert-manager.io/certificate-name'] ?? '';
  const pem = await issue(ca, {
    spki: Buffer.from(csr.publicKey.rawData),
    subject: [],
    content: { names: [{ kind: 'dns', value: `${owner}.example.com` }] },
    notBefore: new Date(),
    notAfter: new Date(Date.now() + 90 * 86_400_000),
  });
  const ready = { type: 'Ready', status: 'True', reason: 'Issued', message: '', lastTransitionTime: new Date() };
  await cluster.patch(
    { ...requests, namespace, name },
    { status: { certificate: Buffer.from(pem).toString('base64'), conditions: [...conditions, ready] } },
    'status',
  );
}
