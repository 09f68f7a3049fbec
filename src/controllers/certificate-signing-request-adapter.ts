// Kubernetes' CertificateSigningRequests for the reconcile. Their status takes no Pending: the API server never forgets a
// condition and refuses any status without those of the approvers, so only an end is written, once.
import type { KubernetesFailure } from '../kubernetes/failure.ts';
import {
  type CertificateSigningRequest,
  isSigningEnded,
  signerReference,
  signingApproval,
  signingRequestAnnotations,
  signingRequestApiVersion,
  signingRequestKind,
  signingRequestPath,
} from '../crds/certificate-signing-request.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { RequestStatus } from './certificate-request-status.ts';
import { describeIssuer, type IssuerIdentity } from '../crds/issuer-ref.ts';
import type { Authorization, LiveRequest, RequestAdapter, WriteOutcome } from './live-request.ts';

type Client = Pick<KubernetesClient, 'get' | 'create' | 'applyStatus'>;

/** Reads and writes CertificateSigningRequests as `fieldManager`. */
export function certificateSigningRequestAdapter(kubernetes: Client, fieldManager: string): RequestAdapter {
  return {
    async read({ name, uid }, signal) {
      const result = await kubernetes.get<CertificateSigningRequest>(signingRequestPath(name), { signal });
      if (result.kind === 'failed') {
        return result.failure.class === 'NotFound' ? { kind: 'gone' } : { kind: 'failed', failure: result.failure };
      }
      if (result.body.metadata.uid !== uid) return { kind: 'gone' };
      return { kind: 'read', request: liveRequest(result.body, { kubernetes, fieldManager }) };
    },
  };
}

interface Writing {
  readonly kubernetes: Client;
  readonly fieldManager: string;
}

function liveRequest(request: CertificateSigningRequest, writing: Writing): LiveRequest {
  const { name, uid, creationTimestamp, annotations = {} } = request.metadata;
  const { request: csr, usages, expirationSeconds, signerName } = request.spec;
  const issuer = signerReference(signerName);
  return {
    object: { apiVersion: signingRequestApiVersion, kind: signingRequestKind, name, uid },
    creationTimestamp,
    step: isOpen(request) ? 'sign' : 'nothing',
    issuer,
    issuerKind: signerName,
    fields: {
      uid,
      request: csr,
      // cert-manager's annotation wins over the field (cert-manager: pkg/util/pki/kube.go).
      duration:
        annotations[signingRequestAnnotations.duration] ??
        (expirationSeconds === undefined ? undefined : `${expirationSeconds}s`),
      isCA: annotations[signingRequestAnnotations.isCA] === 'true',
      usages,
    },
    message: undefined,
    writtenCertificate: request.status?.certificate,
    certificate: undefined,
    revision: undefined,
    write: (status, signal) => write(request, status, signal, writing),
    authorize: async (signal) =>
      issuer?.namespace === undefined ? { kind: 'allowed' } : authorize(request, issuer, signal, writing.kubernetes),
  };
}

function isOpen(request: CertificateSigningRequest): boolean {
  return (
    signingApproval(request) === 'Approved' &&
    !isSigningEnded(request) &&
    request.metadata.deletionTimestamp === undefined
  );
}

async function write(
  { metadata: { name, uid } }: CertificateSigningRequest,
  status: RequestStatus,
  signal: AbortSignal,
  { kubernetes, fieldManager }: Writing,
): Promise<WriteOutcome> {
  const { certificate } = status;
  const content = contentOf(status);
  if (content === undefined) return { kind: 'written' };
  // Unlike with custom resources the API server compares the UID, so that no other object of that name is written to.
  const body = {
    apiVersion: signingRequestApiVersion,
    kind: signingRequestKind,
    metadata: { uid },
    status: content,
  };
  const result = await kubernetes.applyStatus(signingRequestPath(name), body, { fieldManager, signal });
  if (result.kind === 'ok') return { kind: 'written' };
  const { failure } = result;
  if (failure.class === 'NotFound') return { kind: 'gone' };
  const read =
    failure.class === 'Invalid'
      ? await kubernetes.get<CertificateSigningRequest>(signingRequestPath(name), { signal })
      : undefined;
  return read?.kind === 'ok' ? writtenBefore(read.body, uid, certificate, failure) : { kind: 'failed', failure };
}

/** What a refused write means: an earlier one whose answer was lost, another object, or a fault. */
function writtenBefore(
  found: CertificateSigningRequest,
  uid: string,
  certificate: string | undefined,
  failure: KubernetesFailure,
): WriteOutcome {
  if (found.metadata.uid === uid && !isSigningEnded(found)) return { kind: 'failed', failure };
  const isOurs = certificate !== undefined && found.status?.certificate === certificate;
  return { kind: isOurs ? 'written' : 'gone' };
}

/** What is written of a result; undefined where the kind has no place for it. */
function contentOf({ condition, certificate, failure = 'Failed' }: RequestStatus): object | undefined {
  switch (condition.reason) {
    case 'Issued':
      return { certificate };
    case 'Failed':
      return { conditions: [{ type: 'Failed', status: 'True', reason: failure, message: condition.message }] };
    case 'Pending':
    case 'Denied':
      return undefined;
  }
}

/**
 * Whether the requester may refer to a namespaced issuer, by cert-manager's own rule: a CertificateSigningRequest has no
 * namespace, so without it anybody could use every issuer (cert-manager: certificatesigningrequests/sync.go).
 */
async function authorize(
  { spec: { username, uid, groups, extra } }: CertificateSigningRequest,
  issuer: IssuerIdentity,
  signal: AbortSignal,
  kubernetes: Client,
): Promise<Authorization> {
  for (const name of [issuer.name, '*']) {
    const result = await kubernetes.create<{ readonly status?: { readonly allowed?: boolean } }>(
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: username,
          uid,
          groups,
          extra,
          resourceAttributes: {
            group: 'cert-manager.io',
            resource: 'signers',
            verb: 'reference',
            version: '*',
            namespace: issuer.namespace,
            name,
          },
        },
      },
      { signal },
    );
    if (result.kind === 'failed') {
      return {
        kind: 'failed',
        message: `whether ${username ?? 'the requester'} may use the issuer: ${result.failure.message}`,
      };
    }
    if (result.body.status?.allowed === true) return { kind: 'allowed' };
  }
  const message = `User "${username ?? ''}" may not use ${describeIssuer(issuer)}. Grant a Role in namespace "${issuer.namespace ?? ''}" with apiGroups ["cert-manager.io"], resources ["signers"], verbs ["reference"], resourceNames ["${issuer.name}"], then create the request again.`;
  return { kind: 'denied', message };
}
