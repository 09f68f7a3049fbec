// What a restored request costs and how it goes on: which reads, and what happens when its Certificate is back.
import { expect, test } from 'vitest';
import type { CertificateRequest } from '../../../../src/crds/cert-manager.ts';
import { certificatePath, requestPath, uids, web } from '../characterization/material.ts';
import { answers, finds, issues } from './replies.ts';
import { Rig } from './rig.ts';
import type { Situation } from './rig.ts';

const uid = uids['web-1'] ?? '';
const annotations = { 'cert-manager.io/certificate-name': 'web', 'cert-manager.io/certificate-revision': '2' };
const controller = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'web', uid: 'c', controller: true };
const byCertManager = { manager: 'cert-manager-certificates-request-manager', time: '2026-11-22T00:15:00Z' };
const present = { metadata: { uid: 'c' }, status: { revision: 1 } };

const copy = (metadata: Partial<CertificateRequest['metadata']> = {}) =>
  web({ metadata: { annotations, ownerReferences: [controller], ...metadata } });

/** What is decided about a request, how often its Certificate is read, and what PCA is asked. */
async function decided(situation: Situation) {
  let reads = 0;
  const rig = new Rig({
    pca: { issue: [issues()] },
    ...situation,
    onReach: (place) => void (reads += place === 'owningCertificate' ? 1 : 0),
  });
  const decision = await rig.decide();
  const what = decision.kind === 'waiting' ? `${decision.reason} ${decision.detail}` : decision.kind;
  return { rig, seen: { what, reads, asked: rig.authority.asked } };
}

const issued = `issue ${uid}`;
test.each<[string, Situation, { readonly what: string; readonly reads: number; readonly asked: readonly string[] }]>([
  [
    'that cert-manager made goes without a read',
    { requests: [copy({ managedFields: [byCertManager] })] },
    { what: 'issued', reads: 0, asked: [issued] },
  ],
  [
    'that somebody made by hand goes without a read',
    { requests: [web({ metadata: { ownerReferences: [] } })] },
    { what: 'issued', reads: 0, asked: [issued] },
  ],
  [
    'without a controller is held without a read',
    { requests: [copy({ ownerReferences: [], managedFields: [byCertManager] })] },
    { what: 'RequestRestored NoController', reads: 0, asked: [] },
  ],
  [
    'whose Certificate is there goes after one read',
    { requests: [copy()], certificate: present },
    { what: 'issued', reads: 1, asked: [issued] },
  ],
  [
    'whose Certificate has had no certificate goes after one read',
    { requests: [copy()], certificate: { metadata: { uid: 'c' } } },
    { what: 'issued', reads: 1, asked: [issued] },
  ],
  [
    'whose revision is no number goes after one read',
    {
      requests: [copy({ annotations: { ...annotations, 'cert-manager.io/certificate-revision': 'last' } })],
      certificate: present,
    },
    { what: 'issued', reads: 1, asked: [issued] },
  ],
])('a request %s', async (_, situation, expected) => {
  expect((await decided(situation)).seen).toEqual(expected);
});

test('a held request goes on when its Certificate is restored', async () => {
  const { rig, seen } = await decided({ requests: [copy()] });
  rig.cluster.put(certificatePath, present as never);
  const next = await rig.decide();
  expect([seen.what, next.kind, rig.authority.asked]).toEqual(['RequestRestored CertificateGone', 'issued', [issued]]);
});

test('a held request goes on when a Certificate controls it', async () => {
  const { rig, seen } = await decided({ requests: [copy({ ownerReferences: [] })], certificate: present });
  rig.cluster.put(requestPath(), copy());
  const next = await rig.decide();
  expect([seen.what, next.kind, rig.authority.asked]).toEqual(['RequestRestored NoController', 'issued', [issued]]);
});

test('a held request does not go first after a fault of its issuer, so the others need not wait for it', async () => {
  const rig = new Rig({ requests: [copy({ ownerReferences: [] }), web({}, 'web-2')], pca: { issue: [issues()] } });
  rig.recoverFromFault();
  const decisions = [await rig.decide('web-1'), await rig.decide('web-2')];
  expect(decisions.map(({ kind }) => kind)).toEqual(['waiting', 'issued']);
});

test('what this process called for before is looked for all the same', async () => {
  const { rig, seen } = await decided({
    requests: [copy()],
    certificate: present,
    pca: { issue: [answers({ kind: 'pending', identifier: 'pca-1' })], find: [finds()] },
  });
  rig.cluster.put(requestPath(), copy({ ownerReferences: [] }));
  const next = await rig.decide();
  expect([seen.what, next.kind, rig.authority.asked]).toEqual([
    'RetryableError CertificateNotReady',
    'issued',
    [issued, 'find accepted'],
  ]);
});
