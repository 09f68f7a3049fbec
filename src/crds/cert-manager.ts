// The slice of cert-manager's CertificateRequest that an external issuer reads and writes, with pure readers.
// It imports nothing: cert-manager's API is a fact of the cluster, not a choice of this project.

/** cert-manager's API group and version. */
export const certManagerGroup = 'cert-manager.io';
export const certManagerVersion = 'v1';
export const certManagerApiVersion = `${certManagerGroup}/${certManagerVersion}`;
export const certificateRequestKind = 'CertificateRequest';

/** Annotation of a CertificateRequest that cert-manager made for a Certificate: the Certificate's name. */
export const certificateNameAnnotation = 'cert-manager.io/certificate-name';

/** Annotation of a CertificateRequest: the revision of the Certificate that it is for, from 1. */
export const certificateRevisionAnnotation = 'cert-manager.io/certificate-revision';

/** Path of all CertificateRequests of the cluster, for list and watch. */
export const certificateRequestsPath = `/apis/${certManagerApiVersion}/certificaterequests`;

/** Path of all objects of a plural: of a namespace, or of the cluster. */
export function certManagerPath(plural: 'certificates' | 'certificaterequests', namespace?: string): string {
  const place = namespace === undefined ? '' : `namespaces/${encodeURIComponent(namespace)}/`;
  return `/apis/${certManagerApiVersion}/${place}${plural}`;
}

/** Path of one CertificateRequest, without `/status`. */
export function certificateRequestPath(request: { readonly namespace: string; readonly name: string }): string {
  return `/apis/${certManagerApiVersion}/namespaces/${encodeURIComponent(request.namespace)}/certificaterequests/${encodeURIComponent(request.name)}`;
}

/** Path of one Certificate. */
export function certificatePath(certificate: { readonly namespace: string; readonly name: string }): string {
  return `/apis/${certManagerApiVersion}/namespaces/${encodeURIComponent(certificate.namespace)}/certificates/${encodeURIComponent(certificate.name)}`;
}

/** Types of the conditions that cert-manager knows. `Ready` is the issuer's; `Approved` and `Denied` are the approver's. */
export const certificateRequestConditions = {
  approved: 'Approved',
  denied: 'Denied',
  ready: 'Ready',
  invalidRequest: 'InvalidRequest',
} as const;

/** Reasons of the `Ready` condition that cert-manager knows; any other counts as not final. */
export const readyReasons = {
  pending: 'Pending',
  issued: 'Issued',
  failed: 'Failed',
  denied: 'Denied',
} as const;

/** A condition of a CertificateRequest; unlike metav1.Condition it has no observedGeneration. */
export interface CertificateRequestCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** The requester's spec; immutable. */
export interface CertificateRequestSpec {
  /** Base64 of the PEM of a PKCS#10 request. */
  readonly request: string;
  readonly issuerRef: IssuerReference;
  /** Go duration, such as `2160h0m0s`. */
  readonly duration?: string;
  readonly isCA?: boolean;
  readonly usages?: readonly string[];
  /** Who created the request, as cert-manager's webhook has set it. */
  readonly username?: string;
}

/** The issuer that should sign; an absent group means cert-manager's own. */
export interface IssuerReference {
  readonly name: string;
  readonly kind?: string;
  readonly group?: string;
}

/** The answer. `certificate` and `ca` are base64 of PEM; `failureTime` is RFC 3339. */
export interface CertificateRequestStatus {
  readonly conditions?: readonly CertificateRequestCondition[];
  readonly certificate?: string;
  readonly ca?: string;
  readonly failureTime?: string;
}

/** Who wrote fields of an object, and when last; times are RFC 3339. */
export interface ManagedFields {
  readonly manager?: string;
  readonly time?: string;
  readonly subresource?: string;
}

/** A CertificateRequest, with the fields that this issuer reads. */
export interface CertificateRequest {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly {
      readonly apiVersion: string;
      readonly kind: string;
      readonly name: string;
      readonly uid: string;
      readonly controller?: boolean;
    }[];
    readonly managedFields?: readonly ManagedFields[];
  };
  readonly spec: CertificateRequestSpec;
  readonly status?: CertificateRequestStatus;
}

/** A Certificate, with the fields on which answers to its requests depend. Times are RFC 3339. */
export interface Certificate {
  readonly metadata?: { readonly uid?: string; readonly generation?: number };
  readonly spec?: {
    /** Go duration. */
    readonly renewBefore?: string;
    readonly renewBeforePercentage?: number;
    readonly renewal?: { readonly policy?: string };
  };
  readonly status?: {
    readonly notBefore?: string;
    readonly notAfter?: string;
    readonly revision?: number;
    readonly renewalTime?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      /** The generation of the Certificate that it speaks of. */
      readonly observedGeneration?: number;
    }[];
  };
}

/** The approvers' decision so far. */
export type Approval = 'Approved' | 'Denied' | 'Undecided';

/** How a request ended. Nothing may be written to it afterwards. */
export type TerminalState = 'Issued' | 'Failed' | 'Denied';

/** The approvers' decision. Denied wins over Approved, should a race leave both. */
export function approval(request: Pick<CertificateRequest, 'status'>): Approval {
  if (holds(request, certificateRequestConditions.denied)) return 'Denied';
  return holds(request, certificateRequestConditions.approved) ? 'Approved' : 'Undecided';
}

/** How the request ended, `undefined` while it has not. */
export function terminalState(request: Pick<CertificateRequest, 'status'>): TerminalState | undefined {
  const ready = conditionOf(request, certificateRequestConditions.ready);
  if (ready?.status === 'True') return 'Issued';
  if (ready?.status !== 'False') return undefined;
  if (ready.reason === readyReasons.failed) return 'Failed';
  return ready.reason === readyReasons.denied ? 'Denied' : undefined;
}

/** Name of the Certificate, in the request's namespace, that the request was made for. */
export function owningCertificateName({ metadata }: Pick<CertificateRequest, 'metadata'>): string | undefined {
  return metadata.ownerReferences?.find(
    ({ kind, apiVersion }) => kind === 'Certificate' && apiVersion.startsWith(`${certManagerGroup}/`),
  )?.name;
}

/** The Certificate that controls the request; cert-manager looks at no other requests of a Certificate. */
export function controllingCertificate({
  metadata,
}: Pick<CertificateRequest, 'metadata'>): { readonly name: string; readonly uid: string } | undefined {
  return metadata.ownerReferences?.find(
    ({ kind, apiVersion, controller }) =>
      controller === true && kind === 'Certificate' && apiVersion.startsWith(`${certManagerGroup}/`),
  );
}

/** The condition of this type, if the request has one. */
export function conditionOf(
  request: Pick<CertificateRequest, 'status'>,
  type: string,
): CertificateRequestCondition | undefined {
  return request.status?.conditions?.find((condition) => condition.type === type);
}

function holds(request: Pick<CertificateRequest, 'status'>, type: string): boolean {
  return conditionOf(request, type)?.status === 'True';
}
