// The objects cert-manager's chart would install, apart from workloads: service accounts, RBAC and webhook registration.
// The rules follow the chart, for what is refused here must be refused to a user too; in particular cert-manager may
// approve only requests for its own issuers.
import type { ApiObject } from './api-client.ts';

/** Namespace and service accounts of cert-manager. */
export const certManagerNamespace = 'cert-manager';
/** A namespace with this label set to `off` is not seen by cert-manager's webhook. */
export const webhookLabel = 'control-plane.pca.alibabacloud.com/webhook';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const group = 'cert-manager.io';
const read = ['get', 'list', 'watch'];
const events: Rule = { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] };
const secrets: Rule = {
  apiGroups: [''],
  resources: ['secrets'],
  verbs: [...read, 'create', 'update', 'delete'],
};

const controllerRules: Readonly<Record<string, readonly Rule[]>> = {
  issuers: [
    { apiGroups: [group], resources: ['issuers', 'issuers/status'], verbs: ['update', 'patch'] },
    { apiGroups: [group], resources: ['issuers'], verbs: read },
    secrets,
    events,
  ],
  clusterissuers: [
    { apiGroups: [group], resources: ['clusterissuers', 'clusterissuers/status'], verbs: ['update', 'patch'] },
    { apiGroups: [group], resources: ['clusterissuers'], verbs: read },
    secrets,
    events,
  ],
  certificates: [
    {
      apiGroups: [group],
      resources: ['certificates', 'certificates/status', 'certificaterequests', 'certificaterequests/status'],
      verbs: ['update', 'patch'],
    },
    {
      apiGroups: [group],
      resources: ['certificates', 'certificaterequests', 'clusterissuers', 'issuers'],
      verbs: read,
    },
    {
      apiGroups: [group],
      resources: ['certificates/finalizers', 'certificaterequests/finalizers'],
      verbs: ['update'],
    },
    { apiGroups: ['acme.cert-manager.io'], resources: ['orders'], verbs: ['create', 'delete', ...read] },
    { ...secrets, verbs: [...secrets.verbs, 'patch'] },
    events,
  ],
  // The chart grants the creation of requests here, so it is needed without any Ingress.
  'ingress-shim': [
    {
      apiGroups: [group],
      resources: ['certificates', 'certificaterequests'],
      verbs: ['create', 'update', 'delete'],
    },
    {
      apiGroups: [group],
      resources: ['certificates', 'certificaterequests', 'issuers', 'clusterissuers'],
      verbs: read,
    },
    events,
  ],
  'approve:cert-manager-io': [
    {
      apiGroups: [group],
      resources: ['signers'],
      verbs: ['approve'],
      resourceNames: ['issuers.cert-manager.io/*', 'clusterissuers.cert-manager.io/*'],
    },
  ],
};

const webhookRules: readonly Rule[] = [
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
];

/** The namespace, which must exist before the service accounts. */
export function namespaceObject(): ApiObject {
  return {
    collection: '/api/v1/namespaces',
    name: certManagerNamespace,
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: certManagerNamespace } },
  };
}

/** Service accounts, roles and bindings of the controllers and of the webhook. */
export function identityObjects(): readonly ApiObject[] {
  return [
    serviceAccount('cert-manager'),
    serviceAccount('cert-manager-webhook'),
    ...Object.entries(controllerRules).flatMap(([name, rules]) =>
      grant(`cert-manager-controller-${name}`, 'cert-manager', rules),
    ),
    ...grant('cert-manager-webhook:subjectaccessreviews', 'cert-manager-webhook', webhookRules),
  ];
}

/** Registration of the webhook at an address of its own, not sparing anything but labelled namespaces. */
export function webhookObjects(url: string, caPem: string): readonly ApiObject[] {
  return [
    webhookConfiguration('ValidatingWebhookConfiguration', `${url}/validate`, caPem, {
      apiGroups: [group, 'acme.cert-manager.io'],
      apiVersions: ['v1'],
      operations: ['CREATE', 'UPDATE'],
      resources: ['*/*'],
    }),
    webhookConfiguration('MutatingWebhookConfiguration', `${url}/mutate`, caPem, {
      apiGroups: [group],
      apiVersions: ['v1'],
      operations: ['CREATE'],
      resources: ['certificaterequests'],
    }),
  ];
}

function serviceAccount(name: string): ApiObject {
  return {
    collection: `/api/v1/namespaces/${certManagerNamespace}/serviceaccounts`,
    name,
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: certManagerNamespace } },
  };
}

function grant(name: string, account: string, rules: readonly Rule[]): readonly ApiObject[] {
  const api = 'rbac.authorization.k8s.io';
  const apiVersion = `${api}/v1`;
  return [
    {
      collection: `/apis/${apiVersion}/clusterroles`,
      name,
      body: { apiVersion, kind: 'ClusterRole', metadata: { name }, rules },
    },
    {
      collection: `/apis/${apiVersion}/clusterrolebindings`,
      name,
      body: {
        apiVersion,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: api, kind: 'ClusterRole', name },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace: certManagerNamespace }],
      },
    },
  ];
}

function webhookConfiguration(kind: string, url: string, caPem: string, rule: object): ApiObject {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const name = 'cert-manager-webhook';
  return {
    collection: `/apis/${apiVersion}/${kind.toLowerCase()}s`,
    name,
    body: {
      apiVersion,
      kind,
      metadata: { name },
      webhooks: [
        {
          name: 'webhook.cert-manager.io',
          namespaceSelector: { matchExpressions: [{ key: webhookLabel, operator: 'NotIn', values: ['off'] }] },
          rules: [rule],
          admissionReviewVersions: ['v1'],
          matchPolicy: 'Equivalent',
          timeoutSeconds: 30,
          failurePolicy: 'Fail',
          sideEffects: 'None',
          clientConfig: { url, caBundle: Buffer.from(caPem).toString('base64') },
        },
      ],
    },
  };
}
