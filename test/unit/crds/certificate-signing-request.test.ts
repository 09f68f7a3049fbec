import { expect, test } from 'vitest';

import { isSigningEnded, signerReference, signingApproval } from '../../../src/crds/certificate-signing-request.ts';
import type { CertificateSigningRequest } from '../../../src/crds/certificate-signing-request.ts';

test.each([
  ['alibabapcaclusterissuers.pca.alibabacloud.com/prod', 'AlibabaPCAClusterIssuer', undefined, 'prod'],
  ['alibabapcaclusterissuers.pca.alibabacloud.com/prod.eu', 'AlibabaPCAClusterIssuer', undefined, 'prod.eu'],
  ['alibabapcaissuers.pca.alibabacloud.com/shop.prod', 'AlibabaPCAIssuer', 'shop', 'prod'],
  ['alibabapcaissuers.pca.alibabacloud.com/shop.prod.eu', 'AlibabaPCAIssuer', 'shop', 'prod.eu'],
])('signer %s is issuer %s %s %s', (signerName, kind, namespace, name) => {
  const reference = signerReference(signerName);
  expect([reference?.kind.kind, reference?.namespace, reference?.name]).toEqual([kind, namespace, name]);
});

test.each([
  'kubernetes.io/kubelet-serving',
  'issuers.cert-manager.io/shop.prod',
  'alibabapcaissuers.pca.alibabacloud.com/prod',
  'alibabapcaissuers.pca.alibabacloud.com/.prod',
  'alibabapcaissuers.pca.alibabacloud.com/shop.',
  'alibabapcaissuers.pca.alibabacloud.com/',
  'alibabapcaissuers.pca.alibabacloud.com',
  'alibabapcaissuers.pca.alibabacloud.com/a.b/c',
  'xalibabapcaissuers.pca.alibabacloud.com/a.b',
])('signer %s is not one of ours', (signerName) => {
  expect(signerReference(signerName)).toBeUndefined();
});

const withStatus = (status: CertificateSigningRequest['status']): CertificateSigningRequest => ({
  metadata: { name: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-11-22T10:00:00Z' },
  spec: { request: '', signerName: 's' },
  ...(status === undefined ? {} : { status }),
});

test.each([
  [undefined, 'Undecided', false],
  [{ conditions: [{ type: 'Approved', status: 'True' }] }, 'Approved', false],
  [{ conditions: [{ type: 'Approved' }] }, 'Approved', false],
  [{ conditions: [{ type: 'Approved', status: 'True' }], certificate: 'QQ==' }, 'Approved', true],
  [
    {
      conditions: [
        { type: 'Approved', status: 'True' },
        { type: 'Failed', status: 'True' },
      ],
    },
    'Approved',
    true,
  ],
  [{ conditions: [{ type: 'Denied', status: 'True' }] }, 'Denied', true],
] as const)('with status %j it is %s and ended: %s', (status, approval, ended) => {
  expect([signingApproval(withStatus(status)), isSigningEnded(withStatus(status))]).toEqual([approval, ended]);
});
