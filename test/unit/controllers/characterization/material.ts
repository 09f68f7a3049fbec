// The objects that the scenes are about: requests of both kinds, the Certificate behind them, CSRs and the CA.
import { admit } from '../../../../src/crds/admission.ts';
import type { CertificateRequestCondition } from '../../../../src/crds/cert-manager.ts';
import { issuerSpecSchema } from '../../../../src/crds/issuer-schema/spec.ts';
import type { Issuer } from '../../../../src/crds/issuer.ts';
import { approved, certificateRequest } from '../../../support/certificate-requests.ts';
import type { RequestChanges } from '../../../support/certificate-requests.ts';
import { encoded, keyPair, makeCsr, makeHierarchy } from '../../../support/certificates.ts';
import type { KeyKind, TestContent } from '../../../support/certificates.ts';
import type { ClusterObject } from './cluster.ts';

export const clusterUid = '7c7f0b5e-8f0a-4d1c-9f55-0d6b0f6f2a11';
/** When every scene starts (FakeClock). */
export const startsAt = '2026-11-22T00:16:40Z';
/** A minute and a bit before. */
const createdAt = '2026-11-22T00:15:00Z';

export const hierarchy = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));
export const webContent: Omit<TestContent, 'subject'> = {
  names: [{ kind: 'dns', value: 'web.shop.svc' }],
  keyUsages: ['digitalSignature', 'keyEncipherment'],
  extendedKeyUsages: ['1.3.6.1.5.5.7.3.1'],
};
export const caContent: Omit<TestContent, 'subject'> = {
  isCA: true,
  pathLength: 0,
  keyUsages: ['keyCertSign', 'cRLSign'],
};
const webCsr = encoded(await makeCsr('P-256', { names: webContent.names! }));
const caCsr = encoded(await makeCsr('P-256', { subject: [{ CN: ['mesh'] }] }));

/** DER of the SubjectPublicKeyInfo of a key pair. */
export async function spkiOf(kind: KeyKind, label = ''): Promise<Buffer> {
  return Buffer.from(await crypto.subtle.exportKey('spki', (await keyPair(kind, label)).publicKey));
}

export const uids: Readonly<Record<string, string>> = {
  'web-1': '0a7c7b0e-6d0e-4a51-9a52-000000000001',
  'web-2': '0a7c7b0e-6d0e-4a51-9a52-000000000002',
  'csr-1': '0a7c7b0e-6d0e-4a51-9a52-000000000003',
};

const owner = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'web', uid: 'c' };

/** An approved CertificateRequest in namespace `shop` for the Certificate `web`. */
export function web(changes: RequestChanges = {}, name = 'web-1'): ClusterObject {
  return certificateRequest({
    ...changes,
    metadata: {
      name,
      uid: uids[name] ?? '',
      creationTimestamp: createdAt,
      ownerReferences: [owner],
      ...changes.metadata,
    },
    spec: {
      request: webCsr,
      duration: '2160h',
      usages: ['digital signature', 'key encipherment', 'server auth'],
      ...changes.spec,
    },
    conditions: changes.conditions ?? [approved],
  });
}

/** An approved request for another Certificate. */
export function webOfAnother(name = 'web-2'): ClusterObject {
  return web({ metadata: { ownerReferences: [{ ...owner, name: 'another', uid: 'a' }] } }, name);
}

/** One with these conditions beside its approval. */
export function webWith(...conditions: readonly CertificateRequestCondition[]): ClusterObject {
  return web({ conditions: [approved, ...conditions] });
}

/** A CertificateRequest for the certificate of a CA. */
export function webCA({ metadata = {}, spec = {} }: RequestChanges = {}, name = 'web-1'): ClusterObject {
  const ofCA = { request: caCsr, isCA: true, duration: '8760h', usages: ['cert sign', 'crl sign'] };
  return web({ metadata, spec: { ...ofCA, ...spec } }, name);
}

/** A CertificateSigningRequest for the same issuer. */
export function signingRequest(conditions: readonly string[] = ['Approved'], spec: object = {}): ClusterObject {
  const name = 'csr-1';
  return {
    metadata: { name, uid: uids[name] ?? '', resourceVersion: '100', creationTimestamp: createdAt },
    spec: {
      request: webCsr,
      signerName: 'alibabapcaissuers.pca.alibabacloud.com/shop.pca',
      usages: ['digital signature', 'key encipherment', 'server auth'],
      username: 'ann',
      ...spec,
    },
    status: { conditions: conditions.map((type) => ({ type, status: 'True', reason: 'Said' })) },
  } as ClusterObject;
}

export const requestPath = (name = 'web-1'): string =>
  `/apis/cert-manager.io/v1/namespaces/shop/certificaterequests/${name}`;
export const signingRequestPath = '/apis/certificates.k8s.io/v1/certificatesigningrequests/csr-1';
export const certificatePath = '/apis/cert-manager.io/v1/namespaces/shop/certificates/web';
export const issuerPath = '/apis/pca.alibabacloud.com/v1alpha1/namespaces/shop/alibabapcaissuers/pca';
export const clusterUidPath = '/api/v1/namespaces/kube-system';

/** The issuer `pca` in namespace `shop` as the API server has it, with these changes to its spec. */
export function issuerObject(changes: object = {}): Issuer {
  const spec = { parentIdentifier: 'ca', credentials: { secretRef: { name: 'access-key' } }, ...changes };
  const admitted = admit(issuerSpecSchema, spec, 'spec');
  if (admitted.kind === 'rejected') throw new Error(admitted.faults.join(' '));
  const metadata = { name: 'pca', namespace: 'shop', uid: 'issuer-uid', resourceVersion: '1', generation: 2 };
  return { metadata: { ...metadata, creationTimestamp: createdAt }, spec: admitted.value };
}
