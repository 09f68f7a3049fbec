// The lean form of open requests: only what decides whether there is something to do, and only those that are for us.
import { describe, expect, it } from 'vitest';
import {
  cachedRequest,
  cachedSigningRequest,
  requestIndexes,
  requestKey,
} from '../../../../../src/controllers/requests/kinds/cached-request.ts';
import type { CertificateSigningRequest } from '../../../../../src/crds/certificate-signing-request.ts';
import { approved, certificateRequest, ready } from '../../../../support/certificate-requests.ts';

describe('the lean form of a CertificateRequest', () => {
  it('keeps only what decides about a request', () => {
    expect(cachedRequest(certificateRequest({ conditions: [approved, ready('Pending', 'Waiting.')] }))).toEqual({
      metadata: {
        name: 'web-1',
        namespace: 'shop',
        uid: '0a7c7b0e-6d0e-4a51-9a52-000000000001',
        resourceVersion: '100',
      },
      object: { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest' },
      createdAt: Date.parse('2026-11-22T10:00:00Z'),
      issuer: 'AlibabaPCAIssuer/shop/pca',
      kind: 'AlibabaPCAIssuer',
      approval: 'Approved',
      isControlled: false,
      message: 'Waiting.',
    });
  });

  it.each([
    [
      'a cluster issuer',
      { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAClusterIssuer', name: 'pca' },
      'AlibabaPCAClusterIssuer//pca',
    ],
    ['a kind that is none of ours', { group: 'pca.alibabacloud.com', kind: 'Issuer', name: 'pca' }, undefined],
  ])('knows %s', (_name, issuerRef, issuer) => {
    expect(cachedRequest(certificateRequest({ spec: { issuerRef } }))?.issuer).toBe(issuer);
  });

  it.each([
    ['a foreign group', { group: 'cert-manager.io', kind: 'AlibabaPCAIssuer', name: 'pca' }],
    ['no group', { kind: 'AlibabaPCAIssuer', name: 'pca' }],
    ['an empty group', { group: '', kind: 'AlibabaPCAIssuer', name: 'pca' }],
  ])('leaves %s alone', (_name, issuerRef) => {
    expect(cachedRequest(certificateRequest({ spec: { issuerRef } }))).toBeUndefined();
  });

  it.each(['Issued', 'Failed', 'Denied'])('drops a request that is %s', (reason) => {
    expect(cachedRequest(certificateRequest({ conditions: [approved, ready(reason)] }))).toBeUndefined();
  });
});

describe('the lean form of a CertificateSigningRequest', () => {
  const request = (types: readonly string[], changes: object = {}, status: object = {}): CertificateSigningRequest => ({
    metadata: { name: 'csr-1', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-11-22T10:00:00Z' },
    spec: { request: '', signerName: 'alibabapcaissuers.pca.alibabacloud.com/shop.pca', ...changes },
    status: { conditions: types.map((type) => ({ type, status: 'True', reason: 'Said' })), ...status },
  });

  it('keeps only what decides about a request', () => {
    const lean = cachedSigningRequest(request(['Approved']));
    expect(lean).toEqual({
      metadata: { name: 'csr-1', uid: 'u', resourceVersion: '7' },
      object: { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' },
      createdAt: Date.parse('2026-11-22T10:00:00Z'),
      issuer: 'AlibabaPCAIssuer/shop/pca',
      kind: 'AlibabaPCAIssuer',
      approval: 'Approved',
      isControlled: false,
      message: undefined,
    });
  });

  it.each([
    'alibabapcaissuer.pca.alibabacloud.com/shop.pca',
    'alibabapcaissuers.pca.alibabacloud.com/pca',
    'pca.alibabacloud.com/pca',
  ])('keeps one whose signer %s is in our group but is none', (signerName) => {
    expect(cachedSigningRequest(request([], { signerName }))).toMatchObject({ issuer: undefined, kind: '' });
  });

  it.each([
    ['is for another signer whose name ends like ours', request([], { signerName: 'xpca.alibabacloud.com/shop.pca' })],
    ['is for another signer', request(['Approved'], { signerName: 'kubernetes.io/kubelet-serving' })],
    ['has failed', request(['Approved', 'Failed'])],
    ['has its certificate', request(['Approved'], {}, { certificate: 'Y2VydA==' })],
  ])('drops one that %s', (_name, given) => {
    expect(cachedSigningRequest(given)).toBeUndefined();
  });
});

describe('a request in stores and queues', () => {
  it('has its namespace in its key where it has one', () => {
    expect([requestKey({ namespace: 'shop', name: 'web-1' }), requestKey({ name: 'csr-1' })]).toEqual([
      'shop/web-1',
      'csr-1',
    ]);
  });

  it('is found by its issuer, unless it names none of ours', () => {
    const foreign = { group: 'pca.alibabacloud.com', kind: 'Issuer', name: 'pca' };
    const found = [certificateRequest(), certificateRequest({ spec: { issuerRef: foreign } })].map((request) => {
      const lean = cachedRequest(request);
      return lean === undefined ? 'not kept' : requestIndexes().issuer(lean);
    });
    expect(found).toEqual([['AlibabaPCAIssuer/shop/pca'], []]);
  });
});
