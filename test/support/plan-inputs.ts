// Manifests and a CSR to plan.
import { encoded, makeCsr } from './certificates.ts';
import { requestUid } from './issuing.ts';

/** Our API group. */
export const group = 'pca.alibabacloud.com';
/** A CSR with an RSA key, so that its length is the same in every run. */
export const csr = await makeCsr('RSA-2048', {
  subject: [{ O: ['Example'] }, { CN: ['web.shop.svc'] }],
  names: [{ kind: 'dns', value: 'web.shop.svc' }],
});

/** The text of a file that holds these objects. */
export const manifest = (...objects: readonly object[]): string =>
  objects.map((each) => JSON.stringify(each)).join('\n---\n');
/** The manifest of the issuer that the requests name. */
export const issuer = manifest({
  apiVersion: `${group}/v1alpha1`,
  kind: 'AlibabaPCAIssuer',
  metadata: { name: 'pca', namespace: 'shop' },
  spec: {
    parentIdentifier: '1ef1da5f-38ed-69b3-8c52-037781890265',
    validity: { backdate: '5m', maxDuration: '2160h' },
    credentials: { secretRef: { name: 'pca-access-key' } },
  },
});
/** The reference to that issuer. */
export const issuerRef = { group, kind: 'AlibabaPCAIssuer', name: 'pca' };
/** A Certificate for that issuer. */
export const certificate = (spec: object, metadata: object = { name: 'web', namespace: 'shop' }) => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  metadata,
  spec: { secretName: 'web-tls', privateKey: { algorithm: 'ECDSA', rotationPolicy: 'Always' }, issuerRef, ...spec },
});
/** A CertificateRequest for that issuer. */
export const certificateRequest = (spec: object) => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'CertificateRequest',
  metadata: { name: 'web-1', namespace: 'shop', uid: requestUid },
  spec: { request: encoded(csr), issuerRef, username: 'someone', ...spec },
});
