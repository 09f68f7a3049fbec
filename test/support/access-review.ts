// What a ServiceAccount may do, asked of the API server.
import type { Cluster } from './cluster.ts';
import type { Product } from './product.ts';

/** An action on a resource; every namespace where none is named. */
export interface Action {
  readonly verb: string;
  readonly resource: string;
  readonly group?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Whether the ServiceAccount may do it now. */
export async function isAllowed(
  cluster: Cluster,
  { name, namespace }: Product['serviceAccount'],
  action: Action,
): Promise<boolean> {
  const review = (await cluster.api.expect('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: `system:serviceaccount:${namespace}:${name}`, resourceAttributes: action },
  })) as { readonly status: { readonly allowed: boolean } };
  return review.status.allowed;
}
