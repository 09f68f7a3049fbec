// The objects of cert-manager's chart but what would run in pods: service accounts, RBAC and the registration of its webhook. They
// are the chart's own, for what is refused here must be refused to a user too; in particular cert-manager may approve only
// requests for its own issuers.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { ApiObject } from './api-client.ts';

/** Namespace and service accounts of cert-manager. */
export const certManagerNamespace = 'cert-manager';
/** A namespace with this label set to `off` is not seen by cert-manager's webhook. */
export const webhookLabel = 'control-plane.pca.alibabacloud.com/webhook';

/** An object of the chart. */
interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** How the chart registers a webhook. */
interface Webhook {
  readonly namespaceSelector?: { readonly matchExpressions?: readonly object[] };
  readonly clientConfig: { readonly service: { readonly path: string } };
}

/** Plural names of the kinds that are of use without pods. */
const collections: Readonly<Record<string, string>> = {
  ServiceAccount: 'serviceaccounts',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
};
const webhookKinds = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'];

/** What the chart installs, as the API server takes it. */
export interface CertManagerObjects {
  /** Service accounts, roles and bindings of the controllers and of the webhook, and the roles of people. */
  readonly identities: readonly ApiObject[];
  /** Registration of the webhook at an address of its own, not sparing anything but labelled namespaces. */
  readonly webhooks: (url: string, caPem: string) => readonly ApiObject[];
}

/** Reads the chart that the build has rendered beside the program. */
export async function readCertManagerObjects(program: string): Promise<CertManagerObjects> {
  const objects = JSON.parse(
    await readFile(join(dirname(program), 'cert-manager.json'), 'utf8'),
  ) as readonly Rendered[];
  return {
    identities: objects.flatMap((object) => {
      const collection = collections[object.kind];
      return collection === undefined ? [] : [apiObject(object, collection)];
    }),
    webhooks: (url, caPem) =>
      objects
        .filter(({ kind }) => webhookKinds.includes(kind))
        .map((object) => apiObject(reachable(object, url, caPem), `${object.kind.toLowerCase()}s`)),
  };
}

/** The namespace, which must exist before the service accounts. */
export function namespaceObject(): ApiObject {
  return {
    collection: '/api/v1/namespaces',
    name: certManagerNamespace,
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: certManagerNamespace } },
  };
}

function apiObject(object: Rendered, plural: string): ApiObject {
  const { apiVersion, metadata } = object;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return { collection: `${root}${scope}/${plural}`, name: metadata.name, body: object };
}

// A Service leads nowhere without pods.
function reachable(object: Rendered, url: string, caPem: string): Rendered {
  const { webhooks } = object as Rendered & { readonly webhooks: readonly Webhook[] };
  const spared = { key: webhookLabel, operator: 'NotIn', values: ['off'] };
  const ours = webhooks.map((webhook) => ({
    ...webhook,
    namespaceSelector: { matchExpressions: [...(webhook.namespaceSelector?.matchExpressions ?? []), spared] },
    clientConfig: {
      url: `${url}${webhook.clientConfig.service.path}`,
      caBundle: Buffer.from(caPem).toString('base64'),
    },
  }));
  return { ...object, webhooks: ours } as Rendered;
}
