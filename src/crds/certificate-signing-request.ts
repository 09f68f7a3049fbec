// The slice of Kubernetes' CertificateSigningRequest that a signer reads and writes, with pure readers.
import { apiGroup, issuerKinds } from './issuer.ts';
import type { IssuerKind } from './issuer.ts';

/** API version and kind. */
export const signingRequestApiVersion = 'certificates.k8s.io/v1';
export const signingRequestKind = 'CertificateSigningRequest';

/** Path of all CertificateSigningRequests, for list and watch. */
export const signingRequestsPath = `/apis/${signingRequestApiVersion}/certificatesigningrequests`;

/** Path of one CertificateSigningRequest, without `/status`. */
export function signingRequestPath(name: string): string {
  return `${signingRequestsPath}/${encodeURIComponent(name)}`;
}

/** cert-manager's annotations on these objects (cert-manager: pkg/apis/experimental/v1alpha1/types.go). */
export const signingRequestAnnotations = {
  duration: 'experimental.cert-manager.io/request-duration',
  isCA: 'experimental.cert-manager.io/request-is-ca',
} as const;

/** A CertificateSigningRequest, with the fields that this signer reads; the API server sets the requester's identity. */
export interface CertificateSigningRequest {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    /** Base64 of the PEM of a PKCS#10 request. */
    readonly request: string;
    readonly signerName: string;
    readonly usages?: readonly string[];
    /** At least 600. */
    readonly expirationSeconds?: number;
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status?: string;
      readonly reason?: string;
      readonly lastTransitionTime?: string;
    }[];
    /** Base64 of PEM: the leaf, then intermediates. */
    readonly certificate?: string;
  };
}

/** The issuer that a signer name means. */
export interface SignerReference {
  readonly kind: IssuerKind;
  /** undefined for the cluster-scoped kind. */
  readonly namespace: string | undefined;
  readonly name: string;
}

/**
 * Reads `<plural>.<group>/<name>` of the cluster-scoped kind and `<plural>.<group>/<namespace>.<name>` of the namespaced
 * one, split at the first dot as in cert-manager. undefined when the signer is not one of ours.
 */
export function signerReference(signerName: string): SignerReference | undefined {
  const [domain, path, ...rest] = signerName.split('/');
  const kind = issuerKinds.find(({ plural }) => domain === `${plural}.${apiGroup}`);
  if (kind === undefined || path === undefined || path === '' || rest.length > 0) return undefined;
  if (kind.scope === 'Cluster') return { kind, namespace: undefined, name: path };
  const dot = path.indexOf('.');
  if (dot <= 0 || dot === path.length - 1) return undefined;
  return { kind, namespace: path.slice(0, dot), name: path.slice(dot + 1) };
}

/** Whether a signer is in our group, of a kind of ours or not. */
export function isSignerOfGroup(signerName: string): boolean {
  const [domain = ''] = signerName.split('/', 1);
  return domain === apiGroup || domain.endsWith(`.${apiGroup}`);
}

/** The approvers' decision. */
export function signingApproval(request: CertificateSigningRequest): 'Approved' | 'Denied' | 'Undecided' {
  if (has(request, 'Denied')) return 'Denied';
  return has(request, 'Approved') ? 'Approved' : 'Undecided';
}

/** Whether nothing may be written any more: a certificate is there, or the request failed or was denied. */
export function isSigningEnded(request: CertificateSigningRequest): boolean {
  return has(request, 'Failed') || has(request, 'Denied') || (request.status?.certificate ?? '') !== '';
}

function has(request: CertificateSigningRequest, type: string): boolean {
  return (
    request.status?.conditions?.some((condition) => condition.type === type && condition.status !== 'False') === true
  );
}
