// Of the roles in deploy/install.yaml, only those that are bound to the operator count as its permissions.
import { expect, it } from 'vitest';

import { grantedPermissions } from '../../support/permissions.ts';
import { readProduct } from '../../support/product.ts';

const { objects, serviceAccount } = await readProduct();

it('counts what Role and ClusterRole give the operator', () => {
  const granted = grantedPermissions(objects, serviceAccount);
  for (const expected of ['watch pca.alibabacloud.com/alibabapcaissuers', 'get secrets'])
    expect(granted).toContain(expected);
});

it("counts neither users' rights nor cert-manager's", () => {
  const ofOthers = ['create pca.alibabacloud.com/alibabapcaissuers', 'approve cert-manager.io/signers'];
  const rules = JSON.stringify(objects.map(({ rules }) => rules));
  expect([rules.includes('deletecollection'), rules.includes('approve')]).toEqual([true, true]);
  const granted = grantedPermissions(objects, serviceAccount);
  expect(granted.filter((permission) => ofOthers.includes(permission))).toEqual([]);
});

it('counts nothing for an account of another name or namespace', () => {
  expect([
    grantedPermissions(objects, { ...serviceAccount, name: 'another' }),
    grantedPermissions(objects, { ...serviceAccount, namespace: 'another' }),
  ]).toEqual([[], []]);
});
