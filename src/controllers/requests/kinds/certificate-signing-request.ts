// Kubernetes' CertificateSigningRequests for the reconcile. Their status takes no Pending: the API server never forgets a
// condition and refuses any status without those of the approvers, so only an end is written, once.
import {
  isSigningEnded,
  signerReference,
  signingApproval,
  signingRequestAnnotations,
  signingRequestApiVersion,
  signingRequestKind,
  signingRequestPath,
} from '../../../crds/certificate-signing-request.ts';
import type { CertificateSigningRequest } from '../../../crds/certificate-signing-request.ts';
import { describeIssuer } from '../../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../../crds/issuer-ref.ts';
import type { KubernetesClient } from '../../../kubernetes/client.ts';
import type { Outcome } from '../decision.ts';
import { unknownSignerMessage } from '../messages.ts';
import { firstMoment, sameObject } from './request.ts';
import type { Authorization, Request, RequestKind, RequestRead, RequestReference, WriteOutcome } from './request.ts';
import { isCertificateIn } from './status.ts';
import type { NextStep } from './status.ts';
import type { WatchedRequests } from './watched-requests.ts';

type Client = Pick<KubernetesClient, 'get' | 'create' | 'applyStatus'>;
type Watched = Pick<WatchedRequests<CertificateSigningRequest>, 'get' | 'spend'>;

/** Reads and writes CertificateSigningRequests as one field manager. */
export class CertificateSigningRequests implements RequestKind {
  readonly #kubernetes: Client;
  readonly #fieldManager: string;

  readonly #watched: Watched;

  constructor(kubernetes: Client, fieldManager: string, watched: Watched) {
    this.#kubernetes = kubernetes;
    this.#fieldManager = fieldManager;
    this.#watched = watched;
  }

  /** The request as the watch brought it; undefined where it must be read. */
  watched(uid: string): Request | undefined {
    const object = this.#watched.get(uid);
    return object === undefined ? undefined : this.#request(object);
  }

  /** Something was done about the request. */
  spend(uid: string): void {
    this.#watched.spend(uid);
  }

  /** The request as the API server has it now. */
  async read({ name, uid }: RequestReference, signal: AbortSignal): Promise<RequestRead> {
    const read = await this.#get(name, uid, signal);
    return read.kind === 'read' ? { kind: 'read', request: this.#request(read.object) } : read;
  }

  async #get(name: string, uid: string, signal: AbortSignal) {
    const result = await this.#kubernetes.get<CertificateSigningRequest>(signingRequestPath(name), { signal });
    return sameObject(result, uid);
  }

  #request(object: CertificateSigningRequest): Request {
    const { name, uid, creationTimestamp, annotations = {} } = object.metadata;
    const { request: csr, usages, expirationSeconds, signerName } = object.spec;
    const issuer = signerReference(signerName);
    return {
      object: { apiVersion: signingRequestApiVersion, kind: signingRequestKind, name, uid },
      creationTimestamp,
      approvedAt: firstMoment(
        object.status?.conditions?.find(({ type }) => type === 'Approved')?.lastTransitionTime,
        creationTimestamp,
      ),
      step: nextStep(object),
      issuer,
      unknownIssuer: unknownSignerMessage(signerName),
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
      certificate: undefined,
      revision: undefined,
      // Here a certificate is the end, which the API server lets nobody take back.
      leftCertificate: undefined,
      provenance: undefined,
      holds: (certificate) => isCertificateIn(object.status?.certificate, certificate),
      write: async (outcome, signal) => this.#write(object.metadata, outcome, signal),
      authorize: async (signal) =>
        issuer?.namespace === undefined ? { kind: 'allowed' } : authorize(object, issuer, signal, this.#kubernetes),
    };
  }

  async #write(
    { name, uid }: { readonly name: string; readonly uid: string },
    outcome: Outcome,
    signal: AbortSignal,
  ): Promise<WriteOutcome> {
    const status = signingRequestStatus(outcome);
    if (status === undefined) return { kind: 'written' };
    // Unlike with custom resources the API server compares the UID, so that no other object of that name is written to.
    const body = { apiVersion: signingRequestApiVersion, kind: signingRequestKind, metadata: { uid }, status };
    const path = signingRequestPath(name);
    const result = await this.#kubernetes.applyStatus(path, body, { fieldManager: this.#fieldManager, signal });
    if (result.kind === 'ok') return { kind: 'written' };
    const { failure } = result;
    if (failure.class === 'NotFound') return { kind: 'gone' };
    if (failure.class !== 'Invalid') return { kind: 'failed', failure };
    // What a refused write means: an earlier one whose answer was lost, another object, or a fault.
    const read = await this.#get(name, uid, signal);
    if (read.kind === 'gone') return read;
    if (read.kind === 'failed' || !isSigningEnded(read.object)) return { kind: 'failed', failure };
    const isOurs = outcome.kind === 'issued' && isCertificateIn(read.object.status?.certificate, outcome.certificate);
    return { kind: isOurs ? 'written' : 'ended' };
  }
}

function nextStep(request: CertificateSigningRequest): NextStep {
  if (isSigningEnded(request) || request.metadata.deletionTimestamp !== undefined) return 'nothing';
  return signingApproval(request) === 'Approved' ? 'sign' : 'await';
}

/** The status for an outcome; undefined where the kind has no place for it. */
function signingRequestStatus(outcome: Outcome): object | undefined {
  switch (outcome.kind) {
    case 'issued':
      return { certificate: Buffer.from(outcome.certificate.chain, 'utf8').toString('base64') };
    case 'failed': {
      const { reason, message } = outcome;
      return { conditions: [{ type: 'Failed', status: 'True', reason, message }] };
    }
    case 'waiting':
    case 'denied':
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
  kubernetes: Pick<KubernetesClient, 'create'>,
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
        message: `Whether ${username ?? 'the requester'} may use the issuer could not be found out: ${result.failure.message}.`,
      };
    }
    if (result.body.status?.allowed === true) return { kind: 'allowed' };
  }
  const message = `User "${username ?? ''}" may not use ${describeIssuer(issuer)}. Grant a Role in namespace "${issuer.namespace ?? ''}" with apiGroups ["cert-manager.io"], resources ["signers"], verbs ["reference"], resourceNames ["${issuer.name}"], then create the request again.`;
  return { kind: 'denied', message };
}
