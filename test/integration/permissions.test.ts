// What deploy/install.yaml lets the operator's ServiceAccount do, asked of a real API server, and above all what not.
import { beforeAll, describe, expect, it } from 'vitest';

import { isAllowed } from '../support/access-review.ts';
import type { Action } from '../support/access-review.ts';
import { installProduct, secretAccess } from '../support/product.ts';
import type { Product } from '../support/product.ts';
import { testCluster } from '../support/test-cluster.ts';

const cluster = await testCluster();
let product: Product;
let allowedNamespace: string;
let otherNamespace: string;

beforeAll(async () => {
  product = await installProduct(cluster);
  allowedNamespace = await cluster.createNamespace('secrets-allowed');
  otherNamespace = await cluster.createNamespace('secrets-other');
  await cluster.apply(secretAccess(product, allowedNamespace));
});

async function mayDo(action: Action): Promise<boolean> {
  return isAllowed(cluster, product.serviceAccount, action);
}

function nameOf({ verb, group, resource, subresource }: Action): string {
  return `${verb} ${[group, resource, subresource].filter((part) => part !== undefined).join('/')}`;
}

const own = 'pca.alibabacloud.com';
const certManager = 'cert-manager.io';
const certificates = 'certificates.k8s.io';

const granted: readonly Action[] = [
  { verb: 'watch', group: own, resource: 'alibabapcaissuers' },
  { verb: 'watch', group: own, resource: 'alibabapcaclusterissuers' },
  { verb: 'patch', group: own, resource: 'alibabapcaissuers', subresource: 'status' },
  { verb: 'patch', group: own, resource: 'alibabapcaclusterissuers', subresource: 'status' },
  { verb: 'watch', group: certManager, resource: 'certificaterequests' },
  { verb: 'get', group: certManager, resource: 'certificates' },
  { verb: 'patch', group: certManager, resource: 'certificaterequests', subresource: 'status' },
  { verb: 'watch', group: certificates, resource: 'certificatesigningrequests' },
  { verb: 'patch', group: certificates, resource: 'certificatesigningrequests', subresource: 'status' },
  { verb: 'sign', group: certificates, resource: 'signers', name: `alibabapcaissuers.${own}/*` },
  { verb: 'sign', group: certificates, resource: 'signers', name: `alibabapcaclusterissuers.${own}/*` },
  { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' },
];

const refused: readonly Action[] = [
  { verb: 'create', resource: 'configmaps' },
  { verb: 'patch', resource: 'configmaps' },
  { verb: 'delete', resource: 'configmaps' },
  { verb: 'list', resource: 'secrets' },
  { verb: 'get', resource: 'secrets' },
  { verb: 'watch', group: certManager, resource: 'certificates' },
  { verb: 'create', group: certManager, resource: 'certificaterequests' },
  { verb: 'delete', group: certManager, resource: 'certificaterequests' },
  { verb: 'patch', group: certManager, resource: 'certificaterequests' },
  { verb: 'approve', group: certManager, resource: 'signers' },
  { verb: 'approve', group: certificates, resource: 'signers', name: `alibabapcaissuers.${own}/*` },
  { verb: 'sign', group: certificates, resource: 'signers', name: 'kubernetes.io/*' },
  { verb: 'update', group: certificates, resource: 'certificatesigningrequests', subresource: 'approval' },
  { verb: 'patch', group: own, resource: 'alibabapcaissuers' },
  { verb: 'delete', group: own, resource: 'alibabapcaclusterissuers' },
  { verb: 'create', resource: 'pods' },
  { verb: 'create', resource: 'serviceaccounts', subresource: 'token' },
  { verb: 'escalate', group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
  { verb: 'impersonate', resource: 'users' },
  { verb: '*', group: '*', resource: '*' },
];

describe("the operator's ServiceAccount", () => {
  it.each(granted.map((action) => [nameOf(action), action] as const))('may %s', async (_name, action) => {
    expect(await mayDo(action)).toBe(true);
  });

  it.each(refused.map((action) => [nameOf(action), action] as const))('must not %s', async (_name, action) => {
    expect(await mayDo(action)).toBe(false);
  });

  it('reads Secrets by name where the chart was told so, and nowhere else', async () => {
    const inNamespace = (namespace: string, verb: string): Action => ({
      verb,
      resource: 'secrets',
      namespace,
      name: 'key',
    });
    expect([
      await mayDo(inNamespace(allowedNamespace, 'get')),
      await mayDo(inNamespace(allowedNamespace, 'list')),
      await mayDo(inNamespace(allowedNamespace, 'update')),
      await mayDo(inNamespace(otherNamespace, 'get')),
      await mayDo(inNamespace(product.serviceAccount.namespace, 'get')),
    ]).toEqual([true, false, false, false, true]);
  });
});
