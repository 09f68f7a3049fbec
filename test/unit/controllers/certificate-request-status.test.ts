// What is to be done with a request, and the conditions that are written to it.
import { describe, expect, it } from 'vitest';
import {
  deniedStatus,
  failedStatus,
  issuedStatus,
  nextStep,
  pendingStatus,
} from '../../../src/controllers/certificate-request-status.ts';
import { openRequest } from '../../../src/controllers/open-request.ts';
import { approved, certificateRequest, denied, ready } from '../../support/certificate-requests.ts';

describe('nextStep', () => {
  it.each([
    ['nothing before approval', [], 'nothing'],
    ['nothing before approval, whatever Ready says', [ready('Pending')], 'nothing'],
    ['sign once approved', [approved], 'sign'],
    ['sign an approved request that is pending', [approved, ready('Pending')], 'sign'],
    ['deny a request that is only denied', [denied], 'deny'],
    ['deny a request that was pending', [denied, ready('Pending')], 'deny'],
    ['deny when both are there', [approved, denied], 'deny'],
    ['nothing once issued', [approved, ready('Issued')], 'nothing'],
    ['nothing once failed', [approved, ready('Failed')], 'nothing'],
    ['nothing once the denial was written', [denied, ready('Denied')], 'nothing'],
    ['not take Approved=False for an approval', [{ ...approved, status: 'False' as const }], 'nothing'],
  ] as const)('says to do %s', (_name, conditions, step) => {
    expect(nextStep(certificateRequest({ conditions }))).toBe(step);
  });

  it('does nothing for a request that is being deleted', () => {
    expect(nextStep(certificateRequest({ metadata: { deletionTimestamp: '2026-11-22T10:00:05Z' } }))).toBe('nothing');
  });
});

describe('the status of an end', () => {
  const request = certificateRequest();

  it.each([
    ['our clock, when it is right', '2026-11-22T10:05:00.789Z', '2026-11-22T10:05:00Z'],
    ['a second after the creation, when our clock lags', '2026-11-22T09:55:00Z', '2026-11-22T10:00:01Z'],
  ])('dates a failure by %s', (_name, now, failureTime) => {
    expect(failedStatus(request.metadata, { message: 'No.', reason: 'InvalidCSR' }, new Date(now))).toEqual({
      condition: { type: 'Ready', status: 'False', reason: 'Failed', message: 'No.' },
      failureTime,
      failure: 'InvalidCSR',
    });
    expect(deniedStatus(request.metadata, new Date(now)).failureTime).toBe(failureTime);
  });

  it('carries chain and ca with the condition on success', () => {
    const certificate = {
      chain: 'leaf\nintermediate\n',
      ca: 'root\n',
      identifier: 'id-1',
      serialNumber: '0a1b',
      notBefore: new Date(0),
      notAfter: new Date(1),
      differences: [],
    };
    expect(issuedStatus(certificate, 'CreateCustomCertificate', ['It is short.'])).toEqual({
      condition: {
        type: 'Ready',
        status: 'True',
        reason: 'Issued',
        message:
          'Issued by Alibaba Cloud PCA with CreateCustomCertificate: serial number 0a1b, PCA identifier id-1. It is short.',
      },
      certificate: Buffer.from('leaf\nintermediate\n').toString('base64'),
      ca: Buffer.from('root\n').toString('base64'),
    });
  });

  it('has neither certificate nor failureTime while pending', () => {
    expect(pendingStatus('Waiting.')).toEqual({
      condition: { type: 'Ready', status: 'False', reason: 'Pending', message: 'Waiting.' },
    });
  });
});

describe('openRequest', () => {
  it('keeps only what decides about a request', () => {
    expect(openRequest(certificateRequest({ conditions: [approved, ready('Pending', 'Waiting.')] }))).toEqual({
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
    expect(openRequest(certificateRequest({ spec: { issuerRef } }))?.issuer).toBe(issuer);
  });

  it.each([
    ['a foreign group', { group: 'cert-manager.io', kind: 'AlibabaPCAIssuer', name: 'pca' }],
    ['no group', { kind: 'AlibabaPCAIssuer', name: 'pca' }],
    ['an empty group', { group: '', kind: 'AlibabaPCAIssuer', name: 'pca' }],
  ])('leaves %s alone', (_name, issuerRef) => {
    expect(openRequest(certificateRequest({ spec: { issuerRef } }))).toBeUndefined();
  });

  it.each(['Issued', 'Failed', 'Denied'])('drops a request that is %s', (reason) => {
    expect(openRequest(certificateRequest({ conditions: [approved, ready(reason)] }))).toBeUndefined();
  });
});
