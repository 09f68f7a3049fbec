// An issuer and a request for each operation.
import { issuingOperations } from '../../../src/issuing/operations/index.ts';
import { externalCACertificate } from '../../../src/issuing/operations/external-ca-certificate.ts';
import type { Manifest } from '../../support/cluster.ts';
import { encoded, keyPair, makeCsr } from '../../support/certificates.ts';
import type { TestContent } from '../../support/certificates.ts';

/** The kinds of requests. */
export type RequestKindName = 'CertificateRequest' | 'CertificateSigningRequest';

/** The names of the operations. */
export const issuerOperations: readonly string[] = [...Object.keys(issuingOperations), externalCACertificate.action];

/** A request, and the key that its certificate must carry. */
export interface MadeRequest {
  readonly manifest: Manifest;
  /** DER of the SubjectPublicKeyInfo, base64. */
  readonly spki: string;
}

interface Sample {
  readonly content: TestContent;
  readonly usages: readonly string[];
}

const server: Sample = {
  content: {
    names: [{ kind: 'dns', value: 'web.example.com' }],
    keyUsages: ['digitalSignature', 'keyEncipherment'],
    extendedKeyUsages: ['1.3.6.1.5.5.7.3.1'],
  },
  usages: ['digital signature', 'key encipherment', 'server auth'],
};
const client: Sample = {
  content: {
    names: [{ kind: 'email', value: 'worker@example.com' }],
    keyUsages: ['digitalSignature', 'keyEncipherment'],
    extendedKeyUsages: ['1.3.6.1.5.5.7.3.2'],
  },
  usages: ['digital signature', 'key encipherment', 'client auth'],
};
const authority: Sample = {
  content: { isCA: true, keyUsages: ['keyCertSign', 'cRLSign'] },
  usages: ['cert sign', 'crl sign'],
};
const samples: Readonly<Record<string, Sample>> = {
  CreateClientCertificateWithCsr: client,
  CreateWHClientCertificate: client,
  CreateExternalCACertificate: authority,
};

/** The part of an issuer's spec that chooses the operation; CA certificates come from `instanceIds`. */
export function specFor(operation: string, instanceIds: readonly string[]): Readonly<Record<string, unknown>> {
  return operation === 'CreateExternalCACertificate' ? { externalCA: { instanceIds } } : { operation };
}

/** A request of the issuer `issuer` with a key of its own. */
export async function requestFor(
  operation: string,
  {
    namespace,
    name,
    issuer,
    kind = 'CertificateRequest',
  }: {
    readonly namespace: string;
    readonly name: string;
    readonly issuer: string;
    readonly kind?: RequestKindName | undefined;
  },
): Promise<MadeRequest> {
  const { content, usages } = samples[operation] ?? server;
  const label = `${namespace}/${name}`;
  const csr = await makeCsr('P-256', { subject: [{ CN: [name] }], ...content }, label);
  const { publicKey } = await keyPair('P-256', label);
  const isCA = content.isCA === true;
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', publicKey)).toString('base64');
  const signerName = `alibabapcaissuers.pca.alibabacloud.com/${namespace}.${issuer}`;
  if (kind === 'CertificateSigningRequest') {
    return {
      manifest: {
        apiVersion: 'certificates.k8s.io/v1',
        kind,
        metadata: {
          name,
          annotations: { 'experimental.cert-manager.io/request-is-ca': String(isCA) },
        },
        spec: { request: encoded(csr), usages, signerName, expirationSeconds: 720 * 3_600 },
      },
      spki,
    };
  }
  return {
    manifest: {
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      metadata: { namespace, name },
      spec: {
        request: encoded(csr),
        usages,
        isCA,
        duration: '720h',
        issuerRef: { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: issuer },
      },
    },
    spki,
  };
}
