// A CertificateRequest as the API server shows it, with modifiers for what a case is about.
import type { CertificateRequest, CertificateRequestCondition } from '../../src/crds/cert-manager.ts';

/** Changes to the base request; conditions replace those of the base. */
export interface RequestChanges {
  readonly metadata?: Partial<CertificateRequest['metadata']>;
  readonly spec?: Partial<CertificateRequest['spec']>;
  readonly conditions?: readonly CertificateRequestCondition[];
}

export const approved: CertificateRequestCondition = {
  type: 'Approved',
  status: 'True',
  reason: 'cert-manager.io',
  message: 'Certificate request has been approved by cert-manager.io',
  lastTransitionTime: '2026-11-22T10:00:01Z',
};

export const denied: CertificateRequestCondition = { ...approved, type: 'Denied', reason: 'policy' };

/** The Ready condition with this reason. */
export function ready(reason: string, message = ''): CertificateRequestCondition {
  const status = reason === 'Issued' ? 'True' : 'False';
  return { type: 'Ready', status, reason, message, lastTransitionTime: '2026-11-22T10:00:02Z' };
}

/** An approved request in namespace `shop` for the namespaced issuer `pca`. */
export function certificateRequest(changes: RequestChanges = {}): CertificateRequest {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'CertificateRequest',
    metadata: {
      name: 'web-1',
      namespace: 'shop',
      uid: '0a7c7b0e-6d0e-4a51-9a52-000000000001',
      resourceVersion: '100',
      creationTimestamp: '2026-11-22T10:00:00Z',
      ...changes.metadata,
    },
    spec: {
      request: '',
      issuerRef: { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: 'pca' },
      ...changes.spec,
    },
    status: { conditions: changes.conditions ?? [approved] },
  };
}
