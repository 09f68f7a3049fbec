// Which requests cert-manager made for a Certificate, and which are copies of such: told from the object alone.
import { expect, test } from 'vitest';
import { provenanceOf } from '../../../../../src/controllers/requests/kinds/provenance.ts';
import type { CertificateRequest } from '../../../../../src/crds/cert-manager.ts';
import { certificateRequest } from '../../../../support/certificate-requests.ts';

const annotations = { 'cert-manager.io/certificate-name': 'web', 'cert-manager.io/certificate-revision': '2' };
const controller = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'web', uid: 'c', controller: true };
const created = { manager: 'cert-manager-certificates-request-manager', time: '2026-11-22T10:00:00Z' };
const approver = { manager: 'cert-manager-certificaterequests-approver', subresource: 'status', time: created.time };

/** What a request says that cert-manager made, with these changes. */
function origin(changes: Partial<CertificateRequest['metadata']> = {}) {
  const metadata = { annotations, ownerReferences: [controller], managedFields: [approver, created], ...changes };
  return provenanceOf(certificateRequest({ metadata }));
}

const firstHand = { certificateName: 'web', controller, isFirstHand: true };

test('the request that cert-manager made is recognized', () => {
  expect(origin()).toEqual(firstHand);
});

test.each<[string, Partial<CertificateRequest['metadata']>]>([
  ['no name of a Certificate', { annotations: { 'cert-manager.io/certificate-revision': '2' } }],
  ['no revision', { annotations: { 'cert-manager.io/certificate-name': 'web' } }],
  ['no annotations', { annotations: undefined as never }],
])('a request with %s was made by somebody else', (_, changes) => {
  expect(origin(changes)).toBeUndefined();
});

test.each<[string, Partial<CertificateRequest['metadata']>]>([
  ['no owner', { ownerReferences: [] }],
  ['an owner that does not control it', { ownerReferences: [{ ...controller, controller: false }] }],
  ['another kind of controller', { ownerReferences: [{ ...controller, kind: 'Pod' }] }],
  ['a controller of another group', { ownerReferences: [{ ...controller, apiVersion: 'example.com/v1' }] }],
])('with %s it has no Certificate', (_, changes) => {
  expect(origin(changes)).toEqual({ ...firstHand, controller: undefined });
});

test.each([
  ['somebody else created', [{ ...created, manager: 'kubectl-client-side-apply' }]],
  ['has no managed fields', []],
  ['has those of the original from another time', [{ ...created, time: '2026-11-22T09:58:59Z' }]],
  ['has some without time', [{ manager: created.manager }]],
  ['cert-manager wrote the status of', [{ ...created, subresource: 'status' }]],
])('a request that %s is not taken for the original', (_, managedFields) => {
  expect(origin({ managedFields })).toEqual({ ...firstHand, isFirstHand: false });
});

test('a webhook may take a while between the managed fields and the creation', () => {
  expect(origin({ managedFields: [{ ...created, time: '2026-11-22T09:59:00Z' }] })).toEqual(firstHand);
});
