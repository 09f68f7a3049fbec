// The lean form in which requests of both kinds are kept: only those of our group that are not finished, and of these only
// what decides whether there is something to do. The whole object is taken from the watch or read live before anything is done.
import {
  approval,
  certificateRequestConditions,
  certificateRequestKind,
  certManagerApiVersion,
  conditionOf,
  controllingCertificate,
  terminalState,
} from '../../../crds/cert-manager.ts';
import type { Approval, CertificateRequest } from '../../../crds/cert-manager.ts';
import {
  isSignerOfGroup,
  isSigningEnded,
  signerReference,
  signingApproval,
  signingRequestApiVersion,
  signingRequestKind,
} from '../../../crds/certificate-signing-request.ts';
import type { CertificateSigningRequest } from '../../../crds/certificate-signing-request.ts';
import { apiGroup } from '../../../crds/issuer.ts';
import type { Regarding } from '../../../kubernetes/events.ts';
import { issuerKey, referencedIssuer } from '../../../crds/issuer-ref.ts';
import { sameCA } from './same-ca.ts';

/** An unfinished request; `issuer` is undefined when its kind is none of ours. */
export interface CachedRequest {
  readonly metadata: {
    readonly name: string;
    /** undefined for kinds without namespace. */
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  readonly issuer: string | undefined;
  /** Kind of the request, for events about it. */
  readonly object: Pick<Regarding, 'apiVersion' | 'kind'>;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly kind: string;
  readonly approval: Approval;
  /** Whether a Certificate controls it. */
  readonly isControlled: boolean;
  /** Message of the Ready condition, to notice whether there is something new to say. */
  readonly message: string | undefined;
  /** The same for all tries of one client for one CA; undefined where it is no such try. */
  readonly sameCA: string | undefined;
}

// Shared, so that tens of thousands of requests hold them once.
const certificateRequestObject = { apiVersion: certManagerApiVersion, kind: certificateRequestKind };
const signingRequestObject = { apiVersion: signingRequestApiVersion, kind: signingRequestKind };

/** The lean form of a request; undefined when it needs no attention any more or is not for us. */
export function cachedRequest(request: CertificateRequest): CachedRequest | undefined {
  if (request.spec.issuerRef.group !== apiGroup || terminalState(request) !== undefined) return undefined;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = request.metadata;
  const identity = referencedIssuer(request.spec.issuerRef, namespace);
  return {
    metadata: { name, namespace, uid, resourceVersion },
    object: certificateRequestObject,
    createdAt: Date.parse(creationTimestamp),
    issuer: identity === undefined ? undefined : issuerKey(identity),
    kind: request.spec.issuerRef.kind ?? '',
    approval: approval(request),
    isControlled: controllingCertificate(request) !== undefined,
    message: conditionOf(request, certificateRequestConditions.ready)?.message,
    sameCA: sameCA(request),
  };
}

/** The lean form of a CertificateSigningRequest; undefined when it needs no attention or its signer is not of our group. */
export function cachedSigningRequest(request: CertificateSigningRequest): CachedRequest | undefined {
  const { signerName } = request.spec;
  if (!isSignerOfGroup(signerName) || isSigningEnded(request)) return undefined;
  const issuer = signerReference(signerName);
  const { name, uid, resourceVersion, creationTimestamp } = request.metadata;
  return {
    metadata: { name, uid, resourceVersion },
    object: signingRequestObject,
    createdAt: Date.parse(creationTimestamp),
    issuer: issuer === undefined ? undefined : issuerKey(issuer),
    kind: issuer?.kind.kind ?? '',
    approval: signingApproval(request),
    isControlled: false,
    message: undefined,
    // The API server's clients ask it for no CAs.
    sameCA: undefined,
  };
}

/** The key of a request in stores and queues: `namespace/name`, or the name alone. */
export function requestKey({ namespace, name }: { readonly namespace?: string; readonly name: string }): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The issuers that wait for news about an issuer: the index of the store of open requests. */
export function requestIndexes(): { readonly issuer: (request: CachedRequest) => readonly string[] } {
  return { issuer: (request) => (request.issuer === undefined ? [] : [request.issuer]) };
}
