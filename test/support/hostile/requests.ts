// CertificateRequests that nobody's Certificate is behind: cheap to make in numbers. cert-manager approves them.
import { encoded, makeCsr } from '../certificates.ts';
import type { Manifest } from '../cluster.ts';

/** So many requests `NAME-0`, `NAME-1`, ... to an issuer of a namespace. */
export async function certificateRequests(
  issuer: { readonly namespace: string; readonly name: string },
  name: string,
  count: number,
): Promise<readonly Manifest[]> {
  const names = [{ kind: 'dns', value: 'many.example.com' }] as const;
  const request = encoded(await makeCsr('P-256', { subject: [{ CN: ['many'] }], names }, 'many'));
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'cert-manager.io/v1',
    kind: 'CertificateRequest',
    metadata: { name: `${name}-${index}`, namespace: issuer.namespace },
    spec: {
      request,
      duration: '24h',
      usages: ['digital signature', 'key encipherment'],
      issuerRef: { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: issuer.name },
    },
  }));
}
